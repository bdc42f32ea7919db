export type { DecideOptions, Decision, Holdings, RoutingFailure } from './decide.ts'
export { type Held, type HolderState, PolicyHolder } from './holding/policy-holder.ts'
export type { DaySums, Days } from './holding/spending.ts'
export type { Usage } from './holding/usage.ts'
export type { LiveView, ModelLive } from './live-view.ts'
export type { Prediction } from './queue/prediction.ts'
export { nothingAccepted, QueueWatch } from './queue/queue-watch.ts'
export { readContent, structuresOf } from './request-text.ts'
export { type Requested, resolveRequested } from './requested.ts'
export {
  answersOf,
  estimateInputTokens,
  LONGEST_ASSUMED_ANSWER,
  type Requirements,
  requestedOutput,
} from './requirements.ts'
export { createRouter, type Router } from './router.ts'
export { type EmbeddedRoute, type Nearness, nearnessOf, unitVector } from './semantics/nearness.ts'
export type { SemanticQuestion } from './semantics/question.ts'
export type {
  Contender,
  Ranked,
  Ranking,
  RequestView,
  Strategy,
  StrategyFactory,
  StrategyInput,
} from './strategies/strategy.ts'
export { jsonTokens, textTokens } from './tokens.ts'
