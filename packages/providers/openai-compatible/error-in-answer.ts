import { isObject, type JsonObject, objectsOf } from '@longhaul/contracts'

/**
 * The body of the error inside a 2xx answer or a chunk: OpenRouter's `error`
 * (of the whole, or of a choice), a failed response's, FastAPI's and
 * Anthropic's envelopes. Undefined when there is none.
 */
export function errorIn(value: JsonObject): JsonObject | undefined {
  const { error } = value
  if (isObject(error) || (typeof error === 'string' && error !== '')) return value
  if (value.object === 'error' || value.type === 'error') return value
  return objectsOf(value.choices).find(choice => isObject(choice.error))
}
