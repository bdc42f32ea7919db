import { isObject, type JsonObject, objectOf, objectsOf } from '@longhaul/contracts'
import { textOf } from './json-value.ts'
import { goDurationMs } from './retry-after.ts'

/** What a provider said of a failed call, whatever its dialect. */
export interface ProviderError {
  /** Its own words. */
  message: string
  /** Every machine-readable name that it gives the error, in lower case. */
  names: string[]
  /** The HTTP status that the body claims, for errors inside a 2xx answer. */
  status: number | undefined
  /** OpenRouter: the input was flagged by moderation. */
  flagged: boolean
  /** Google: `RetryInfo`. */
  retryDelayMs: number | undefined
}

/**
 * Reads an error body: OpenAI's envelope, Anthropic's, OpenRouter's (with the
 * upstream's own words in `metadata.raw`), Google's (an array of one), Azure's
 * inner errors, FastAPI's `detail`, Ollama's plain string, and text that is no
 * JSON at all.
 * @param parsed the body as JSON; undefined when it is none
 */
export function readErrorBody(parsed: unknown, text: string): ProviderError {
  const envelope = objectOf(Array.isArray(parsed) ? parsed[0] : parsed)
  const error = isObject(envelope.error) ? envelope.error : envelope
  const metadata = objectOf(error.metadata)
  return {
    message: wordsOf(envelope, error, metadata) ?? text.trim(),
    names: namesOf(envelope, error, metadata),
    status: [error.code, error.status, error.status_code].map(statusOf).find(Boolean),
    flagged: Array.isArray(metadata.reasons) || 'flagged_input' in metadata,
    retryDelayMs: retryDelayOf(error),
  }
}

function wordsOf(
  envelope: JsonObject,
  error: JsonObject,
  metadata: JsonObject,
): string | undefined {
  const own = textOf(error.message) ?? textOf(envelope.error) ?? textOf(envelope.message)
  const upstream = typeof metadata.raw === 'string' ? `${own ?? ''} ${metadata.raw}`.trim() : own
  return upstream ?? detailOf(envelope.detail)
}

/** FastAPI: a string, or one object per field at fault. */
function detailOf(detail: unknown): string | undefined {
  if (detail === undefined) return undefined
  return typeof detail === 'string' ? detail : JSON.stringify(detail)
}

function namesOf(envelope: JsonObject, error: JsonObject, metadata: JsonObject): string[] {
  const inner = objectOf(error.innererror)
  const details = objectsOf(error.details)
  return [
    error.code,
    error.type,
    error.status,
    envelope.code,
    inner.code,
    metadata.error_type,
    metadata.limit_source,
    objectOf(error.details).error_code,
    ...details.map(detail => detail.reason),
  ]
    .filter(name => typeof name === 'string')
    .map(name => name.toLowerCase())
}

function statusOf(value: unknown): number | undefined {
  const number = typeof value === 'string' ? Number(value) : value
  return typeof number === 'number' && number >= 400 && number <= 599 ? number : undefined
}

function retryDelayOf(error: JsonObject): number | undefined {
  for (const { retryDelay } of objectsOf(error.details)) {
    if (typeof retryDelay === 'string') return goDurationMs(retryDelay)
  }
  return undefined
}
