import {
  type AttemptOutcome,
  type DecisionRecord,
  idFrom,
  type JobError,
  type JobOptions,
  type JobStatus,
  type Lane,
  type Usage,
  uuidOf,
} from '@longhaul/contracts'
import type { Database, Statement } from './database.ts'
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
  async list(filter: JobFilter): Promise<{ jobs: JobRecord[]; hasMore: boolean }> {
    const values: unknown[] = [uuidOf('tenant', filter.tenantId), filter.limit + 1]
    const conditions = ['j.tenant_id = $1', 'j.deleted_at IS NULL']
    const where = (condition: (parameter: string) => string, value: unknown) => {
      values.push(value)
      conditions.push(condition(`$${values.length}`))
    }
    if (filter.status) where(p => `j.status = ${p}`, filter.status)
    if (filter.model) where(p => `coalesce(j.model, j.requested_model) = ${p}`, filter.model)
    if (filter.lane) where(p => `j.lane = ${p}`, filter.lane)
    if (filter.metadata) where(p => `j.metadata @> ${p}::jsonb`, JSON.stringify(filter.metadata))
    if (filter.after) {
      const beyond = filter.order === 'asc' ? '>' : '<'
      where(p => `j.id ${beyond} ${p}::uuid`, uuidOf('job', filter.after))
    }
    const rows = await this.#database.query<JobRow>(
      `${SELECT_JOB} WHERE ${conditions.join(' AND ')} ORDER BY j.id ${filter.order} LIMIT $2`,
      values,
    )
    return { jobs: rows.slice(0, filter.limit).map(jobOf), hasMore: rows.length > filter.limit }
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
    const [row] = await this.#database.query<{ record: DecisionRecord }>(
      'SELECT record FROM decisions WHERE job_id = $1 ORDER BY number DESC LIMIT 1',
      [uuidOf('job', jobId)],
    )
    return row?.record ?? null
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

interface JobRow {
  id: string
  tenant_id: string
  status: JobStatus
  endpoint: JobRecord['endpoint']
  lane: Lane
  policy: string | null
  requested_model: string | null
  model: string | null
  fence: number
  created_at: number
  started_at: number | null
  finished_at: number | null
  not_before: number | null
  deadline: number | null
  error: JobError | null
  usage: Usage | null
  cost_usd: number | null
  metadata: Record<string, string> | null
  options: JobOptions | null
  result_body: string | null
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

/** What a job that no worker has taken yet was routed to. */
const DECIDED_MODEL = `(SELECT d.model FROM decisions d WHERE d.job_id = j.id
    ORDER BY d.number DESC LIMIT 1)`

const SELECT_JOB = `SELECT j.id, j.tenant_id, j.status, j.endpoint, j.lane, j.policy,
    j.requested_model, coalesce(j.model, ${DECIDED_MODEL}) AS model, j.fence, j.error, j.usage, j.cost_usd,
    j.metadata, j.options,
    date_part('epoch', j.created_at) * 1000 AS created_at,
    date_part('epoch', j.started_at) * 1000 AS started_at,
    date_part('epoch', j.finished_at) * 1000 AS finished_at,
    date_part('epoch', j.not_before) * 1000 AS not_before,
    date_part('epoch', j.deadline) * 1000 AS deadline,
    b.body AS result_body
  FROM jobs j
  LEFT JOIN job_bodies b ON b.job_id = j.id AND b.kind = 'response'`

function jobOf(row: JobRow): JobRecord {
  return {
    id: idFrom('job', row.id),
    tenantId: idFrom('tenant', row.tenant_id),
    status: row.status,
    endpoint: row.endpoint,
    lane: row.lane,
    policy: row.policy,
    requestedModel: row.requested_model,
    model: row.model,
    attempts: row.fence,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    notBefore: row.not_before,
    deadlineAt: row.deadline,
    error: row.error,
    usage: row.usage,
    costUsd: row.cost_usd,
    metadata: row.metadata,
    options: row.options,
    resultBody: row.result_body,
  }
}
