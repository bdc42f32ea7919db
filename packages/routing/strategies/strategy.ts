import type {
  Model,
  Policy,
  PromptView,
  RouteNearness,
  RoutingRequest,
  StrategyName,
} from '@longhaul/contracts'
import type { Conversation } from '../features/conversation.ts'
import type { Held } from '../holding/policy-holder.ts'
import type { Usage } from '../holding/usage.ts'
import type { ModelLive } from '../live-view.ts'
import type { Requirements } from '../requirements.ts'
import type { Nearness } from '../semantics/nearness.ts'
import type { PromptReading } from './prompt-reading.ts'

/**
 * A model that meets every hard limit, with what strategies weigh. It holds
 * until the next decision of the router, which fills it anew: objects for every
 * model and decision would drive more out of the caches than they hold.
 */
export interface Contender {
  name: string
  model: Model
  /** Breaks ties: lower first. */
  tieRank: number
  /** Of this request on this model, cached input considered. */
  costUsd: number
  /** Input tokens that it reads from its cache. */
  cachedTokens: number
  live: ModelLive
  /** False while the breakers of all its deployments are open: it comes after all that are available. */
  available: boolean
}

/** The request as strategies see it. */
export interface RequestView {
  request: RoutingRequest
  requirements: Requirements
  /** The bounded text of the request; joined at the first call, so call it only if it matters. */
  text(): string
  /** Its turns; walked through at the first call. */
  conversation(): Conversation
  /** The prompt as the predictor sees it; read at the first call, which takes tens of microseconds. */
  reading(): PromptReading
  /** How near it is to the routes of its policy; undefined when nobody asked before the decision. */
  nearness: Nearness | undefined
}

export interface StrategyInput {
  /** At least one, in the order of the catalogue. */
  contenders: readonly Contender[]
  view: RequestView
  /** Epoch milliseconds. */
  now: number
  /** Uniform, in [0, 1). */
  random: () => number
  /** The share or the budget that the policy holds. */
  held?: Held | undefined
}

export interface Ranked {
  contender: Contender
  /** Higher is better; what it means is the strategy's. */
  score: number
  /** Of strategies that predict. */
  estimate?: Estimate
}

/** What a strategy expects of a model. */
export interface Estimate {
  /** 0 to 1. */
  quality: number
  /** Standard deviation. */
  uncertainty: number
  costUsd: number
  /** All answers together. */
  outputTokens: number
  waitMs: number
}

export interface Ranking {
  /** Every contender once: the choice, then fallbacks, best first; the available before the others. */
  ranked: readonly Ranked[]
  /** One readable clause for the choice: `cheapest of 3 models that qualify: …`. */
  reason: string
  /** With what probability this choice was made, in (0, 1]. */
  propensity: number
  /** Of strategies that read the prompt. */
  prompt?: PromptView
  /** Of `semantic`: nearest first. */
  nearest?: readonly RouteNearness[]
  /** Of policies that hold something: what this choice takes of it. */
  usage?: Usage
}

/** Must be fast and must not throw: it runs for every job. */
export type Strategy = (input: StrategyInput) => Ranking

/**
 * Makes the strategy of one policy. State that it needs (turns, counts) lives
 * in its closure; `build` gives another strategy for the same policy.
 */
export type StrategyFactory = (policy: Policy, build: (name: StrategyName) => Strategy) => Strategy
