/**
 * How much recent decisions would have taken on average at each shadow price,
 * and so which price leaves them what is allowed. Of a share this is a running
 * quantile of what the models that it is about are better by; of a budget, the
 * Lagrange multiplier of the recent requests.
 */
export class ResponseCurve {
  readonly #prices: readonly number[]
  readonly #window: number
  readonly #rows: Float64Array[] = []
  readonly #sums: Float64Array
  #next = 0

  /**
   * @param prices ascending
   * @param window decisions that are remembered: enough to tell a quantile, few enough to follow a drift
   */
  constructor(prices: readonly number[], window: number) {
    this.#prices = prices
    this.#window = window
    this.#sums = new Float64Array(prices.length)
  }

  /** @param byPrice is kept: do not change it */
  add(byPrice: Float64Array): void {
    const oldest = this.#rows[this.#next]
    for (let index = 0; index < this.#sums.length; index++) {
      const change = (byPrice[index] as number) - (oldest?.[index] ?? 0)
      this.#sums[index] = (this.#sums[index] as number) + change
    }
    this.#rows[this.#next] = byPrice
    this.#next = (this.#next + 1) % this.#window
  }

  /** The lowest price at which no more than `allowed` would have been taken; undefined before the first decision. */
  priceFor(allowed: number): number | undefined {
    const count = this.#rows.length
    if (count === 0) return undefined
    const prices = this.#prices
    let taken = (this.#sums[0] as number) / count
    if (taken <= allowed) return prices[0]
    for (let index = 1; index < prices.length; index++) {
      const less = (this.#sums[index] as number) / count
      if (less <= allowed) {
        const part = (taken - allowed) / (taken - less)
        const [from, to] = [prices[index - 1] as number, prices[index] as number]
        return from + (to - from) * part
      }
      taken = less
    }
    return prices.at(-1)
  }

  /** For another life: means by price. */
  get means(): number[] {
    const count = Math.max(1, this.#rows.length)
    return Array.from(this.#sums, sum => sum / count)
  }

  /** Begins with what another life knew, as if that were a quarter of the window. */
  restore(means: readonly number[]): void {
    const row = Float64Array.from(means)
    if (row.length !== this.#prices.length || row.some(mean => !Number.isFinite(mean))) return
    for (let count = 0; count < this.#window / 4; count++) this.add(row)
  }
}

/** From `least` to `most`, five to a power of ten. */
export function geometric(least: number, most: number): number[] {
  const steps = Math.ceil(5 * Math.log10(most / least))
  return Array.from({ length: steps + 1 }, (_, step) => least * (most / least) ** (step / steps))
}
