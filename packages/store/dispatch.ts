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
import { jobError } from './jobs.ts'
import { COUNTS_WITHOUT_CALL, ENDED_COLUMNS, ENDING_XID, eventsOfEnded } from './outbox-sql.ts'
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
    const rows = await this.#database.lazy<KeyRow & { count: number }>(PUBLISHED, [])
    return rows.map(row => ({ ...keyOf(row), count: row.count }))
  }

  /** How many jobs are due and held, by lane and model; counted one by one, so not to be asked all the time. */
  async held(): Promise<HeldJobs[]> {
    return this.#database.lazy<HeldJobs>(HELD, [this.#clock.now()])
  }

  /** Moves due jobs to `queued`, the longest due first, up to each key's count. The caller publishes them. */
  async release(quotas: Array<DueKey & { count: number }>): Promise<ReleasedJob[]> {
    const rows = await this.#database.lazy<ReleasedRow>(RELEASE, [
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
    const [row] = await this.#database.lazy<StuckRow>(STUCK, [this.#clock.now(), strandedAfterMs])
    return {
      leasesExpired: row?.leases_expired ?? false,
      stranded: row?.stranded ?? false,
      overdue: row?.overdue ?? false,
    }
  }

  /** Puts back what was published longer ago than `afterMs`, doubled at each dispatch, and never claimed. */
  async requeueStranded(afterMs: number): Promise<number> {
    return this.#count(STRANDED, [this.#clock.now(), afterMs, ROUND_ROWS])
  }

  /** Puts back everything published before now: the bus that held it is gone. */
  async requeuePublished(): Promise<number> {
    return this.#count(PUBLISHED_BEFORE, [this.#clock.now(), ROUND_ROWS])
  }

  /**
   * Puts back jobs whose worker stopped renewing, and fails those that
   * `maxLost` workers died on.
   */
  async reclaimExpired(maxLost: number): Promise<ReclaimedJob[]> {
    return this.#reclaim(EXPIRED_LEASES, [this.#clock.now(), ROUND_ROWS, maxLost, WORKER_LOST])
  }

  /** The same for all jobs that `owner`, who is known to be dead, had claimed; their leases need not end. */
  async reclaimOwned(owner: string, maxLost: number): Promise<ReclaimedJob[]> {
    return this.#reclaim(OWNED_LEASES, [this.#clock.now(), ROUND_ROWS, maxLost, WORKER_LOST, owner])
  }

  /** Expires unfinished jobs whose deadline has passed. @returns their ids */
  async expireOverdue(): Promise<string[]> {
    const rows = await this.#database.hot<{ id: string }>(OVERDUE, [
      this.#clock.now(),
      ROUND_ROWS,
      jobError('deadline_exceeded', 'The deadline passed before the job ended.'),
    ])
    return rows.map(({ id }) => idFrom('job', id))
  }

  /** Forgets idempotency keys after a day, in bounded rounds. */
  async forgetIdempotencyKeys(): Promise<void> {
    await this.#database.lazy(FORGET_KEYS, [this.#clock.now() - IDEMPOTENCY_MS, FORGET_ROWS])
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
    const rows = await this.#database.lazy<DueKeyRow>(DUE, [at])
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

/** As the index has it. */
const batchOf = (alias: string) => `coalesce(${alias}.batch_id, '${NIL_UUID}'::uuid)`

/** A loose index scan: one probe per distinct key, however many jobs wait under it. */
const KEYS = `WITH RECURSIVE keys AS (
    (SELECT f.lane, f.tenant_id, f.dispatch_model, ${batchOf('f')} AS batch, f.due_at
     FROM jobs f WHERE f.phase = 0
     ORDER BY f.lane, f.tenant_id, f.dispatch_model, ${batchOf('f')}, f.due_at LIMIT 1)
    UNION ALL
    SELECT next.* FROM keys k CROSS JOIN LATERAL (
      SELECT j.lane, j.tenant_id, j.dispatch_model, ${batchOf('j')} AS batch, j.due_at FROM jobs j
      WHERE j.phase = 0
        AND (j.lane, j.tenant_id, j.dispatch_model, ${batchOf('j')})
          > (k.lane, k.tenant_id, k.dispatch_model, k.batch)
      ORDER BY j.lane, j.tenant_id, j.dispatch_model, ${batchOf('j')}, j.due_at LIMIT 1
    ) next
  )`

const DUE: Statement = {
  name: 'dispatch-due',
  text: `${KEYS}
  SELECT lane, tenant_id, dispatch_model AS model, batch,
    date_part('epoch', due_at) * 1000 AS due_at,
    due_at <= to_timestamp($1::float8 / 1000) AS is_due
  FROM keys
  WHERE due_at <= to_timestamp($1::float8 / 1000)
    OR due_at = (SELECT min(due_at) FROM keys WHERE due_at > to_timestamp($1::float8 / 1000))`,
}

const HELD: Statement = {
  name: 'dispatch-held',
  text: `SELECT lane, dispatch_model AS model, count(*)::integer AS count
    FROM jobs WHERE phase = 0 AND due_at <= to_timestamp($1::float8 / 1000)
    GROUP BY lane, dispatch_model`,
}

const PUBLISHED: Statement = {
  name: 'dispatch-published',
  text: `SELECT lane, tenant_id, dispatch_model AS model, count(*)::integer AS count
    FROM jobs WHERE phase = 1 AND status = 'queued' GROUP BY lane, tenant_id, dispatch_model`,
}

const RELEASE: Statement = {
  name: 'dispatch-release',
  text: `WITH due AS (
    SELECT picked.id
    FROM json_to_recordset($1::json) AS q(
      lane text, tenant_id uuid, model text, batch uuid, count integer)
    CROSS JOIN LATERAL (
      SELECT j.id FROM jobs j
      WHERE j.phase = 0 AND j.lane = q.lane AND j.tenant_id = q.tenant_id
        AND j.dispatch_model = q.model AND ${batchOf('j')} = q.batch AND j.due_at <= to_timestamp($2::float8 / 1000)
      ORDER BY j.due_at LIMIT q.count FOR UPDATE SKIP LOCKED
    ) picked
  ), released AS (
    UPDATE jobs j SET status = 'queued', dispatches = j.dispatches + 1,
      queued_at = to_timestamp($2::float8 / 1000)
    WHERE j.id = ANY (ARRAY(SELECT id FROM due))
    RETURNING j.id, j.due_at, j.tenant_id, j.endpoint, j.lane, j.policy, j.requested_model,
      j.dispatch_model, j.metadata, j.deadline, j.dispatches, j.hints, j.options, j.traceparent,
      j.body_bytes
  )
  SELECT id, tenant_id, endpoint, lane, policy, requested_model, dispatch_model, metadata,
    date_part('epoch', deadline) * 1000 AS deadline, dispatches AS dispatch,
    hints, options, traceparent, body_bytes
  FROM released ORDER BY due_at, id`,
}

const IS_STRANDED = `status = 'queued'
        AND queued_at < to_timestamp(($1::float8 - $2::float8 * 2 ^ least(dispatches - 1, 5)) / 1000)`

const LEASE_EXPIRED = `status = 'running' AND lease_expires_at < to_timestamp($1::float8 / 1000)`

const IS_OVERDUE = 'deadline <= to_timestamp($1::float8 / 1000) AND phase < 2'

/** One pass over what is on its way. */
const STUCK: Statement = {
  name: 'dispatch-stuck',
  text: `SELECT bool_or(${LEASE_EXPIRED}) AS leases_expired, bool_or(${IS_STRANDED}) AS stranded,
      EXISTS (SELECT FROM jobs WHERE ${IS_OVERDUE}) AS overdue
    FROM jobs WHERE phase = 1`,
}

const STRANDED: Statement = {
  name: 'dispatch-stranded',
  text: `UPDATE jobs j SET status = 'pending'
    WHERE j.id IN (
      SELECT id FROM jobs WHERE phase = 1 AND ${IS_STRANDED}
      LIMIT $3 FOR UPDATE SKIP LOCKED)
    RETURNING j.id`,
}

const PUBLISHED_BEFORE: Statement = {
  name: 'dispatch-published-before',
  text: `UPDATE jobs j SET status = 'pending'
    WHERE j.id IN (
      SELECT id FROM jobs WHERE phase = 1 AND status = 'queued' AND queued_at <= to_timestamp($1::float8 / 1000)
      LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING j.id`,
}

function reclaim(name: string, which: string): Statement {
  return {
    name,
    text: `WITH ended AS (
      UPDATE jobs j SET
        status = CASE WHEN j.losses + 1 >= $3::integer THEN 'failed' ELSE 'pending' END,
        finished_at = CASE WHEN j.losses + 1 >= $3::integer THEN to_timestamp($1::float8 / 1000) END,
        error = CASE WHEN j.losses + 1 >= $3::integer THEN $4::json END,
        ended_xid = CASE WHEN j.losses + 1 >= $3::integer THEN ${ENDING_XID} END,
        losses = j.losses + 1, lease_owner = NULL, lease_expires_at = NULL
      WHERE j.id IN (
        SELECT id FROM jobs WHERE phase = 1 AND ${which} LIMIT $2 FOR UPDATE SKIP LOCKED)
      RETURNING ${ENDED_COLUMNS}, j.fence, j.started_at, j.created_at
    ), ${eventsOfEnded('$1')}, ${COUNTS_WITHOUT_CALL},
    lost AS (
      INSERT INTO attempts (job_id, number, model, deployment, outcome, error, started_at, finished_at)
      SELECT e.id, e.fence, coalesce(e.model, ''), '', 'lost',
        'the worker died, or lost its connection',
        coalesce(e.started_at, e.created_at), to_timestamp($1::float8 / 1000)
      FROM ended e
      ON CONFLICT (job_id, number) DO NOTHING
    )
    SELECT id, fence, status FROM ended`,
  }
}

const EXPIRED_LEASES = reclaim('dispatch-expired-leases', LEASE_EXPIRED)

const OWNED_LEASES = reclaim('dispatch-owned-leases', "status = 'running' AND lease_owner = $5")

const OVERDUE: Statement = {
  name: 'dispatch-overdue',
  text: `WITH ended AS (
    UPDATE jobs j SET status = 'expired', finished_at = to_timestamp($1::float8 / 1000),
      ended_xid = ${ENDING_XID}, error = $3::json, lease_owner = NULL, lease_expires_at = NULL
    WHERE j.id IN (
      SELECT id FROM jobs WHERE ${IS_OVERDUE}
      ORDER BY deadline LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING ${ENDED_COLUMNS}
  ), ${eventsOfEnded('$1')}, ${COUNTS_WITHOUT_CALL}
  SELECT id FROM ended`,
}

const FORGET_KEYS: Statement = {
  name: 'idempotency-forget',
  text: `DELETE FROM idempotency_keys WHERE (tenant_id, key) IN (
    SELECT tenant_id, key FROM idempotency_keys
    WHERE created_at < to_timestamp($1::float8 / 1000) LIMIT $2)`,
}
