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

/** Dollars at the model's list price, no cached input. */
export function costOfTokens({ price }: Model, inputTokens: number, outputTokens: number): number {
  return roundUsd((inputTokens * price.input + outputTokens * price.output) / 1e6)
}

/** What the request would cost with answers as long as requested or assumed, up to what the model writes. */
export function estimatedCostUsd(model: Model, needs: Requirements): number {
  return costOfTokens(model, needs.inputTokens, writtenTokens(model, needs, needs.answerTokens))
}
