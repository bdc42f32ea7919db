import { type Clock, sleep } from '@longhaul/contracts'
import type { DeliveryQueue } from '@longhaul/delivery-queue'
import type { Store } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'

export interface FeederDependencies {
  store: Store
  telemetry: Telemetry
  clock: Clock
  queue: DeliveryQueue
}

/**
 * An event that was taken falls due again after this. While its attempt is in
 * the queue, taking it again changes nothing; when the queue lost it, this is
 * how soon it comes back.
 */
const GRACE_MS = 10_000
/** The longest that a broadcast which got lost goes unnoticed. */
const POLL_MS = 1_000
/** Events that are committed one by one are taken together. */
const GAP_MS = 10
const RETRY_MS = 1_000
/** A reason of our own: without one each wake would pay for a DOMException and its stack. */
const WOKEN = 'woken'
/** Attempts that wait, per attempt under way. */
const WAITING_PER_SLOT = 4
const LEAST_WAITING = 32

/**
 * Moves due events from Postgres into the delivery queue, in slices as large as
 * the room there, so that what waits for receivers waits in Postgres.
 */
export class Feeder {
  readonly #dependencies: FeederDependencies
  readonly #capacity: number
  readonly #stopping = new AbortController()
  #wake = new AbortController()
  #ended: Promise<void> = Promise.resolve()
  #fault: string | undefined
  /** Attempts that the queue has room for: as counted last, less what went there since. */
  #room = 0
  /** More was due than the queue had room for. */
  #behind = false
  #endedSince = 0

  /** @param concurrency attempts under way at a time */
  constructor(dependencies: FeederDependencies, concurrency: number) {
    this.#dependencies = dependencies
    this.#capacity = Math.max(LEAST_WAITING, WAITING_PER_SLOT * concurrency)
  }

  start(): void {
    this.#ended = this.#loop()
  }

  /** Events were committed: looks for them at once. */
  wake(): void {
    this.#wake.abort(WOKEN)
  }

  /** An attempt ended: when more is due, there is room for it soon. */
  attemptEnded(): void {
    this.#endedSince += 1
    if (this.#behind && this.#endedSince >= this.#capacity / 4) this.wake()
  }

  health(): { ok: boolean; detail: string } {
    return this.#fault === undefined
      ? { ok: true, detail: 'feeding' }
      : { ok: false, detail: `not feeding: ${this.#fault}` }
  }

  /** Resolves when the round under way has ended. Safe to call twice. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#ended
  }

  async #loop(): Promise<void> {
    const { clock } = this.#dependencies
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const woken = this.#wake.signal.aborted
      this.#wake = new AbortController()
      const waitMs = await this.#guardedRound(woken)
      await sleep(clock, waitMs, AbortSignal.any([signal, this.#wake.signal]))
      await sleep(clock, Math.min(waitMs, GAP_MS), signal)
    }
  }

  async #guardedRound(woken: boolean): Promise<number> {
    try {
      const waitMs = await this.#round(woken)
      this.#fault = undefined
      return waitMs
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      if (this.#fault !== message) {
        this.#dependencies.telemetry.logger.warn({ err: error }, 'webhook events cannot be taken')
      }
      this.#fault = message
      return RETRY_MS
    }
  }

  /**
   * @param woken by news of events: for these few the queue is not asked as long
   *   as there is room enough
   * @returns how long nothing more is to be done, in milliseconds
   */
  async #round(woken: boolean): Promise<number> {
    const { store, queue } = this.#dependencies
    this.#endedSince = 0
    if (!woken || this.#room < this.#capacity / 2) await this.#count()
    const room = this.#room
    this.#behind = room <= 0
    if (room <= 0) return POLL_MS
    const { events, nextDueAt } = await store.webhookEvents.takeDue(room, GRACE_MS)
    this.#room = 0 // unknown, should the queue not take them
    if (events.length > 0) await queue.enqueue(events)
    this.#room = room - events.length
    this.#behind = events.length === room
    return this.#behind ? POLL_MS : this.#until(nextDueAt)
  }

  async #count(): Promise<void> {
    this.#room = 0
    this.#room = this.#capacity - (await this.#dependencies.queue.waiting())
  }

  #until(nextDueAt: number | undefined): number {
    if (nextDueAt === undefined) return POLL_MS
    return Math.min(POLL_MS, Math.max(0, nextDueAt - this.#dependencies.clock.now()))
  }
}
