import type { Endpoint, JsonObject } from '@longhaul/contracts'
import { chatRequests } from './completions-over-chat/request.ts'
import { chatRequest } from './responses-over-chat/request.ts'
import { saidOrUntranslatable, UntranslatableError } from './untranslatable.ts'

const translations: Partial<Record<Endpoint, (body: JsonObject) => unknown>> = {
  '/v1/responses': chatRequest,
  '/v1/completions': chatRequests,
}

/** Why the body cannot be said as chat completions; undefined when it can, or need not. */
export function untranslatable(
  endpoint: Endpoint,
  body: JsonObject,
): UntranslatableError | undefined {
  const said = saidOrUntranslatable(() => translations[endpoint]?.(body))
  return said instanceof UntranslatableError ? said : undefined
}
