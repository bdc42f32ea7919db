import { placementByFigures } from '../packages/routing/placement/placement.ts'
import { publishedFiguresOf } from '../packages/routing/placement/published.ts'
import { qualityOf } from '../packages/routing/placement/quality.ts'
import type { Predictor } from '../packages/routing/predictor/predictor.ts'
import type { Row } from './rows.ts'
import { isReference, REFERENCE } from './targets.ts'

/** Two models between which a router chooses, and how it scores a prompt for the strong one. */
export interface Pair {
  name: string
  weak: string
  strong: string
  score(prompt: string): number
}

const placedPairs = [
  ['mixtral-8x7b-instruct-v0.1', 'meta-llama-3.1-70b-instruct'],
  ['meta-llama-3.1-8b-instruct', 'gemini-1.5-pro-002'],
  ['phi-3-mini-4k-instruct', 'gemini-1.5-flash-002'],
] as const

/** The pairs for which the rows have answers. */
export function pairsFor(rows: readonly Row[], predictor: Predictor): Pair[] {
  const pairs: Pair[] = []
  if (rows.some(isReference)) pairs.push(referencePair(predictor))
  for (const [weak, strong] of placedPairs) {
    if (rows.some(({ models }) => weak in models && strong in models)) {
      pairs.push(placedPair(weak, strong, predictor))
    }
  }
  return pairs
}

/** The models whose answers the predictor was trained on. */
export function referencePair(predictor: Predictor): Pair {
  const score = (prompt: string) => {
    const { weak, strong } = predictor.predict(prompt)
    return strong - weak
  }
  return { name: `${REFERENCE.weak} → ${REFERENCE.strong}`, ...REFERENCE, score }
}

/** Models that are known by their accuracies in the domains alone. */
function placedPair(weak: string, strong: string, predictor: Predictor): Pair {
  const { bands } = predictor.weights.header
  const strengths = bands.map(({ strength }) => strength)
  const [low, high] = [weak, strong].map(name => {
    const figures = publishedFiguresOf(name)
    if (!figures) throw new Error(`nothing is published of ${name}`)
    return placementByFigures(figures, bands)
  })
  if (!low || !high) throw new RangeError('a pair of two')
  const score = (prompt: string) => {
    const prediction = predictor.predict(prompt)
    const gain = qualityOf(high, prediction, strengths).value
    return gain - qualityOf(low, prediction, strengths).value
  }
  return { name: `${weak} → ${strong}`, weak, strong, score }
}
