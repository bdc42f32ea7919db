import type { Endpoint, Lane } from './job.ts'
import type { RoutingConstraints } from './job-options.ts'

/** What a router needs to know of a job, beside its parsed body. */
export interface RoutingRequest {
  endpoint: Endpoint
  /** The parsed body of the endpoint. */
  body: Record<string, unknown>
  /** Length of the body as JSON, in bytes. */
  bodyBytes: number
  lane: Lane
  tenantId: string
  metadata: Record<string, string>
  /** Epoch milliseconds. */
  deadlineAt: number | undefined
  exclusions: Exclusion[]
  /** Fallbacks left over from the decision before, best first. */
  preferred: string[]
  constraints?: RoutingConstraints | undefined
  /** The turn before in its conversation, where one is known. */
  lastTurn?: LastTurn | undefined
}

/** Which model answered the turn before, and what it has read of the conversation. */
export interface LastTurn {
  model: string
  /** As `model/deployment`. */
  deployment: string
  /** As its provider counted: read… */
  inputTokens: number
  /** …and read and written together. */
  tokens: number
  /** Epoch milliseconds at which it ended. */
  at: number
}

/** A model that this job should not go to (again). */
export interface Exclusion {
  model: string
  reason: 'too-long' | 'refused' | 'unusable' | 'unavailable' | 'rate-limited' | 'credentials'
  /** Epoch milliseconds; absent: for good. One that ends yields when no other model remains. */
  until?: number | undefined
}

/** Why a model was out of the question. */
export type FilterReason =
  | 'not-requested'
  | 'not-allowed'
  | 'endpoint'
  | 'context-window'
  | 'output-limit'
  | 'modality'
  | 'tools'
  | 'json'
  | 'parameters'
  | 'price'
  | 'deadline'
  | 'excluded'

export interface FilteredModel {
  model: string
  reason: FilterReason
  /** One readable clause: `needs 200,000 tokens, the window is 128,000`. */
  detail: string
}

export interface Candidate {
  model: string
  /** Higher is better; what it means is the strategy's. */
  score: number
  estimated_cost_usd: number
  /** Of the call itself; undefined before any call was seen, and then absent from the stored record. */
  estimated_latency_ms?: number | undefined
  /** Until a call can begin. */
  estimated_wait_ms?: number | undefined
  /** Of strategies that predict it: how likely the answer is good, 0 to 1, and the standard deviation of that. */
  quality?: number | undefined
  quality_uncertainty?: number | undefined
}

/** What a strategy that reads prompts made of this one. */
export interface PromptView {
  domain: string
  domain_probability: number
  intent: string
  language: string
  /** 0: any model does it; 1: it takes the best. */
  complexity: number
  /** 0 to 1: how much it is like the prompts that the model was trained on. */
  familiarity: number
  /** Turns of the user. */
  turns: number
  /** Tokens that the answer is likely to have. */
  output_tokens: number
  /** Features of the text that weighed most in its complexity, with their weight. */
  features: { name: string; weight: number }[]
  /** Version of the routing model. */
  model: string
}

/** A route of the strategy `semantic`, and how near a prompt is to its nearest utterance. */
export interface RouteNearness {
  route: string
  /** Cosine, -1 to 1. */
  similarity: number
}

/** What a policy holds, and what that took at the time of a decision. */
export interface HeldView {
  holds: 'target_share' | 'budget'
  /** Share of decisions, 0 to 1; or US dollars per UTC day. */
  target: number
  /** The same today so far, in all processes: dollars as recorded, and as expected of what is under way. */
  used: number
  /** What is aimed at now: a share of decisions, or US dollars for a job. Differs from the target while something is made up for. */
  allowed: number
  /** Utility that a job of these models, or a dollar, has to be worth now; below 0 the models are favoured. */
  shadow_price: number
  /** Those that the share is about. */
  models?: string[] | undefined
}

/** What became of the model of the turn before. */
export interface ConversationView {
  model: string
  /** It was chosen again. */
  kept: boolean
  /** Input tokens that it would read from its cache. */
  cached_tokens: number
  /** US dollars that this would save. */
  saving_usd: number
  /** One readable clause, when it was not kept. */
  left_because?: string | undefined
}

/** What the worker needs of it. */
export interface Route {
  model: string
  fallbacks: string[]
  /** The deployment that has the conversation in its cache, as `model/deployment`. */
  cachedAt?: string | undefined
}

/** The decision as it is stored and shown; also when no model qualified (`model: null`). */
export interface DecisionRecord {
  /** 1 for the first decision on a job. */
  number: number
  decided_at: string
  policy: string
  strategy: string
  model: string | null
  fallbacks: string[]
  /** One readable sentence. */
  reason: string
  candidates: Candidate[]
  filtered: FilteredModel[]
  /** Of this request on the chosen model, as its candidate says; where none was chosen, without a cost. */
  estimates: { input_tokens: number; output_tokens: number; cost_usd: number | null }
  /** With what probability this choice was made; 1 for deterministic strategies. */
  propensity: number
  /** Absent for strategies that do not read it. */
  prompt?: PromptView | undefined
  /** Of policies that hold a share or a budget. */
  held?: HeldView | undefined
  /** Of jobs of a conversation whose turn before is known. */
  conversation?: ConversationView | undefined
  /** Of the strategy `semantic`: the nearest routes, nearest first; absent when the prompt was not embedded. */
  nearest?: RouteNearness[] | undefined
}
