import {
  type Clock,
  idFrom,
  type JobOptions,
  type Lane,
  NIL_UUID,
  type RouteHints,
  uuidOf,
} from '@longhaul/contracts'
import type { Database, Statement } from './database.ts'
import * as sql from './dispatch-sql.ts'
import { jobError } from './jobs.ts'
import type {
  DispatchKey,
  DueKey,
  HeldJobs,
  ReclaimedJob,
  ReleasedJob,
  StuckWork,
} from './types.ts'

/** Rows that one statement moves at most, so that no round holds locks for long. */
export const ROUND_ROWS = 500
/** Of a round of releases: all work that is held goes through them, one after another. */
export const RELEASE_ROWS = 1_000

/** How long a key is remembered; Stripe's day is what clients expect. */
const IDEMPOTENCY_MS = 86_400_000
const FORGET_ROWS = 50_000

/**
 * What the dispatcher does to many jobs at a time. Every statement takes at most
 * `ROUND_ROWS` or `RELEASE_ROWS` rows by a partial index over unfinished jobs, and skips rows that
 * somebody else holds: several dispatchers do not wait for one another, and the
 * cost of a round does not grow with what has ended.
 */
export class Dispatch {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** Keys under which work has been due for `forMs` or longer. */
  async dueKeys(forMs = 0): Promise<DueKey[]> {
    return (await this.#look(this.#clock.now() - forMs)).keys
  }

  /**
   * Keys under which work is due, and the earliest time at which work falls due
   * under another; undefined when none is held there.
   */
  due(): Promise<{ keys: DueKey[]; nextAt: number | undefined }> {
    return this.#look(this.#clock.now())
  }

  /** How many jobs are published and unclaimed, by key. */
  async published(): Promise<Array<DispatchKey & { count: number }>> {
    const rows = await this.#database.lazy<KeyRow & { count: number }>(sql.PUBLISHED, [])
    return rows.map(row => ({ ...keyOf(row), count: row.count }))
  }

  /** How many jobs are due and held, by lane and model; counted one by one, so not to be asked all the time. */
  async held(): Promise<HeldJobs[]> {
    return this.#database.lazy<HeldJobs>(sql.HELD, [this.#clock.now()])
  }

  /** Moves due jobs to `queued`, the longest due first, up to each key's count. The caller publishes them. */
  async release(quotas: Array<DueKey & { count: number }>): Promise<ReleasedJob[]> {
    const rows = await this.#database.lazy<ReleasedRow>(sql.RELEASE, [
      JSON.stringify(
        quotas.map(({ lane, tenantId, model, batchId, count }) => ({
          lane,
          tenant_id: tenantId.slice('tenant_'.length),
          model,
          batch: batchId === null ? NIL_UUID : uuidOf('batch', batchId),
          count,
        })),
      ),
      this.#clock.now(),
    ])
    return rows.map(releasedJob)
  }

  /**
   * What there is of work that got stuck, asked in one statement: there is
   * hardly ever any.
   * @param strandedAfterMs as of `requeueStranded`
   */
  async stuck(strandedAfterMs: number): Promise<StuckWork> {
    const [row] = await this.#database.lazy<StuckRow>(sql.STUCK, [
      this.#clock.now(),
      strandedAfterMs,
    ])
    return {
      leasesExpired: row?.leases_expired ?? false,
      stranded: row?.stranded ?? false,
      overdue: row?.overdue ?? false,
    }
  }

  /** Puts back what was published longer ago than `afterMs`, doubled at each dispatch, and never claimed. */
  async requeueStranded(afterMs: number): Promise<number> {
    return this.#count(sql.STRANDED, [this.#clock.now(), afterMs, ROUND_ROWS])
  }

  /** Puts back everything published before now: the bus that held it is gone. */
  async requeuePublished(): Promise<number> {
    return this.#count(sql.PUBLISHED_BEFORE, [this.#clock.now(), ROUND_ROWS])
  }

  /**
   * Puts back jobs whose worker stopped renewing, and fails those that
   * `maxLost` workers died on.
   */
  async reclaimExpired(maxLost: number): Promise<ReclaimedJob[]> {
    return this.#reclaim(sql.EXPIRED_LEASES, [this.#clock.now(), ROUND_ROWS, maxLost, WORKER_LOST])
  }

  /** The same for all jobs that `owner`, who is known to be dead, had claimed; their leases need not end. */
  async reclaimOwned(owner: string, maxLost: number): Promise<ReclaimedJob[]> {
    return this.#reclaim(sql.OWNED_LEASES, [
      this.#clock.now(),
      ROUND_ROWS,
      maxLost,
      WORKER_LOST,
      owner,
    ])
  }

  /** Expires unfinished jobs whose deadline has passed. @returns their ids */
  async expireOverdue(): Promise<string[]> {
    const rows = await this.#database.hot<{ id: string }>(sql.OVERDUE, [
      this.#clock.now(),
      ROUND_ROWS,
      jobError('deadline_exceeded', 'The deadline passed before the job ended.'),
    ])
    return rows.map(({ id }) => idFrom('job', id))
  }

  /** Forgets idempotency keys after a day, in bounded rounds. */
  async forgetIdempotencyKeys(): Promise<void> {
    await this.#database.lazy(sql.FORGET_KEYS, [this.#clock.now() - IDEMPOTENCY_MS, FORGET_ROWS])
  }

  /** Unfinished jobs by status: what a start has to resume. */
  async unfinished(): Promise<{ pending: number; queued: number; running: number }> {
    const rows = await this.#database.query<{ status: string; count: number }>(
      `SELECT status, count(*)::integer AS count FROM jobs
       WHERE phase = 0 OR phase = 1 GROUP BY status`,
    )
    const counts = { pending: 0, queued: 0, running: 0 }
    for (const { status, count } of rows) counts[status as keyof typeof counts] = count
    return counts
  }

  /** Skips from key to key, however many jobs wait under each. */
  async #look(at: number): Promise<{ keys: DueKey[]; nextAt: number | undefined }> {
    const rows = await this.#database.lazy<DueKeyRow>(sql.DUE, [at])
    const next = rows.find(({ is_due }) => !is_due)
    const keys = rows
      .filter(({ is_due }) => is_due)
      .map(row => ({
        ...keyOf(row),
        batchId: row.batch === NIL_UUID ? null : idFrom('batch', row.batch),
      }))
    return { keys, nextAt: next?.due_at }
  }

  async #count(statement: Statement, values: unknown[]): Promise<number> {
    return (await this.#database.hot(statement, values)).length
  }

  async #reclaim(statement: Statement, values: unknown[]): Promise<ReclaimedJob[]> {
    const rows = await this.#database.hot<{ id: string; fence: number; status: string }>(
      statement,
      values,
    )
    return rows.map(({ id, fence, status }) => ({
      jobId: idFrom('job', id),
      fence,
      failed: status === 'failed',
    }))
  }
}

interface KeyRow {
  lane: Lane
  tenant_id: string
  model: string
}

interface DueKeyRow extends KeyRow {
  batch: string
  due_at: number
  is_due: boolean
}

interface StuckRow {
  leases_expired: boolean | null
  stranded: boolean | null
  overdue: boolean
}

interface ReleasedRow {
  id: string
  tenant_id: string
  endpoint: ReleasedJob['endpoint']
  lane: Lane
  policy: string | null
  requested_model: string | null
  dispatch_model: string
  metadata: Record<string, string> | null
  deadline: number | null
  dispatch: number
  failures: number
  hints: RouteHints | null
  options: JobOptions | null
  traceparent: string | null
  body_bytes: number
}

function keyOf(row: KeyRow): DispatchKey {
  return { lane: row.lane, tenantId: idFrom('tenant', row.tenant_id), model: row.model }
}

function releasedJob(row: ReleasedRow): ReleasedJob {
  return {
    id: idFrom('job', row.id),
    tenantId: idFrom('tenant', row.tenant_id),
    endpoint: row.endpoint,
    lane: row.lane,
    policy: row.policy,
    requestedModel: row.requested_model,
    dispatchModel: row.dispatch_model,
    metadata: row.metadata,
    deadlineAt: row.deadline,
    dispatch: row.dispatch,
    failures: row.failures,
    hints: row.hints,
    options: row.options,
    traceparent: row.traceparent,
    bodyBytes: row.body_bytes,
  }
}

const WORKER_LOST = jobError(
  'worker_lost',
  'Workers died on this job as often as the retry policy allows.',
)
