import { idFrom, uuidOf } from '@longhaul/contracts'
import type { Database } from './database.ts'
import { type JobRow, jobOf, SELECT_JOB } from './job-rows.ts'
import type { JobFilter, JobRecord } from './types.ts'

export interface JobPage {
  jobs: JobRecord[]
  hasMore: boolean
  /** Set when no job passed the filter while there was time: the last that was looked at. */
  lookedUpTo?: string
}

export interface ListBounds {
  /** Jobs that one statement looks at. */
  sliceRows: number
  /** No slice begins later. */
  patienceMs: number
}

const BOUNDS: ListBounds = { sliceRows: 10_000, patienceMs: 5_000 }

/**
 * One page of a tenant's jobs, by creation. A filter that few jobs pass may have to
 * look at millions of them: that is done in slices, between which the connection
 * serves others, and for a bounded time. A page may be shorter than asked for then.
 */
export async function listJobs(
  database: Database,
  filter: JobFilter,
  { sliceRows, patienceMs }: ListBounds = BOUNDS,
): Promise<JobPage> {
  const endsAt = performance.now() + patienceMs
  const jobs: JobRecord[] = []
  let after = filter.after ? uuidOf('job', filter.after) : undefined
  for (;;) {
    const until = isNarrow(filter)
      ? await endOfSlice(database, filter, after, sliceRows)
      : undefined
    const wanted = filter.limit + 1 - jobs.length
    jobs.push(...(await select(database, filter, { after, until, limit: wanted })))
    if (jobs.length > filter.limit) return { jobs: jobs.slice(0, filter.limit), hasMore: true }
    if (until === undefined) return { jobs, hasMore: false }
    if (performance.now() >= endsAt) {
      const nothing = jobs.length === 0 && { lookedUpTo: idFrom('job', until) }
      return { jobs, hasMore: true, ...nothing }
    }
    after = until
  }
}

function isNarrow({ status, model, lane, metadata }: JobFilter): boolean {
  return Boolean(status || model || lane || metadata)
}

/** The last job that a slice has; undefined when it has all that are left. */
async function endOfSlice(
  database: Database,
  filter: JobFilter,
  after: string | undefined,
  sliceRows: number,
): Promise<string | undefined> {
  const values: unknown[] = [uuidOf('tenant', filter.tenantId), sliceRows - 1]
  if (after !== undefined) values.push(after)
  const [row] = await database.query<{ id: string }>(
    `SELECT id FROM jobs WHERE tenant_id = $1
       ${after === undefined ? '' : `AND id ${beyond(filter)} $3::uuid`}
     ORDER BY id ${filter.order} OFFSET $2 LIMIT 1`,
    values,
  )
  return row?.id
}

interface Slice {
  after: string | undefined
  /** This job included. */
  until: string | undefined
  limit: number
}

async function select(
  database: Database,
  filter: JobFilter,
  { after, until, limit }: Slice,
): Promise<JobRecord[]> {
  const values: unknown[] = [uuidOf('tenant', filter.tenantId), limit]
  const conditions = ['j.tenant_id = $1', 'j.deleted_at IS NULL']
  const where = (condition: (parameter: string) => string, value: unknown) => {
    values.push(value)
    conditions.push(condition(`$${values.length}`))
  }
  if (filter.status) where(p => `j.status = ${p}`, filter.status)
  if (filter.model) where(p => `coalesce(j.model, j.requested_model) = ${p}`, filter.model)
  if (filter.lane) where(p => `j.lane = ${p}`, filter.lane)
  if (filter.metadata) where(p => `j.metadata @> ${p}::jsonb`, JSON.stringify(filter.metadata))
  if (after !== undefined) where(p => `j.id ${beyond(filter)} ${p}::uuid`, after)
  if (until !== undefined)
    where(p => `j.id ${beyond(filter) === '>' ? '<=' : '>='} ${p}::uuid`, until)
  const rows = await database.query<JobRow>(
    `${SELECT_JOB} WHERE ${conditions.join(' AND ')} ORDER BY j.id ${filter.order} LIMIT $2`,
    values,
  )
  return rows.map(jobOf)
}

function beyond({ order }: JobFilter): '>' | '<' {
  return order === 'asc' ? '>' : '<'
}
