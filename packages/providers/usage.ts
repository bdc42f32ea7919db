import { isObject, type JsonObject, objectOf, type Price, type Usage } from '@longhaul/contracts'

/**
 * The usage of an answer in any of OpenAI's dialects, normalised: cached and
 * cache-written tokens are part of the input, reasoning is part of the output.
 *
 * - chat completions, embeddings: `prompt_tokens`, `completion_tokens`
 * - responses: `input_tokens`, `output_tokens`
 * - DeepSeek: `prompt_cache_hit_tokens`; Kimi: `cached_tokens`
 * - xAI, Gemini: reasoning outside `completion_tokens`; `total_tokens` gives it away
 *
 * @returns undefined when there is no usage in it
 */
export function readUsage(reported: unknown): Usage | undefined {
  if (!isObject(reported)) return undefined
  const { prompt_tokens, input_tokens, completion_tokens, output_tokens } = reported
  const input = tokens(prompt_tokens ?? input_tokens)
  if (input === undefined) return undefined
  const output = tokens(completion_tokens ?? output_tokens) ?? 0
  return normalise(reported, input, output)
}

function normalise(reported: JsonObject, reportedInput: number, reportedOutput: number): Usage {
  const cached = cachedTokens(reported)
  const written = cacheWriteTokens(reported)
  // More cached than read altogether: this provider counts them beside the input.
  const beside = cached + written > reportedInput
  const input = beside ? reportedInput + cached + written : reportedInput
  const outside = Math.max(0, (tokens(reported.total_tokens) ?? 0) - input - reportedOutput)
  const output = reportedOutput + outside
  const reasoning = Math.min(output, reasoningTokens(reported) || outside)
  return {
    input_tokens: input,
    cached_input_tokens: cached,
    cache_write_tokens: written,
    output_tokens: output,
    reasoning_tokens: reasoning,
    total_tokens: input + output,
  }
}

function cachedTokens(reported: JsonObject): number {
  const details = objectOf(reported.prompt_tokens_details ?? reported.input_tokens_details)
  return (
    tokens(details.cached_tokens) ??
    tokens(reported.prompt_cache_hit_tokens) ??
    tokens(reported.cached_tokens) ??
    tokens(reported.cache_read_input_tokens) ??
    0
  )
}

function cacheWriteTokens(reported: JsonObject): number {
  const details = objectOf(reported.prompt_tokens_details ?? reported.input_tokens_details)
  return (
    tokens(details.cache_write_tokens) ??
    tokens(details.cache_creation_tokens) ??
    tokens(reported.cache_creation_input_tokens) ??
    0
  )
}

function reasoningTokens(reported: JsonObject): number {
  const details = objectOf(reported.completion_tokens_details ?? reported.output_tokens_details)
  return tokens(details.reasoning_tokens) ?? tokens(reported.reasoning_tokens) ?? 0
}

/** Above any answer, and far below where the sum over a batch leaves a bigint. */
const MOST_TOKENS = 1e12

/** A count of tokens; undefined for what is none. */
export function tokens(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= MOST_TOKENS
    ? Math.round(value)
    : undefined
}

/** US dollars of one call, rounded to 1e-10; reasoning is billed as the output that it is. */
export function costUsd(usage: Usage, price: Price): number {
  const { input_tokens, cached_input_tokens, cache_write_tokens, output_tokens } = usage
  const fresh = Math.max(0, input_tokens - cached_input_tokens - cache_write_tokens)
  const perMillion =
    fresh * price.input +
    cached_input_tokens * (price.cached_input ?? price.input) +
    cache_write_tokens * (price.cache_write ?? price.input) +
    output_tokens * price.output
  // Divided by a power of ten at the end, so that 0.0003 is not 0.00030000000000000003.
  return Math.round(perMillion * 1e4) / 1e10
}
