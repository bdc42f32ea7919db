import type { DecisionRecord, FilteredModel } from '@longhaul/contracts'
import type { Requirements } from './requirements.ts'
import type { Ranked } from './strategies/strategy.ts'

/** The record of a decision that chose no model; a choice fills in the rest. */
export function recordWithoutChoice(facts: {
  number: number
  /** Epoch milliseconds. */
  now: number
  policy: string
  strategy: string
  filtered: FilteredModel[]
  needs: Requirements
  reason: string
}): DecisionRecord {
  const { number, now, policy, strategy, filtered, needs, reason } = facts
  return {
    number,
    decided_at: new Date(now).toISOString(),
    policy,
    strategy,
    model: null,
    fallbacks: [],
    reason,
    candidates: [],
    filtered,
    estimates: {
      inputTokens: needs.inputTokens,
      outputTokens: needs.answerTokens * needs.answers,
      costUsd: null,
    },
    propensity: 1,
  }
}

export function candidateOf({
  contender,
  score,
  estimate,
}: Ranked): DecisionRecord['candidates'][number] {
  const { latencyMs } = contender.live
  return {
    model: contender.name,
    // Adding 0 makes -0 a plain 0.
    score: score + 0,
    estimatedCostUsd: estimate?.costUsd ?? contender.costUsd,
    estimatedLatencyMs: latencyMs === undefined ? undefined : Math.round(latencyMs),
    ...(estimate && {
      estimatedWaitMs: Math.round(estimate.waitMs),
      quality: Math.round(estimate.quality * 1_000) / 1_000,
      qualityUncertainty: Math.round(estimate.uncertainty * 1_000) / 1_000,
    }),
  }
}
