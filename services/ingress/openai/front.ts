import { type Clock, type Endpoint, LonghaulError, metadataSchema } from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'
import { check, parseJson, type Submission, type SubmissionReader } from '@longhaul/intake'
import type { Store, Tenant } from '@longhaul/store'
import type { Request, Response } from 'express'
import { z } from 'zod'
import { readIdempotency } from '../acceptance/idempotency.ts'
import type { SubmitContext } from '../acceptance/submitter.ts'
import { validTraceparent } from '../acceptance/trace-context.ts'
import { sendJson } from '../answer.ts'
import type { BodyIntake } from '../body-intake.ts'
import { noQuery, readQuery } from '../query.ts'
import { streamChat } from './chat-stream.ts'
import { answerOf, errorOf, longhaulHeaders, sendJobError } from './ended-job.ts'
import type { JsonObject } from './json-object.ts'
import type { SynchronousJobs } from './synchronous-jobs.ts'

export interface FrontDependencies {
  clock: Clock
  intake: BodyIntake
  reader: SubmissionReader
  jobs: SynchronousJobs
  store: Store
  coordination: Coordination
}

/** `POST /v1/chat/completions` and `POST /v1/embeddings`, as OpenAI's clients call them. */
export class FrontRoutes {
  readonly #dependencies: FrontDependencies

  constructor(dependencies: FrontDependencies) {
    this.#dependencies = dependencies
  }

  async createChatCompletion(request: Request, response: Response, tenant: Tenant): Promise<void> {
    const { value, context } = await receiveBody(this.#dependencies, request, response, tenant)
    const { stream, includeUsage, body } = readStreaming(value)
    const submission = this.#read('/v1/chat/completions', body)
    if (!stream) return this.#answer(submission, context, response)
    const withUsage = includeUsage || submission.options?.includeCost === true
    await streamChat(this.#dependencies, submission, context, response, withUsage)
  }

  async createEmbedding(request: Request, response: Response, tenant: Tenant): Promise<void> {
    const { value, context } = await receiveBody(this.#dependencies, request, response, tenant)
    await this.#answer(this.#read('/v1/embeddings', value as JsonObject), context, response)
  }

  #read(endpoint: Endpoint, value: JsonObject): Submission {
    const { reader } = this.#dependencies
    const metadata = metadataOf(value)
    return reader.readBody(endpoint, value, { lane: 'interactive', metadata, options: null })
  }

  async #answer(submission: Submission, context: SubmitContext, response: Response): Promise<void> {
    const { jobs, clock } = this.#dependencies
    const awaited = await jobs.submit(submission, context, response)
    try {
      const ended = await jobs.untilEnded(awaited)
      if (!ended) return
      const { job, decision } = ended
      const headers = longhaulHeaders(job, decision, clock.now())
      const answer = answerOf(job)
      if (answer === undefined) sendJobError(response, errorOf(job), headers)
      else sendJson(response, 200, answer, headers)
    } finally {
      jobs.release(awaited)
    }
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

/** The body of a request as JSON, and what the job that it becomes should know of it. */
export async function receiveBody(
  dependencies: Pick<FrontDependencies, 'clock' | 'intake'>,
  request: Request,
  response: Response,
  tenant: Tenant,
): Promise<{ value: unknown; context: SubmitContext }> {
  readQuery(noQuery, request.url)
  const { intake, clock } = dependencies
  const bytes = await intake.readJson(request, response)
  const context: SubmitContext = {
    tenantId: tenant.id,
    traceparent: validTraceparent(request.header('traceparent')),
    now: clock.now(),
    idempotency: readIdempotency(request.headers['idempotency-key'], request.path, bytes),
  }
  return { value: parseJson(bytes), context }
}

/** The `metadata` of the body is the job's as well: rules and lists go by it. */
export function metadataOf(value: unknown): Record<string, string> | null {
  if (typeof value !== 'object' || value === null || !('metadata' in value)) return null
  if (value.metadata === null || value.metadata === undefined) return null
  return check(metadataSchema, value.metadata, { path: 'metadata', whole: 'The request body' })
}
