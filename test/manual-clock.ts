import type { Clock } from '@longhaul/contracts'

interface Timer {
  dueAt: number
  fire: () => void
}

/** A `Clock` that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now: number
  /** By due time; those due at one moment in the order in which they were scheduled. */
  #timers: Timer[] = []
  #waiting: Array<{ count: number; resolve: () => void }> = []

  /** @param startMs epoch milliseconds */
  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  schedule(delayMs: number, fire: () => void): () => void {
    const timer = { dueAt: this.#now + Math.max(0, delayMs), fire }
    const later = this.#timers.findIndex(({ dueAt }) => dueAt > timer.dueAt)
    this.#timers.splice(later < 0 ? this.#timers.length : later, 0, timer)
    this.#waiting = this.#waiting.filter(waiting => {
      if (this.#timers.length < waiting.count) return true
      waiting.resolve()
      return false
    })
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer)
    }
  }

  /** Timers that are scheduled and have not fired. */
  get pending(): number {
    return this.#timers.length
  }

  /** When the next timer is due, in epoch milliseconds. */
  get nextDueAt(): number | undefined {
    return this.#timers[0]?.dueAt
  }

  /** Resolves once at least `count` timers are scheduled: the signal that the code under test waits. */
  scheduled(count = 1): Promise<void> {
    if (this.#timers.length >= count) return Promise.resolve()
    return new Promise(resolve => this.#waiting.push({ count, resolve }))
  }

  /**
   * Moves the time on and fires what falls due, in order, each at its own time;
   * also what these schedule within the span.
   */
  advance(ms: number): void {
    const end = this.#now + ms
    while (this.#fireNext(end));
    this.#now = end
  }

  /** The same, letting promises and I/O callbacks run after every timer, so that what they schedule fires too. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#now + ms
    await eventLoopTurn()
    while (this.#fireNext(end)) await eventLoopTurn()
    this.#now = end
  }

  #fireNext(end: number): boolean {
    const timer = this.#timers[0]
    if (!timer || timer.dueAt > end) return false
    this.#timers.shift()
    this.#now = Math.max(this.#now, timer.dueAt)
    timer.fire()
    return true
  }
}

function eventLoopTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
