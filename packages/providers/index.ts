export { ignoredFields } from './anthropic/request.ts'
export { classify, type ErrorAnswer, type ErrorClass, impliedStatus } from './classify.ts'
export { type ProviderError, readErrorBody } from './error-body.ts'
export type {
  FailureKind,
  OnChunk,
  Provider,
  ProviderDeployment,
  ProviderFailure,
  ProviderRequest,
  ProviderResult,
  ProviderSuccess,
} from './port.ts'
export { openProviders, type ProviderDependencies, type ProviderOptions } from './providers.ts'
export { itemEvents } from './responses-over-chat/item-events.ts'
export { untranslatable } from './responses-over-chat/request.ts'
export { UntranslatableResponseError } from './responses-over-chat/untranslatable.ts'
export { rateLimitResetMs, retryAfterMs } from './retry-after.ts'
export { costUsd, readUsage } from './usage.ts'
