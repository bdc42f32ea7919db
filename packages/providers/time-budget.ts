export interface TimeBudgetOptions {
  /** May be spent at once, after long rest. */
  burstMs: number
  /** Of all time, the part that may be spent in the long run: 0.25 is a quarter. */
  share: number
}

/** Bounds what work of one kind takes of the time of an event loop. */
export class TimeBudget {
  readonly #options: TimeBudgetOptions
  readonly #now: () => number
  #leftMs: number
  #at: number

  /** @param now milliseconds of a clock that nobody sets */
  constructor(options: TimeBudgetOptions, now: () => number = () => performance.now()) {
    this.#options = options
    this.#now = now
    this.#leftMs = options.burstMs
    this.#at = now()
  }

  /** Does the work and counts what it took; undefined when nothing is left for it. */
  during<T>(work: () => T): T | undefined {
    const { burstMs, share } = this.#options
    const startedAt = this.#now()
    this.#leftMs = Math.min(burstMs, this.#leftMs + (startedAt - this.#at) * share)
    this.#at = startedAt
    if (this.#leftMs <= 0) return undefined
    try {
      return work()
    } finally {
      this.#leftMs -= this.#now() - startedAt
    }
  }
}
