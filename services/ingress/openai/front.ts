import {
  type Clock,
  type Endpoint,
  type JsonObject,
  LonghaulError,
  metadataSchema,
} from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'
import { check, parseJson, type Submission, type SubmissionReader } from '@longhaul/intake'
import type { Store, Tenant } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'
import type { Request, Response } from 'express'
import { z } from 'zod'
import { receive } from '../acceptance/receive.ts'
import type { BodyIntake } from '../body-intake.ts'
import { answerWhenEnded } from './answer-when-ended.ts'
import { legacyWords, streamChat } from './chat-stream.ts'
import { answerOf } from './ended-job.ts'
import type { SynchronousJobs } from './synchronous-jobs.ts'

export interface FrontDependencies {
  clock: Clock
  intake: BodyIntake
  reader: SubmissionReader
  jobs: SynchronousJobs
  store: Store
  coordination: Coordination
  telemetry: Telemetry
}

/** `POST /v1/chat/completions`, `/v1/completions` and `/v1/embeddings`, as OpenAI's clients call them. */
export class FrontRoutes {
  readonly #dependencies: FrontDependencies

  constructor(dependencies: FrontDependencies) {
    this.#dependencies = dependencies
  }

  async createChatCompletion(request: Request, response: Response, tenant: Tenant): Promise<void> {
    const { bytes, context } = await receive(this.#dependencies, request, response, tenant)
    const { stream, includeUsage, body } = readStreaming(parseJson(bytes))
    const submission = this.#read('/v1/chat/completions', body)
    if (!stream) {
      return answerWhenEnded(this.#dependencies, { submission, context }, response, answerOf)
    }
    const withUsage = includeUsage || submission.options?.includeCost === true
    await streamChat(this.#dependencies, submission, context, response, withUsage)
  }

  async createCompletion(request: Request, response: Response, tenant: Tenant): Promise<void> {
    const { bytes, context } = await receive(this.#dependencies, request, response, tenant)
    const { stream, includeUsage, body } = readStreaming(parseJson(bytes))
    const submission = this.#read('/v1/completions', body)
    if (!stream) {
      return answerWhenEnded(this.#dependencies, { submission, context }, response, answerOf)
    }
    const withUsage = includeUsage || submission.options?.includeCost === true
    await streamChat(this.#dependencies, submission, context, response, withUsage, legacyWords)
  }

  async createEmbedding(request: Request, response: Response, tenant: Tenant): Promise<void> {
    const { bytes, context } = await receive(this.#dependencies, request, response, tenant)
    const submission = this.#read('/v1/embeddings', parseJson(bytes) as JsonObject)
    await answerWhenEnded(this.#dependencies, { submission, context }, response, answerOf)
  }

  #read(endpoint: Endpoint, value: JsonObject): Submission {
    const { reader } = this.#dependencies
    const metadata = metadataOf(value)
    return reader.readBody(endpoint, value, { lane: 'interactive', metadata, options: null })
  }
}

const streamingSchema = z.looseObject({
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
})

/** Whether and how to stream is between the caller and us; the rest of the body is the model's. */
function readStreaming(value: unknown) {
  const { stream, stream_options: options } = check(streamingSchema, value)
  if (options && !stream) {
    throw new LonghaulError(
      'invalid_value',
      '`stream_options` can be given only with `stream: true`.',
      { param: 'stream_options' },
    )
  }
  const { stream: _, stream_options: __, ...body } = value as JsonObject
  return { stream: stream === true, includeUsage: options?.include_usage === true, body }
}

/** The `metadata` of the body is the job's as well: rules and lists go by it. */
export function metadataOf(value: unknown): Record<string, string> | null {
  if (typeof value !== 'object' || value === null || !('metadata' in value)) return null
  if (value.metadata === null || value.metadata === undefined) return null
  return check(metadataSchema, value.metadata, { path: 'metadata', whole: 'The request body' })
}
