import { type Clock, EventLoopTurns, LonghaulError } from '@longhaul/contracts'
import type { SubmissionReader } from '@longhaul/intake'
import {
  assertSound,
  check,
  parseJson,
  REQUEST_BODY,
  type ReadJson,
  readJson,
} from '@longhaul/intake'
import type { JobRecord, Store, Tenant } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'
import type { Request, Response } from 'express'
import { z } from 'zod'
import { type Idempotency, keyOfBulkJob, keyReused } from '../acceptance/idempotency.ts'
import { receive } from '../acceptance/receive.ts'
import type { Accepted, SubmitContext, Submitter } from '../acceptance/submitter.ts'
import { expectedError, internalError, overloaded, sendJson } from '../answer.ts'
import type { BodyIntake } from '../body-intake.ts'
import { acceptedJson, jobJson } from '../job-view.ts'

export interface SubmissionDependencies {
  store: Store
  clock: Clock
  telemetry: Telemetry
  intake: BodyIntake
  reader: SubmissionReader
  submitter: Submitter
}

const MAX_BULK = 1_000
/** Rows that wait for Postgres above which a bulk request is refused whole, not in part. */
const MAX_WAITING = 15_000

const bulkSchema = z.strictObject({ jobs: z.array(z.unknown()).min(1).max(MAX_BULK) })

/** `POST /v1/jobs` and `POST /v1/jobs/bulk`. */
export class SubmissionRoutes {
  readonly #dependencies: SubmissionDependencies

  constructor(dependencies: SubmissionDependencies) {
    this.#dependencies = dependencies
  }

  async submitJob(request: Request, response: Response, tenant: Tenant): Promise<void> {
    const { intake } = this.#dependencies
    const { bytes, context } = await receive(this.#dependencies, request, response, tenant)
    const accepted = await intake.inTurn(bytes.length, () => this.#acceptSingle(bytes, context))
    if (accepted.kind === 'accepted') return sendJson(response, 202, acceptedJson(accepted.job))
    const [job] = await this.#dependencies.store.reads.many(tenant.id, [accepted.jobId])
    if (!job) throw keyReused()
    sendJson(response, 202, jobJson(job), REPLAYED)
  }

  async submitJobs(request: Request, response: Response, tenant: Tenant): Promise<void> {
    const { intake } = this.#dependencies
    const { bytes, context } = await receive(this.#dependencies, request, response, tenant)
    const settled = await intake.inTurn(bytes.length, () =>
      this.#acceptAll(bytes, context, response),
    )
    refuseWhole(settled)
    const data = await this.#bulkData(settled, tenant)
    const isReplayed = settled.every(
      outcome => !(outcome instanceof LonghaulError) && outcome.kind === 'replayed',
    )
    sendJson(response, 202, `{"object":"list","data":[${data}]}`, isReplayed ? REPLAYED : {})
  }

  async #acceptSingle(bytes: Buffer, context: SubmitContext): Promise<Accepted> {
    try {
      return await this.#accept(parseJson(bytes), context, '')
    } catch (error) {
      return this.#acceptedBefore(error, context)
    }
  }

  /** @returns what became of each job, in order */
  async #acceptAll(
    bytes: Buffer,
    context: SubmitContext,
    response: Response,
  ): Promise<Array<Accepted | LonghaulError>> {
    const read = readJson(bytes)
    const { jobs } = check(bulkSchema, read.value)
    if (this.#dependencies.store.jobs.waiting.insert > MAX_WAITING) {
      throw overloaded(
        'More jobs wait to be recorded than this process takes. Try again in a second.',
      )
    }
    const before = await this.#bulkBefore(context)
    const outcomes: Array<Promise<Accepted | LonghaulError>> = []
    const turns = new EventLoopTurns()
    for (const [index, job] of jobs.entries()) {
      const turn = turns.next()
      if (turn) await turn
      outcomes.push(this.#acceptOne({ job, index, read }, context, before, response))
    }
    return Promise.all(outcomes)
  }

  async #accept(value: unknown, context: SubmitContext, path: string): Promise<Accepted> {
    const { reader, submitter } = this.#dependencies
    return submitter.submit(reader.read(value, context.now, path), context)
  }

  /** A repeated request is the job it was, even if it would be refused by now: its deadline may have passed. */
  async #acceptedBefore(error: unknown, context: SubmitContext): Promise<Accepted> {
    const { tenantId, idempotency } = context
    if (!idempotency || !isRefusal(error)) throw error
    const before = await this.#dependencies.store.reads.ofIdempotencyKeys(tenantId, [
      idempotency.key,
    ])
    const first = before.get(idempotency.key)
    if (first?.bodyHash !== idempotency.bodyHash) throw error
    return { kind: 'replayed', jobId: first.jobId }
  }

  /** What came before under the keys of a bulk request; another body is refused before anything is recorded. */
  async #bulkBefore({ tenantId, idempotency }: SubmitContext): Promise<Before> {
    if (!idempotency) return new Map()
    const keys = Array.from({ length: MAX_BULK }, (_, index) => keyOfBulkJob(idempotency, index))
    const before = await this.#dependencies.store.reads.ofIdempotencyKeys(tenantId, keys)
    for (const { bodyHash } of before.values()) {
      if (bodyHash !== idempotency.bodyHash) throw keyReused()
    }
    return before
  }

  /** Never rejects. */
  async #acceptOne(
    { job, index, read }: BulkEntry,
    context: SubmitContext,
    before: Before,
    response: Response,
  ): Promise<Accepted | LonghaulError> {
    try {
      const idempotency = ofBulkJob(context.idempotency, index)
      const first = idempotency && before.get(idempotency.key)
      if (first) return { kind: 'replayed', jobId: first.jobId }
      const path = `jobs[${index}]`
      assertSound(job, read, { ...REQUEST_BODY, path })
      return await this.#accept(job, { ...context, idempotency }, path)
    } catch (error) {
      return this.#explained(error, response)
    }
  }

  #explained(error: unknown, response: Response): LonghaulError {
    const expected = expectedError(error)
    if (expected) return expected
    const requestId = String(response.getHeader('x-request-id'))
    this.#dependencies.telemetry.logger.error({ err: error, requestId }, 'a job of a bulk failed')
    return internalError(requestId)
  }

  async #bulkData(outcomes: Array<Accepted | LonghaulError>, tenant: Tenant): Promise<string> {
    const replayed = outcomes.flatMap(outcome =>
      !(outcome instanceof LonghaulError) && outcome.kind === 'replayed' ? [outcome.jobId] : [],
    )
    const jobs =
      replayed.length > 0 ? await this.#dependencies.store.reads.many(tenant.id, replayed) : []
    const byId = new Map(jobs.map(job => [job.id, job]))
    return outcomes.map(outcome => outcomeJson(outcome, byId)).join(',')
  }
}

interface BulkEntry {
  job: unknown
  index: number
  /** The request that it stands in. */
  read: ReadJson
}

type Before = Map<string, { jobId: string; bodyHash: string }>

const REPLAYED = { 'idempotency-replayed': 'true' }

function ofBulkJob(idempotency: Idempotency | null, index: number): Idempotency | null {
  return idempotency && { ...idempotency, key: keyOfBulkJob(idempotency, index) }
}

/** The request is at fault, not the moment. */
function isRefusal(error: unknown): boolean {
  return error instanceof LonghaulError && error.status < 500 && error.status !== 409
}

/** When nothing was accepted, and for a reason that passes, the request as a whole is to be sent again. */
function refuseWhole(outcomes: Array<Accepted | LonghaulError>): void {
  const errors = outcomes.filter(outcome => outcome instanceof LonghaulError)
  if (errors.length < outcomes.length) return
  const first = errors.find(error => error.status >= 500 || error.status === 409)
  if (first) throw first
}

function outcomeJson(outcome: Accepted | LonghaulError, replayed: Map<string, JobRecord>): string {
  if (outcome instanceof LonghaulError) return JSON.stringify(outcome.toEnvelope())
  if (outcome.kind === 'accepted') return acceptedJson(outcome.job)
  const job = replayed.get(outcome.jobId)
  return job ? jobJson(job) : JSON.stringify(keyReused().toEnvelope())
}
