/** Lets `burst` calls through at once and `perSecond` in the long run. */
export class TokenBucket {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #filledAtMs: number | undefined

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
  }

  /** Takes a token: 0, or the milliseconds until there will be one. */
  take(nowMs: number): number {
    const elapsedMs = Math.max(0, nowMs - (this.#filledAtMs ?? nowMs))
    this.#filledAtMs = nowMs
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsedMs / 1_000) * this.#perSecond)
    if (this.#tokens < 1) return Math.max(1, ((1 - this.#tokens) / this.#perSecond) * 1_000)
    this.#tokens -= 1
    return 0
  }
}
