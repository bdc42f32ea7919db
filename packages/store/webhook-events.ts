import { type Clock, firstUuidAt, uuidOf } from '@longhaul/contracts'
import { Coalescer } from './coalescer.ts'
import type { Database } from './database.ts'
import type { ObserveBatch } from './jobs.ts'
import {
  dueEventOf,
  type EventRow,
  eventOf,
  type ReceiverRow,
  receiverOf,
  settlementRow,
  type TakenRow,
} from './webhook-rows.ts'
import * as sql from './webhook-sql.ts'
import type {
  EventCheck,
  EventFilter,
  EventSettled,
  EventSettlement,
  EventToken,
  TakenEvents,
  WebhookEvent,
  WebhookReceiver,
} from './webhook-types.ts'

/** A receiver that fails for so long, and never succeeds, is disabled. */
export const DISABLE_RECEIVER_AFTER_MS = 5 * 86_400_000

/** Rows that one statement of a recovery moves at most, so that it holds no locks for long. */
const RECOVERY_ROWS = 2_000

/**
 * The outbox of webhook events, and what is known of their receivers.
 *
 *     due ──take──► due again after a grace ──settle──► delivered | failed
 *      ▲                                  │
 *      └────────── retry, postponed ──────┘
 *
 * - `due_at` is when the courier should act next. Taking an event moves it ahead
 *   by a grace, so that an event whose courier died, or whose delivery queue was
 *   lost, falls due again. Null: delivered, or given up.
 * - `attempts` is also the token of a take: a settlement that names another
 *   number comes from a courier that was overtaken, and finds no row. A success
 *   is the exception: the receiver has the event, whoever brought it, so it ends
 *   as delivered.
 * - A receiver answers for all events of its tenant and URL: it may be failing
 *   since some time, throttled until some time, or disabled until somebody
 *   resends. Events for a disabled receiver fail when they fall due.
 */
export class WebhookEvents {
  readonly #database: Database
  readonly #clock: Clock
  readonly #check: Coalescer<EventToken, EventCheck>
  readonly #settle: Coalescer<EventSettlement, EventSettled>

  constructor(database: Database, clock: Clock, observe: ObserveBatch = () => {}) {
    this.#database = database
    this.#clock = clock
    const coalesce = <Row, Out>(name: string, run: (rows: Row[]) => Promise<Out[]>) =>
      new Coalescer<Row, Out>(run, {
        name,
        maxRows: 500,
        maxBytes: 4 * 1024 * 1024,
        maxWaiting: 20_000,
        concurrency: 1,
        bytesOf: () => 500,
        observe: (rows, seconds) => observe(name, rows, seconds),
      })
    this.#check = coalesce('event-check', tokens => this.#checkRows(tokens))
    this.#settle = coalesce('event-settle', settlements => this.#settleRows(settlements))
  }

  /**
   * Takes up to `limit` due events, the longest due first; they fall due again
   * after `graceMs` unless settled. Fewer may come although more are due: events
   * of throttled receivers are put off, those of disabled ones fail.
   */
  async takeDue(limit: number, graceMs: number): Promise<TakenEvents> {
    const now = this.#clock.now()
    const rows = await this.#database.hot<TakenRow>(sql.TAKE_DUE, [now, limit, now + graceMs])
    return {
      events: rows.flatMap(row => (row.id === null ? [] : dueEventOf(row))),
      nextDueAt: rows[0]?.next_due_at ?? undefined,
    }
  }

  /** Asked right before a delivery: whether the take still holds, and what is known of the receiver. */
  check(token: EventToken): Promise<EventCheck> {
    return this.#check.submit(token)
  }

  /**
   * Records what became of a take, and what it says about the receiver.
   * `applied: false`: the event was settled or taken by somebody else since.
   * @throws {StoreUnavailableError | StoreBusyError}
   */
  settle(settlement: EventSettlement): Promise<EventSettled> {
    return this.#settle.submit(settlement)
  }

  /** One event of the tenant. */
  async get(tenantId: string, eventId: string): Promise<WebhookEvent | undefined> {
    const [row] = await this.#database.query<EventRow>(sql.GET, [
      uuidOf('tenant', tenantId),
      uuidOf('event', eventId),
    ])
    return row && eventOf(row)
  }

  /** One page of a tenant's events, newest first. */
  async list(filter: EventFilter): Promise<{ events: WebhookEvent[]; hasMore: boolean }> {
    const rows = await this.#database.query<EventRow>(sql.LIST, [
      uuidOf('tenant', filter.tenantId),
      filter.jobId === undefined ? null : uuidOf('job', filter.jobId),
      filter.after === undefined ? null : uuidOf('event', filter.after),
      filter.limit + 1,
    ])
    return { events: rows.slice(0, filter.limit).map(eventOf), hasMore: rows.length > filter.limit }
  }

  /**
   * Makes the event due now under the same id, whatever became of it, with the
   * retry schedule from its beginning, and enables its receiver again.
   * @returns the event as it is now; undefined when the tenant has no such event
   */
  async resend(tenantId: string, eventId: string): Promise<WebhookEvent | undefined> {
    const [row] = await this.#database.query<EventRow>(sql.RESEND, [
      uuidOf('tenant', tenantId),
      uuidOf('event', eventId),
      this.#clock.now(),
    ])
    return row && eventOf(row)
  }

  /**
   * Resends every event to `url` that failed and was made at or after `since`,
   * and enables the receiver again. Safe to repeat when it is interrupted.
   * @param since epoch milliseconds
   * @returns how many events are due again
   */
  async recoverSince(tenantId: string, url: string, since: number): Promise<number> {
    const tenant = uuidOf('tenant', tenantId)
    await this.#database.query(sql.ENABLE_RECEIVER, [tenant, url])
    let recovered = 0
    for (;;) {
      const values = [tenant, url, firstUuidAt(since), this.#clock.now(), RECOVERY_ROWS]
      const rows = await this.#database.query(sql.RECOVER, values)
      recovered += rows.length
      if (rows.length < RECOVERY_ROWS) return recovered
    }
  }

  /** What is known of a receiver; undefined when it has not failed lately. */
  async receiver(tenantId: string, url: string): Promise<WebhookReceiver | undefined> {
    const [row] = await this.#database.query<ReceiverRow>(sql.RECEIVER, [
      uuidOf('tenant', tenantId),
      url,
    ])
    return row && receiverOf(row)
  }

  /** Forgets receivers that have not failed since then and are not disabled. @returns how many */
  async forgetReceivers(before: number): Promise<number> {
    return (await this.#database.query(sql.FORGET_RECEIVERS, [before])).length
  }

  async #checkRows(tokens: EventToken[]): Promise<EventCheck[]> {
    const rows = await this.#database.hot<{
      position: number
      current: boolean
      throttled_until: number | null
      disabled: boolean
    }>(sql.CHECK, [
      JSON.stringify(
        tokens.map(({ id, attempts }, position) => ({
          position,
          id: uuidOf('event', id),
          attempts,
        })),
      ),
      tokens.map(({ id }) => uuidOf('event', id)),
    ])
    const checks: EventCheck[] = tokens.map(() => ({ current: false }))
    for (const { position, current, throttled_until, disabled } of rows) {
      if (current) checks[position] = { current, throttledUntil: throttled_until, disabled }
    }
    return checks
  }

  async #settleRows(settlements: EventSettlement[]): Promise<EventSettled[]> {
    const now = this.#clock.now()
    const rows = await this.#database.hot<{ position: number; receiver_disabled: boolean }>(
      sql.SETTLE,
      [
        JSON.stringify(settlements.map(settlementRow)),
        now,
        now - DISABLE_RECEIVER_AFTER_MS,
        settlements.map(({ event }) => uuidOf('event', event.id)),
      ],
    )
    const outcomes: EventSettled[] = settlements.map(() => ({
      applied: false,
      receiverDisabled: false,
    }))
    for (const { position, receiver_disabled } of rows) {
      outcomes[position] = { applied: true, receiverDisabled: receiver_disabled }
    }
    return outcomes
  }
}

/** For callers that hold an id from outside. */
export function isEventId(id: string): boolean {
  return uuidOf('event', id) !== undefined
}
