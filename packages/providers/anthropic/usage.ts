import { isObject, type JsonObject, objectOf, type Usage } from '@longhaul/contracts'
import { tokens } from '../usage.ts'

/**
 * Anthropic counts what the cache gave and took beside `input_tokens`; here it
 * is part of the input, as everywhere else. Thinking is part of the output there as well.
 */
export function readMessagesUsage(reported: unknown): Usage | undefined {
  if (!isObject(reported)) return undefined
  const fresh = tokens(reported.input_tokens)
  const output = tokens(reported.output_tokens)
  if (fresh === undefined || output === undefined) return undefined
  const cached = tokens(reported.cache_read_input_tokens) ?? 0
  const written = tokens(reported.cache_creation_input_tokens) ?? 0
  const thinking = tokens(objectOf(reported.output_tokens_details).thinking_tokens) ?? 0
  const input = fresh + cached + written
  return {
    input_tokens: input,
    cached_input_tokens: cached,
    cache_write_tokens: written,
    output_tokens: output,
    reasoning_tokens: Math.min(output, thinking),
    total_tokens: input + output,
  }
}

/** In OpenAI's shape; what OpenAI has no name for keeps Anthropic's. */
export function completionUsage(usage: Usage, reported: unknown): JsonObject {
  const {
    input_tokens: _,
    output_tokens: __,
    output_tokens_details: ___,
    ...rest
  } = objectOf(reported)
  return {
    ...rest,
    prompt_tokens: usage.input_tokens,
    completion_tokens: usage.output_tokens,
    total_tokens: usage.total_tokens,
    prompt_tokens_details: { cached_tokens: usage.cached_input_tokens },
    completion_tokens_details: { reasoning_tokens: usage.reasoning_tokens },
  }
}
