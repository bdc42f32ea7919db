import { type Clock, type Endpoint, metadataSchema } from '@longhaul/contracts'
import type { Tenant } from '@longhaul/store'
import type { Request, Response } from 'express'
import { readIdempotency } from '../acceptance/idempotency.ts'
import type { SubmitContext } from '../acceptance/submitter.ts'
import { validTraceparent } from '../acceptance/trace-context.ts'
import { sendJson } from '../answer.ts'
import type { BodyIntake } from '../body-intake.ts'
import { parseJson } from '../input/json.ts'
import type { SubmissionReader } from '../input/submission.ts'
import { check } from '../input/validation.ts'
import type { JobWatch } from '../job-watch.ts'
import { noQuery, readQuery } from '../query.ts'
import { errorOf, longhaulHeaders, sendJobError } from './ended-job.ts'
import { setRateHeaders } from './rate-headers.ts'
import type { SynchronousJobs } from './synchronous-jobs.ts'

export interface FrontDependencies {
  clock: Clock
  intake: BodyIntake
  reader: SubmissionReader
  watch: JobWatch
  jobs: SynchronousJobs
}

/** `POST /v1/chat/completions` and `POST /v1/embeddings`, as OpenAI's clients call them. */
export class FrontRoutes {
  readonly #dependencies: FrontDependencies

  constructor(dependencies: FrontDependencies) {
    this.#dependencies = dependencies
  }

  createChatCompletion(request: Request, response: Response, tenant: Tenant): Promise<void> {
    return this.#answer('/v1/chat/completions', request, response, tenant)
  }

  createEmbedding(request: Request, response: Response, tenant: Tenant): Promise<void> {
    return this.#answer('/v1/embeddings', request, response, tenant)
  }

  async #answer(
    endpoint: Endpoint,
    request: Request,
    response: Response,
    tenant: Tenant,
  ): Promise<void> {
    const { reader, jobs, clock } = this.#dependencies
    const { value, context } = await receiveBody(this.#dependencies, request, response, tenant)
    const submission = reader.readBody(endpoint, value, {
      lane: 'interactive',
      metadata: metadataOf(value),
      options: null,
    })
    const awaited = await jobs.submit(submission, context, response)
    try {
      const ended = await jobs.untilEnded(awaited)
      if (!ended) return
      const { job, decision } = ended
      const headers = longhaulHeaders(job, decision, clock.now())
      if (job.status === 'succeeded' && job.resultBody !== null) {
        sendJson(response, 200, job.resultBody, headers)
      } else {
        sendJobError(response, errorOf(job), headers)
      }
    } finally {
      jobs.release(awaited)
    }
  }
}

/** The body of a request as JSON, and what the job that it becomes should know of it. */
export async function receiveBody(
  dependencies: Pick<FrontDependencies, 'clock' | 'intake' | 'watch'>,
  request: Request,
  response: Response,
  tenant: Tenant,
): Promise<{ value: unknown; context: SubmitContext }> {
  setRateHeaders(response, dependencies)
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
