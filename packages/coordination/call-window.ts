const BUCKETS = 10

/**
 * Calls and failures of the last `windowMs`, counted in ten buckets: what is
 * counted is between nine tenths of the window and the whole of it.
 */
export class CallWindow {
  readonly #bucketMs: number
  readonly #calls = new Array<number>(BUCKETS).fill(0)
  readonly #failures = new Array<number>(BUCKETS).fill(0)
  /** Number of the newest bucket since the epoch. */
  #newest = 0
  #callSum = 0
  #failureSum = 0

  constructor(windowMs: number) {
    this.#bucketMs = Math.max(1, windowMs / BUCKETS)
  }

  /** Counts a call that ended now, and returns the figures with it. */
  add(now: number, failed: boolean): { calls: number; failures: number } {
    this.#moveOn(Math.floor(now / this.#bucketMs))
    const slot = this.#newest % BUCKETS
    this.#calls[slot] = (this.#calls[slot] ?? 0) + 1
    this.#callSum += 1
    if (failed) {
      this.#failures[slot] = (this.#failures[slot] ?? 0) + 1
      this.#failureSum += 1
    }
    return { calls: this.#callSum, failures: this.#failureSum }
  }

  clear(): void {
    this.#calls.fill(0)
    this.#failures.fill(0)
    this.#callSum = 0
    this.#failureSum = 0
  }

  /** Empties the buckets that fell out of the window. A clock that was set back stays in the newest. */
  #moveOn(bucket: number): void {
    if (bucket >= this.#newest + BUCKETS) this.clear()
    for (let passed = this.#newest + 1; passed <= bucket && this.#callSum > 0; passed += 1) {
      const slot = passed % BUCKETS
      this.#callSum -= this.#calls[slot] ?? 0
      this.#failureSum -= this.#failures[slot] ?? 0
      this.#calls[slot] = 0
      this.#failures[slot] = 0
    }
    this.#newest = Math.max(this.#newest, bucket)
  }
}
