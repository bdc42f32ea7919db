import type { Model } from '@longhaul/contracts'
import { roundUsd } from './figures.ts'
import type { Requirements } from './requirements.ts'

/** Tokens that a model writes for a request, all answers together. */
export function writtenTokens(
  model: Model,
  { answers }: Requirements,
  /** Of one answer, as requested, assumed or expected. */
  answerTokens: number,
): number {
  return Math.min(answerTokens, model.max_output_tokens ?? Infinity) * answers
}

/**
 * Dollars at the model's list price.
 * @param cachedTokens of the input: what the model reads from its cache
 */
export function costOfTokens(
  { price }: Model,
  inputTokens: number,
  outputTokens: number,
  cachedTokens = 0,
): number {
  const cached = cachedTokens * (price.cached_input ?? price.input)
  const input = (inputTokens - cachedTokens) * price.input + cached
  return roundUsd((input + outputTokens * price.output) / 1e6)
}

/** What the request would cost with answers as long as requested or assumed, up to what the model writes. */
export function estimatedCostUsd(model: Model, needs: Requirements, cachedTokens = 0): number {
  const written = writtenTokens(model, needs, needs.answerTokens)
  return costOfTokens(model, needs.inputTokens, written, cachedTokens)
}
