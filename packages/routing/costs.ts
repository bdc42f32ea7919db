import type { Model } from '@longhaul/contracts'
import { roundUsd } from './figures.ts'
import type { Requirements } from './requirements.ts'

/**
 * Dollars that the request would cost at the model's list price: no cached
 * input, answers as long as requested or assumed, up to what the model writes.
 */
export function estimatedCostUsd(model: Model, needs: Requirements): number {
  const answerTokens = Math.min(needs.answerTokens, model.max_output_tokens ?? Infinity)
  const input = needs.inputTokens * model.price.input
  const output = answerTokens * needs.answers * model.price.output
  return roundUsd((input + output) / 1e6)
}
