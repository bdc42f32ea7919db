export interface TimeBudgetOptions {
  /** May be spent at once, after long rest. */
  burstMs: number
  /** Of all time, the part that may be spent in the long run: 0.25 is a quarter. */
  share: number
}

/** Both in milliseconds, and set by nobody. */
export interface BudgetClocks {
  now(): number
  /** What this thread has run: others may have the processor for a part of `now`. */
  ran(): number
}

const clocksOfThread: BudgetClocks = {
  now: () => performance.now(),
  ran: () => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1_000
  },
}

/** Bounds what work of one kind takes of the time of an event loop. */
export class TimeBudget {
  readonly #options: TimeBudgetOptions
  readonly #clocks: BudgetClocks
  #leftMs: number
  #at: number

  constructor(options: TimeBudgetOptions, clocks = clocksOfThread) {
    this.#options = options
    this.#clocks = clocks
    this.#leftMs = options.burstMs
    this.#at = clocks.now()
  }

  /** Does the work and counts for how long it ran; undefined when nothing is left for it. */
  during<T>(work: () => T): T | undefined {
    const { burstMs, share } = this.#options
    const now = this.#clocks.now()
    this.#leftMs = Math.min(burstMs, this.#leftMs + (now - this.#at) * share)
    this.#at = now
    if (this.#leftMs <= 0) return undefined
    const before = this.#clocks.ran()
    try {
      return work()
    } finally {
      this.#leftMs -= this.#clocks.ran() - before
    }
  }
}
