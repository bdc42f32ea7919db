import { systemClock } from '@longhaul/contracts'

/** A flush begins no sooner than this after the one before began: what comes one by one goes together. */
const GAP_MS = 20

/**
 * Sends what has gathered, by a rhythm of its own: one flush at a time, and what
 * gathers while it is under way goes with the next. In real time, whatever
 * clock the breakers have: it is about a server.
 */
export class Flusher {
  readonly #flush: () => Promise<void>
  #underWay: Promise<void> | undefined
  #dueAt = Number.POSITIVE_INFINITY
  #begunAt = Number.NEGATIVE_INFINITY
  #cancel = () => {}
  #stopped = false

  /** @param flush never rejects */
  constructor(flush: () => Promise<void>) {
    this.#flush = flush
  }

  /** Something has gathered that should go within so long; the earliest of such wishes counts. */
  request(withinMs = 0): void {
    if (this.#stopped) return
    const dueAt = Math.max(performance.now() + withinMs, this.#begunAt + GAP_MS)
    if (dueAt >= this.#dueAt) return
    this.#dueAt = dueAt
    if (!this.#underWay) this.#arm()
  }

  /** Flushes for the last time. Safe to call twice. */
  async stop(): Promise<void> {
    if (this.#stopped) return this.#underWay
    this.#stopped = true
    this.#cancel()
    await this.#underWay
    this.#underWay = this.#flush()
    await this.#underWay
  }

  #arm(): void {
    this.#cancel()
    this.#cancel = systemClock.schedule(this.#dueAt - performance.now(), () => {
      this.#dueAt = Number.POSITIVE_INFINITY
      this.#begunAt = performance.now()
      this.#underWay = this.#flush().then(() => {
        this.#underWay = undefined
        if (!this.#stopped && this.#dueAt < Number.POSITIVE_INFINITY) this.#arm()
      })
    })
  }
}
