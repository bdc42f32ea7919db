/** What a job could be given, as far as a share or a budget is concerned. */
export interface Option {
  /** As the policy prefers, nothing held. */
  utility: number
  /** What the shadow price is asked for: mostly the usage. */
  charge: number
  /** What it takes of that which is held: dollars, or 1 of a model that the share is about. */
  usage: number
}

/** What one decision would have taken at each shadow price, and what it took. */
export interface Usage {
  byPrice: Float64Array
  taken: number
}

/** @param prices ascending; the dearer, the less is taken */
export function usageAt(prices: readonly number[], options: readonly Option[]): Float64Array {
  const byPrice = new Float64Array(prices.length)
  for (let index = 0; index < prices.length; index++) {
    const price = prices[index] as number
    let best = Number.NEGATIVE_INFINITY
    for (const { utility, charge, usage } of options) {
      const left = utility - price * charge
      if (left <= best) continue
      best = left
      byPrice[index] = usage
    }
  }
  return byPrice
}
