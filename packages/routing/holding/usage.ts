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
  let [best] = options
  // At a higher price nothing wins that is charged more.
  let candidates = options
  for (let index = 0; index < prices.length && best; index++) {
    const winner = bestAt(prices[index] as number, candidates, best)
    if (winner !== best || index === 0) {
      const most = winner.charge
      candidates = candidates.filter(({ charge }) => charge <= most)
    }
    best = winner
    byPrice[index] = winner.usage
  }
  return byPrice
}

function bestAt(price: number, options: readonly Option[], before: Option): Option {
  let best = before
  let highest = Number.NEGATIVE_INFINITY
  for (const option of options) {
    const left = option.utility - price * option.charge
    if (left <= highest) continue
    highest = left
    best = option
  }
  return best
}
