export { ignoredFields } from './anthropic/request.ts'
export { classify, type ErrorAnswer, type ErrorClass, impliedStatus } from './classify.ts'
export { chatOf, completionChunkOf } from './completions-over-chat/words.ts'
export { type ProviderError, readErrorBody } from './error-body.ts'
export { JsonSchemas } from './json-schema.ts'
export { untranslatable } from './over-chat.ts'
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
export { rateLimitResetMs, retryAfterMs } from './retry-after.ts'
export { UntranslatableError } from './untranslatable.ts'
export { costUsd, readUsage } from './usage.ts'
