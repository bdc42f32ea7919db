import type { Policy, Preference } from '@longhaul/contracts'
import { costOfTokens, writtenTokens } from '../costs.ts'
import { waitOf } from '../live-view.ts'
import type { Quality } from '../placement/quality.ts'
import type { Prediction } from '../queue/prediction.ts'
import type { Contender, Estimate, RequestView } from './strategy.ts'

/**
 * What a choice is good for: expected quality, less what it costs, less the
 * time it takes, less the risk of missing the deadline. All in units of
 * quality, 0 to 1.
 */
export interface Objective {
  /**
   * Quality given up to pay nothing instead of what the dearest candidate
   * costs; where all are free, to wait for nothing instead of the slowest.
   */
  relativeCost: number
  /** Quality given up to save a dollar. */
  perUsd: number
  /** Quality given up to be a second earlier; jobs that are patient by their lane have no hurry. */
  perSecond: number
  patient: boolean
  /** Standard deviations of quality that are subtracted: how much a gamble is disliked. */
  caution: number
  /** Share of the best quality that is good enough; undefined: more is always better. */
  enough: number | undefined
}

const byPreference: Record<Preference, Omit<Objective, 'enough'>> = {
  quality: { relativeCost: 0.02, perUsd: 0, perSecond: 0.0005, patient: true, caution: 0.5 },
  balanced: { relativeCost: 0.15, perUsd: 0, perSecond: 0.002, patient: true, caution: 0.25 },
  economy: { relativeCost: 0.6, perUsd: 0, perSecond: 0.001, patient: true, caution: 0 },
}

export function objectiveOf({ prefer, min_quality: enough }: Policy): Objective {
  if (typeof prefer === 'string') return { ...byPreference[prefer], enough }
  const { usd, second } = prefer
  return { relativeCost: 0, perUsd: usd, perSecond: second, patient: false, caution: 0, enough }
}

export interface Judged extends Estimate {
  contender: Contender
  /** Of the call itself. */
  callMs: number
  utility: number
  /** Whether it is good enough, where the policy says what is. */
  suffices: boolean
}

export interface Occasion {
  objective: Objective
  view: RequestView
  /** Of the answer, as expected. */
  outputTokens: number
  /** Epoch milliseconds. */
  now: number
}

/** What is assumed of a model that was never called. */
const ASSUMED_CALL_MS = 500
const ASSUMED_MS_PER_TOKEN = 10
/** Calls take longer or shorter than expected by about this share of their time. */
const SPREAD = 0.25
const LEAST_SPREAD_MS = 250

/** Every contender once, in their order. */
export function judgeAll(
  contenders: readonly Contender[],
  qualityOf: (contender: Contender) => Quality,
  occasion: Occasion,
): Judged[] {
  const { objective, view } = occasion
  const hurried = !objective.patient || view.request.lane === 'interactive'
  const perSecond = hurried ? objective.perSecond : 0
  const { inputTokens } = view.requirements
  const judged: Judged[] = []
  let dearest = 0
  let slowest = 0
  let best = 0
  for (const contender of contenders) {
    const { value, uncertainty } = qualityOf(contender)
    const outputTokens = writtenTokens(contender.model, view.requirements, occasion.outputTokens)
    const { model, cachedTokens } = contender
    const costUsd = costOfTokens(model, inputTokens, outputTokens, cachedTokens)
    const callMs = contender.live.latencyMs ?? assumedMs(occasion.outputTokens)
    const wait = waitOf(contender.live, view.request.lane, callMs)
    const waitMs = wait.ms
    const careful = Math.max(0, value - objective.caution * uncertainty)
    const risk = riskOfMissing(wait, callMs, occasion) * value
    const utility =
      careful - risk - objective.perUsd * costUsd - (perSecond * (waitMs + callMs)) / 1_000
    judged.push({
      contender,
      quality: value,
      uncertainty,
      costUsd,
      outputTokens,
      waitMs,
      callMs,
      utility,
      suffices: true,
    })
    if (costUsd > dearest) dearest = costUsd
    if (callMs > slowest) slowest = callMs
    if (value > best) best = value
  }
  for (const one of judged) {
    const share = dearest > 0 ? one.costUsd / dearest : one.callMs / slowest
    if (objective.enough === undefined) {
      one.utility -= objective.relativeCost * share
      continue
    }
    one.suffices = one.quality >= objective.enough * best
    if (one.suffices) one.utility += 2 - one.quality - share
  }
  return judged
}

function assumedMs(outputTokens: number): number {
  return ASSUMED_CALL_MS + ASSUMED_MS_PER_TOKEN * outputTokens
}

/** Probability that an answer after this wait and this call comes after the deadline. */
function riskOfMissing(wait: Prediction, callMs: number, { view, now }: Occasion): number {
  const { deadlineAt } = view.request
  if (deadlineAt === undefined) return 0
  // What lies between the bounds is 2.6 standard deviations.
  const waitSpreadMs = (wait.latestMs - wait.earliestMs) / 2.6
  const spreadMs = LEAST_SPREAD_MS + SPREAD * callMs + waitSpreadMs
  const late = (wait.ms + callMs - Math.max(0, deadlineAt - now)) / spreadMs
  return 1 / (1 + Math.exp(-2 * late))
}
