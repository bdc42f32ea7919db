import type { DecisionRecord, FilteredModel } from '@longhaul/contracts'
import type { Requirements } from './requirements.ts'
import type { Ranked } from './strategies/strategy.ts'

const latest = { ms: Number.NaN, text: '' }

/** Decisions come several to a millisecond, and writing it out is the dearest part of a record. */
function timestampOf(ms: number): string {
  if (ms !== latest.ms) {
    latest.text = new Date(ms).toISOString()
    latest.ms = ms
  }
  return latest.text
}

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
    decided_at: timestampOf(now),
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
  // Adding 0 makes -0 a plain 0.
  const plainScore = score + 0
  const estimatedLatencyMs = latencyMs === undefined ? undefined : Math.round(latencyMs)
  if (!estimate) {
    const estimatedCostUsd = contender.costUsd
    return { model: contender.name, score: plainScore, estimatedCostUsd, estimatedLatencyMs }
  }
  return {
    model: contender.name,
    score: plainScore,
    estimatedCostUsd: estimate.costUsd,
    estimatedLatencyMs,
    estimatedWaitMs: Math.round(estimate.waitMs),
    quality: Math.round(estimate.quality * 1_000) / 1_000,
    qualityUncertainty: Math.round(estimate.uncertainty * 1_000) / 1_000,
  }
}
