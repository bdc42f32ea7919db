import type { Intent } from '@longhaul/contracts'
import { handFeatureNames } from './hand-features.ts'
import type { Scanner } from './scan.ts'

/** Of an answer: tokens in any case, tokens for each token of the prompt, and tokens that complexity adds. */
const usual: Record<Intent, readonly [base: number, perToken: number, perComplexity: number]> = {
  chat: [40, 0, 60],
  question: [70, 0, 500],
  extraction: [40, 0.5, 60],
  translation: [20, 1.1, 80],
  summary: [60, 0.25, 100],
  rewriting: [20, 1, 60],
  code: [150, 0.4, 700],
  mathematics: [120, 0.2, 900],
  creative: [250, 0, 200],
  writing: [200, 0.1, 600],
  planning: [300, 0, 300],
  analysis: [250, 0.1, 900],
}

const BRIEF = handFeatureNames.indexOf('brief')
const LONG = handFeatureNames.indexOf('long')
const TOKENS_PER_WORD = 1.35
const MOST = 4_000

/** Tokens that an answer is likely to have, by what is asked for and by what the text says about length. */
export function expectedOutputTokens(
  intent: Intent,
  inputTokens: number,
  complexity: number,
  scan: Scanner,
  hand: Float32Array,
): number {
  if (scan.wordLimit > 0) return Math.min(MOST, Math.ceil(scan.wordLimit * TOKENS_PER_WORD))
  const [base, perToken, perComplexity] = usual[intent]
  let tokens = base + perToken * inputTokens + perComplexity * complexity
  if ((hand[LONG] as number) > 0) tokens *= 1.6
  if ((hand[BRIEF] as number) > 0) tokens *= 0.5
  return Math.min(MOST, Math.max(8, Math.ceil(tokens)))
}
