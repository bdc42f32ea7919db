import type { Policy, Preference } from '@longhaul/contracts'
import { costOfTokens, writtenTokens } from '../costs.ts'
import { waitOf } from '../live-view.ts'
import type { Quality } from '../placement/quality.ts'
import type { Prediction } from '../queue/prediction.ts'
import type { Contender, Estimate, Ranked, RequestView } from './strategy.ts'

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

/** A contender as it is ranked, with what is expected of it. */
export interface Judged extends Estimate, Ranked {
  estimate: Estimate
  /** Of the call itself. */
  callMs: number
  /** What it is good for, nothing held. */
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

/** Judges contenders; what it says of them holds until it judges again. */
export class Judge {
  readonly #placed: Judged[] = []
  readonly #quality: Quality = { value: 0, uncertainty: 0 }

  /**
   * Every contender once, in their order. The score is the utility.
   * @param assess fills in the quality of a contender
   */
  all(
    contenders: readonly Contender[],
    assess: (contender: Contender, into: Quality) => void,
    occasion: Occasion,
  ): Judged[] {
    const judged: Judged[] = []
    let dearest = 0
    let slowest = 0
    let best = 0
    for (const contender of contenders) {
      assess(contender, this.#quality)
      const one = this.#place(judged.length, contender)
      fill(one, this.#quality, occasion)
      judged.push(one)
      if (one.costUsd > dearest) dearest = one.costUsd
      if (one.callMs > slowest) slowest = one.callMs
      if (one.quality > best) best = one.quality
    }
    compare(judged, occasion.objective, { dearest, slowest, best })
    return judged
  }

  #place(place: number, contender: Contender): Judged {
    const known = this.#placed[place]
    if (known) {
      known.contender = contender
      return known
    }
    const fresh = judgedOf(contender)
    this.#placed[place] = fresh
    return fresh
  }
}

function judgedOf(contender: Contender): Judged {
  const nothing = { score: 0, quality: 0, uncertainty: 0, costUsd: 0, outputTokens: 0, waitMs: 0 }
  const judged = { contender, ...nothing, callMs: 0, utility: 0, suffices: true }
  return Object.assign(judged, { estimate: judged })
}

/** By itself, compared with no other. */
function fill(one: Judged, { value, uncertainty }: Quality, occasion: Occasion): void {
  const { objective, view } = occasion
  const { model, cachedTokens, live } = one.contender
  const { inputTokens } = view.requirements
  const hurried = !objective.patient || view.request.lane === 'interactive'
  const perSecond = hurried ? objective.perSecond : 0
  const outputTokens = writtenTokens(model, view.requirements, occasion.outputTokens)
  const costUsd = costOfTokens(model, inputTokens, outputTokens, cachedTokens)
  const callMs = live.latencyMs ?? assumedMs(occasion.outputTokens)
  const wait = waitOf(live, view.request.lane, callMs)
  const careful = Math.max(0, value - objective.caution * uncertainty)
  const risk = riskOfMissing(wait, callMs, occasion) * value
  one.quality = value
  one.uncertainty = uncertainty
  one.costUsd = costUsd
  one.outputTokens = outputTokens
  one.waitMs = wait.ms
  one.callMs = callMs
  one.suffices = true
  one.utility =
    careful - risk - objective.perUsd * costUsd - (perSecond * (wait.ms + callMs)) / 1_000
}

function compare(
  judged: readonly Judged[],
  { enough, relativeCost }: Objective,
  { dearest, slowest, best }: { dearest: number; slowest: number; best: number },
): void {
  for (const one of judged) {
    const share = dearest > 0 ? one.costUsd / dearest : one.callMs / slowest
    if (enough === undefined) {
      one.utility -= relativeCost * share
    } else {
      one.suffices = one.quality >= enough * best
      if (one.suffices) one.utility += 2 - one.quality - share
    }
    one.score = one.utility
  }
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
