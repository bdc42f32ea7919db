import type { WeightsHeader } from '../packages/routing/predictor/weights.ts'
import type { Linear, SparseRows } from './sparse.ts'

/**
 * What a linear model says of prompts on average: an explanation names what is
 * otherwise in the prompt at hand.
 * @param from the first of the rows that count
 * @param parts the columns at which the embedding and the hand-made features begin
 */
export function usualOf(
  x: SparseRows,
  from: number,
  { weights }: Linear,
  parts: { embeddingAt: number; handAt: number },
): WeightsHeader['usual'] {
  const sums = new Float64Array(x.columns)
  for (let row = from; row < x.rows; row++) x.addTo(sums, row, 1 / (x.rows - from))
  const said = (first: number, last: number) => {
    let sum = 0
    for (let at = first; at < last; at++) sum += (sums[at] as number) * (weights[at] as number)
    return sum
  }
  const { embeddingAt, handAt } = parts
  return {
    words: said(0, embeddingAt),
    meaning: said(embeddingAt, handAt),
    hand: Array.from(sums.subarray(handAt)),
  }
}
