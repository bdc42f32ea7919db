import {
  type AttemptOutcome,
  type DecisionRecord,
  idFrom,
  type JobStatus,
  type Usage,
  uuidOf,
} from '@longhaul/contracts'
import type { Database, Statement } from './database.ts'
import { type JobPage, listJobs } from './job-list.ts'
import { type JobRow, jobOf, SELECT_JOB } from './job-rows.ts'
import { decodeDecision } from './stored-decision.ts'
import type { JobDetail, JobFilter, JobRecord } from './types.ts'

export type Include = 'request' | 'attempts' | 'decision'

/**
 * What people ask about jobs. Nothing here changes anything. Look-ups by key go
 * with the statements of a job's life: routers and workers make them too, and
 * lists that take long must not hold them up.
 */
export class JobReads {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Undefined when the tenant has no such job. */
  async get(
    tenantId: string,
    jobId: string,
    include: ReadonlySet<Include> = new Set(),
  ): Promise<JobDetail | undefined> {
    const id = uuidOf('job', jobId)
    const [row] = await this.#database.query<JobRow>(
      `${SELECT_JOB} WHERE j.id = $1 AND j.tenant_id = $2 AND j.deleted_at IS NULL`,
      [id, uuidOf('tenant', tenantId)],
    )
    if (!row) return undefined
    const detail: JobDetail = jobOf(row)
    if (include.has('request')) {
      const body = await this.#requestBody(jobId)
      if (body !== undefined) detail.requestBody = body
    }
    if (include.has('attempts')) detail.attemptRecords = await this.#attempts(id)
    if (include.has('decision')) detail.decision = await this.decision(jobId)
    return detail
  }

  /** The status alone, for those who wait. */
  async status(tenantId: string, jobId: string): Promise<JobStatus | undefined> {
    const [row] = await this.#database.hot<{ status: JobStatus }>(STATUS, [
      uuidOf('job', jobId),
      uuidOf('tenant', tenantId),
    ])
    return row?.status
  }

  /** The same for many jobs in one statement, whoever's they are; jobs that do not exist are left out. */
  async statuses(jobIds: readonly string[]): Promise<Map<string, JobStatus>> {
    const rows = await this.#database.hot<{ id: string; status: JobStatus }>(STATUSES, [
      jobIds.map(jobId => uuidOf('job', jobId)),
    ])
    return new Map(rows.map(row => [idFrom('job', row.id), row.status]))
  }

  /** Those of the jobs that the tenant has, in the order of `jobIds`. */
  async many(tenantId: string, jobIds: readonly string[]): Promise<JobRecord[]> {
    const rows = await this.#database.query<JobRow>(
      `${SELECT_JOB} JOIN unnest($1::uuid[]) WITH ORDINALITY AS wanted(id, place) ON wanted.id = j.id
       WHERE j.tenant_id = $2 AND j.deleted_at IS NULL ORDER BY wanted.place`,
      [jobIds.map(jobId => uuidOf('job', jobId)), uuidOf('tenant', tenantId)],
    )
    return rows.map(jobOf)
  }

  /** What the tenant sent before under these idempotency keys. */
  async ofIdempotencyKeys(
    tenantId: string,
    keys: readonly string[],
  ): Promise<Map<string, { jobId: string; bodyHash: string }>> {
    const rows = await this.#database.query<{ key: string; job_id: string; body_hash: string }>(
      `SELECT key, job_id, body_hash FROM idempotency_keys
       WHERE tenant_id = $1 AND key = ANY($2::text[])`,
      [uuidOf('tenant', tenantId), keys],
    )
    return new Map(
      rows.map(row => [row.key, { jobId: idFrom('job', row.job_id), bodyHash: row.body_hash }]),
    )
  }

  /** One page of a tenant's jobs, by creation. */
  async list(filter: JobFilter): Promise<JobPage> {
    return listJobs(this.#database, filter)
  }

  /** The request body as JSON text; undefined when it was deleted, or the job with it. */
  async #requestBody(jobId: string): Promise<string | undefined> {
    const [row] = await this.#database.hot<{ body: string }>(REQUEST_BODY, [uuidOf('job', jobId)])
    return row?.body
  }

  async #attempts(id: string | undefined): Promise<NonNullable<JobDetail['attemptRecords']>> {
    const rows = await this.#database.query<AttemptRow>(
      `SELECT number, model, deployment, outcome, http_status, error, usage, cost_usd,
         date_part('epoch', started_at) * 1000 AS started_at,
         date_part('epoch', finished_at) * 1000 AS finished_at
       FROM attempts WHERE job_id = $1 ORDER BY number`,
      [id],
    )
    return rows.map(row => ({
      number: row.number,
      model: row.model,
      deployment: row.deployment,
      outcome: row.outcome,
      httpStatus: row.http_status,
      error: row.error,
      usage: row.usage,
      costUsd: row.cost_usd,
      startedAt: row.started_at,
      finishedAt: row.finished_at,
    }))
  }

  /** The latest. */
  async decision(jobId: string): Promise<DecisionRecord | null> {
    const [row] = await this.#database.query<{ record: unknown }>(
      'SELECT record FROM decisions WHERE job_id = $1 ORDER BY number DESC LIMIT 1',
      [uuidOf('job', jobId)],
    )
    return row ? decodeDecision(row.record) : null
  }
}

const STATUS: Statement = {
  name: 'read-status',
  text: `SELECT status FROM jobs
    WHERE id = $1::uuid AND tenant_id = $2::uuid AND deleted_at IS NULL`,
}

const STATUSES: Statement = {
  name: 'read-statuses',
  text: 'SELECT id, status FROM jobs WHERE id = ANY($1::uuid[])',
}

const REQUEST_BODY: Statement = {
  name: 'read-request-body',
  text: `SELECT body FROM job_bodies WHERE job_id = $1::uuid AND kind = 'request'`,
}

interface AttemptRow {
  number: number
  model: string
  deployment: string
  outcome: AttemptOutcome
  http_status: number | null
  error: string | null
  usage: Usage | null
  cost_usd: number | null
  started_at: number
  finished_at: number
}
