import type { Candidate, DecisionRecord, FilteredModel, HeldView } from '@longhaul/contracts'
import { writtenTokens } from './costs.ts'
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
  held?: HeldView | undefined
}): DecisionRecord {
  const { number, now, policy, strategy, filtered, needs, reason, held } = facts
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
      input_tokens: needs.inputTokens,
      output_tokens: needs.answerTokens * needs.answers,
      cost_usd: null,
    },
    propensity: 1,
    ...(held && { held }),
  }
}

/** The figures of the chosen candidate, and the tokens that they rest on. */
export function estimatesOf(
  { contender, estimate }: Ranked,
  needs: Requirements,
): DecisionRecord['estimates'] {
  return {
    input_tokens: needs.inputTokens,
    output_tokens:
      estimate?.outputTokens ?? writtenTokens(contender.model, needs, needs.answerTokens),
    cost_usd: estimate?.costUsd ?? contender.costUsd,
  }
}

export function candidateOf({ contender, score, estimate }: Ranked): Candidate {
  const { latencyMs } = contender.live
  const candidate: Candidate = {
    model: contender.name,
    // Adding 0 makes -0 a plain 0.
    score: score + 0,
    estimated_cost_usd: estimate?.costUsd ?? contender.costUsd,
    estimated_latency_ms: latencyMs === undefined ? undefined : Math.round(latencyMs),
  }
  if (!estimate) return candidate
  candidate.estimated_wait_ms = Math.round(estimate.waitMs)
  candidate.quality = Math.round(estimate.quality * 1_000) / 1_000
  candidate.quality_uncertainty = Math.round(estimate.uncertainty * 1_000) / 1_000
  return candidate
}
