import {
  type Clock,
  type ErrorCode,
  isTerminal,
  type JobStatus,
  type RouteHints,
} from '@longhaul/contracts'
import { Coalescer } from './coalescer.ts'
import type { Database } from './database.ts'
import { retryTransient } from './errors.ts'
import {
  insertRow,
  type SettlementRow,
  settlementBytes,
  settleRow,
  tenantUuid,
  uuid,
} from './job-input.ts'
import {
  CANCEL,
  CLAIM,
  CLAIM_COLUMNS,
  INSERT,
  INSERT_COLUMNS,
  KEYS_OF,
  RENEW,
  SETTLE,
  SETTLE_COLUMNS,
  SETTLED_BEFORE,
  STATUS_OF,
} from './job-sql.ts'
import type { Claim, InsertOutcome, NewJob, Settled, Settlement } from './types.ts'

/** Told of every multi-row statement, for metrics. */
export type ObserveBatch = (statement: string, rows: number, seconds: number) => void

/** Characters of a body that takes PostgreSQL so long that small ones do not wait for it. */
const LARGE_BODY = 128 * 1024

/**
 * The life of a job, one fenced statement per step.
 *
 *     pending ──publish──► queued ──claim──► running ──settle──► succeeded | failed
 *        ▲                   │                  │                cancelled | expired
 *        └──── put back ─────┴── release, lost ─┘
 *
 * - `pending`: held here until `due_at`; only the dispatcher publishes it.
 * - `queued`: on the bus, or lost with it: after a while it is published again.
 * - `running`: one worker holds a lease and the `fence` of its claim. Each claim
 *   and each further call raises the fence, so the fence is the number of the
 *   attempt, and a late finisher with an old fence finds no row.
 * - terminal: never changes again; `finished_at` is set.
 *
 * Cancelling and expiring are transitions like the others, from any state that
 * is not terminal: a worker that was calling finds no row when it settles, and
 * its attempt and cost are kept.
 */
export class Jobs {
  readonly #database: Database
  readonly #clock: Clock
  readonly #insert: Coalescer<NewJob, InsertOutcome>
  readonly #insertLarge: Coalescer<NewJob, InsertOutcome>
  readonly #insertAwaited: Coalescer<NewJob, InsertOutcome>
  readonly #claim: Coalescer<ClaimRow, Claim | undefined>
  readonly #settle: Coalescer<SettlementRow, Settled>

  constructor(database: Database, clock: Clock, observe: ObserveBatch) {
    this.#database = database
    this.#clock = clock
    const coalesce = <Row, Out>(
      name: string,
      run: (rows: Row[]) => Promise<Out[]>,
      bytesOf: (row: Row) => number,
    ) =>
      new Coalescer<Row, Out>(run, {
        name,
        maxRows: 500,
        maxBytes: 4 * 1024 * 1024,
        maxWaiting: 20_000,
        concurrency: 2,
        bytesOf,
        observe: (rows, seconds) => observe(name, rows, seconds),
      })
    const insertBytes = (job: NewJob) => job.body.length + 500
    this.#insert = coalesce('insert', rows => this.#insertRows(rows, 'hot'), insertBytes)
    this.#insertLarge = coalesce('insert-large', rows => this.#insertRows(rows, 'hot'), insertBytes)
    this.#insertAwaited = coalesce(
      'insert-awaited',
      rows => this.#insertRows(rows, 'lazy'),
      insertBytes,
    )
    this.#claim = coalesce(
      'claim',
      rows => this.#claimRows(rows),
      () => 200,
    )
    this.#settle = coalesce('settle', rows => this.#settleRows(rows), settlementBytes)
  }

  /** Rows that wait, by statement: a measure of how far PostgreSQL is behind. */
  get waiting(): { insert: number; claim: number; settle: number } {
    return {
      insert: this.#insert.waiting + this.#insertLarge.waiting + this.#insertAwaited.waiting,
      claim: this.#claim.waiting,
      settle: this.#settle.waiting,
    }
  }

  /**
   * Once it resolves with `inserted`, the job is durable.
   * @throws {StoreUnavailableError | StoreBusyError}
   */
  insert(job: NewJob): Promise<InsertOutcome> {
    const insert = job.body.length < LARGE_BODY ? this.#insert : this.#insertLarge
    return insert.submit(job)
  }

  /**
   * For a job whose caller is told nothing before it has ended: it is durable
   * with its claim at the latest. One that a crash of the server undoes is gone
   * as if it had never come.
   * @throws {StoreUnavailableError | StoreBusyError}
   */
  insertAwaited(job: NewJob): Promise<InsertOutcome> {
    return this.#insertAwaited.submit(job)
  }

  /**
   * Takes a queued job for `owner` until the lease ends; undefined when it is
   * not queued (any more), or its deadline has passed.
   */
  claim(jobId: string, model: string, owner: string, leaseMs: number): Promise<Claim | undefined> {
    return this.#claim.submit({ id: uuid(jobId), jobId, model, owner, leaseMs })
  }

  /** Applies one transition; `applied: false` tells that somebody else has the job. */
  settle(settlement: Settlement): Promise<Settled> {
    return this.#settle.submit({ id: uuid(settlement.jobId), settlement })
  }

  /** Whether this very settlement was applied before: for one whose answer was lost. */
  async wasSettled(settlement: Settlement): Promise<boolean> {
    const { jobId, to, attempt } = settlement
    if (settlement.from !== 'running' || !attempt) return false
    const rows = await this.#database.hot(SETTLED_BEFORE, [
      uuid(jobId),
      settlement.fence,
      to,
      attempt.outcome,
      attempt.finishedAt,
    ])
    return rows.length > 0
  }

  /**
   * Extends leases, in one statement.
   * @returns the ids that are still held under their fence; abort the others
   */
  async renew(
    claims: Array<{ jobId: string; fence: number }>,
    leaseMs: number,
  ): Promise<Set<string>> {
    const input = claims.map(({ jobId, fence }) => ({ id: uuid(jobId), fence })).sort(byId)
    const values = [JSON.stringify(input), this.#clock.now() + leaseMs]
    const rows = await retryTransient(() => this.#database.hot<{ id: string }>(RENEW, values))
    return new Set(rows.map(({ id }) => jobIdOf(id)))
  }

  /**
   * Cancels what has not ended.
   * @returns the status after it: `cancelled`, or the terminal one it had;
   *   undefined when the tenant has no such job
   */
  async cancel(
    tenantId: string,
    jobId: string,
  ): Promise<{ status: JobStatus; changed: boolean } | undefined> {
    const values = [
      uuid(jobId),
      tenantUuid(tenantId),
      this.#clock.now(),
      jobError('job_cancelled', 'The job was cancelled.'),
    ]
    const [cancelled] = await this.#database.hot<{ status: JobStatus }>(CANCEL, values)
    if (cancelled) return { status: cancelled.status, changed: true }
    const [row] = await this.#database.hot<{ status: JobStatus }>(STATUS_OF, values.slice(0, 2))
    if (!row) return undefined
    // Between the two statements it may have moved on without ending: try again.
    return isTerminal(row.status)
      ? { status: row.status, changed: false }
      : this.cancel(tenantId, jobId)
  }

  async #insertRows(jobs: NewJob[], pool: 'hot' | 'lazy'): Promise<InsertOutcome[]> {
    const rows = await this.#database[pool]<{ id: string }>(INSERT, [
      this.#clock.now(),
      ...INSERT_COLUMNS.arrays(jobs.map(insertRow)),
    ])
    if (rows.length === jobs.length) return jobs.map(() => ({ kind: 'inserted' }))
    const inserted = new Set(rows.map(({ id }) => jobIdOf(id)))
    return this.#explainMissing(jobs, inserted)
  }

  /** What was not inserted met its idempotency key. */
  async #explainMissing(jobs: NewJob[], inserted: Set<string>): Promise<InsertOutcome[]> {
    const keyed = jobs.filter(job => job.idempotency && !inserted.has(job.id))
    const rows = await this.#database.hot<{
      tenant_id: string
      key: string
      body_hash: string
      job_id: string
    }>(KEYS_OF, [
      JSON.stringify(
        keyed.map(job => ({ tenant_id: tenantUuid(job.tenantId), key: job.idempotency?.key })),
      ),
    ])
    const byKey = new Map(rows.map(row => [`${row.tenant_id.replaceAll('-', '')} ${row.key}`, row]))
    return jobs.map(job => {
      if (inserted.has(job.id)) return { kind: 'inserted' }
      const first = byKey.get(`${tenantUuid(job.tenantId)} ${job.idempotency?.key}`)
      return first && first.body_hash === job.idempotency?.bodyHash
        ? { kind: 'duplicate', jobId: jobIdOf(first.job_id) }
        : { kind: 'key-reused' }
    })
  }

  async #claimRows(claims: ClaimRow[]): Promise<Array<Claim | undefined>> {
    const now = this.#clock.now()
    const input = claims
      .map(({ id, model, owner, leaseMs }) => ({
        id,
        model,
        owner,
        lease_expires_at: now + leaseMs,
      }))
      .sort(byId)
    const rows = await this.#database.hot<ClaimedRow>(CLAIM, [now, ...CLAIM_COLUMNS.arrays(input)])
    const claimed = new Map<string, Claim>()
    for (const row of rows) {
      claimed.set(jobIdOf(row.id), {
        fence: row.fence,
        failures: row.failures,
        losses: row.losses,
        queuedAt: row.queued_at,
        createdAt: row.created_at,
        hints: row.hints,
      })
    }
    return claims.map(({ jobId }) => {
      const claim = claimed.get(jobId)
      claimed.delete(jobId) // a duplicate in the same statement gets nothing
      return claim
    })
  }

  async #settleRows(settlements: SettlementRow[]): Promise<Settled[]> {
    const rows = await this.#database.hot<SettledRow>(SETTLE, [
      this.#clock.now(),
      ...SETTLE_COLUMNS.arrays(settlements.map(settleRow).sort(byId)),
    ])
    const outcomes: Settled[] = settlements.map(() => ({ applied: false, eventWritten: false }))
    for (const row of rows) {
      outcomes[row.position] = { applied: true, eventWritten: row.event_written }
    }
    return outcomes
  }
}

interface ClaimRow {
  /** As it is stored. */
  id: string
  jobId: string
  model: string
  owner: string
  leaseMs: number
}

interface ClaimedRow {
  id: string
  fence: number
  failures: number
  losses: number
  hints: RouteHints | null
  queued_at: number
  created_at: number
}

/** Of what was applied. */
interface SettledRow {
  position: number
  event_written: boolean
}

/**
 * Rows are locked in the order of the input, and two statements that lock the
 * same rows in different orders wait for one another: renewals and settlements
 * of one worker do, so all name their rows in this one order.
 */
function byId(one: { id: string }, other: { id: string }): number {
  if (one.id === other.id) return 0
  return one.id < other.id ? -1 : 1
}

/** The error that a statement gives every job it ends. */
export function jobError(code: ErrorCode, message: string): string {
  return JSON.stringify({ code, message })
}

function jobIdOf(stored: string): string {
  return `job_${stored.replaceAll('-', '')}`
}
