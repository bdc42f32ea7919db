import type { Endpoint } from '@longhaul/contracts'
import { beyondMessages } from './beyond-messages.ts'
import { type RequestContent, readContent } from './request-text.ts'
import { textTokens } from './tokens.ts'

/** What a request asks of a model. */
export interface Requirements {
  endpoint: Endpoint
  content: RequestContent
  /** Estimated, of the whole request: what is paid for. */
  inputTokens: number
  /** Estimated, of what must fit into the window at once: of inputs that stand for themselves the longest. */
  windowInputTokens: number
  /** What the body allows each answer to have; undefined when it says nothing. */
  requestedOutputTokens: number | undefined
  /** Requested or assumed, of one answer; 0 for embeddings. */
  answerTokens: number
  /** How many answers are asked for: `n`. */
  answers: number
  vision: boolean
  audio: boolean
  tools: boolean
  json: boolean
  /** What Anthropic's Messages have no word for. */
  beyondMessages: string | undefined
}

/**
 * The share that real token counts stay below: on the texts that the estimate
 * was fitted to, 99 in 100 have at most 1.2 times as many o200k tokens.
 */
export const WINDOW_MARGIN = 1.2

/** A request that does not bound its answer is taken to get a quarter of its length, within these. */
const SHORTEST_ASSUMED_ANSWER = 256
export const LONGEST_ASSUMED_ANSWER = 1_024
/** Legacy completions that do not say. */
const LEGACY_ANSWER = 16
/** Bounds what a body may claim, so that sums stay exact. */
const MOST_TOKENS = 1e9
const MOST_ANSWERS = 128

/** Never throws, whatever the body holds. */
export function requirementsOf(endpoint: Endpoint, body: Record<string, unknown>): Requirements {
  const content = readContent(endpoint, body)
  let ofTexts = 0
  let longest = content.longestTokenInput
  for (const text of content.texts) {
    const tokens = textTokens(text)
    ofTexts += tokens
    if (tokens > longest) longest = tokens
  }
  const inputTokens = Math.ceil(ofTexts + content.otherTokens)
  const embeds = endpoint === '/v1/embeddings'
  const requested = embeds ? undefined : requestedOutput(endpoint, body)
  const answerTokens = embeds ? 0 : (requested ?? assumedAnswer(inputTokens))
  // Each input stands for itself.
  const apart = embeds || endpoint === '/v1/completions'
  return {
    endpoint,
    content,
    inputTokens,
    windowInputTokens: apart ? Math.ceil(longest) : inputTokens,
    requestedOutputTokens: requested,
    answerTokens,
    answers: answersOf(endpoint, body),
    vision: content.vision,
    audio: content.audio,
    tools: isFilled(body.tools) || isFilled(body.functions),
    json: asksForJson(body.response_format) || asksForJson(formatOf(body.text)),
    beyondMessages: beyondMessages(endpoint, body, answersOf(endpoint, body)),
  }
}

/**
 * Estimated input tokens of a body, for prices and limits: text by script,
 * tools and schemas as JSON, images, audio and documents by flat figures.
 */
export function estimateInputTokens(endpoint: Endpoint, body: Record<string, unknown>): number {
  return requirementsOf(endpoint, body).inputTokens
}

function assumedAnswer(inputTokens: number): number {
  const quarter = Math.ceil(inputTokens / 4)
  return Math.min(LONGEST_ASSUMED_ANSWER, Math.max(SHORTEST_ASSUMED_ANSWER, quarter))
}

/** How many answers are asked for: `n`, to each text. */
export function answersOf(endpoint: Endpoint, { n, prompt }: Record<string, unknown>): number {
  const each = positive(n) ?? 1
  const texts = endpoint === '/v1/completions' && Array.isArray(prompt) ? prompt.length : 1
  const isOneOfTokens = Array.isArray(prompt) && typeof prompt[0] === 'number'
  return Math.min(each, MOST_ANSWERS) * (isOneOfTokens ? 1 : texts)
}

/** What the body allows each answer to have; undefined when nothing bounds it. */
export function requestedOutput(
  endpoint: Endpoint,
  body: Record<string, unknown>,
): number | undefined {
  return (
    positive(body.max_completion_tokens) ??
    positive(body.max_tokens) ??
    positive(body.max_output_tokens) ??
    (endpoint === '/v1/completions' ? LEGACY_ANSWER : undefined)
  )
}

function positive(value: unknown): number | undefined {
  if (typeof value !== 'number' || !(value > 0)) return undefined
  return Math.min(Math.ceil(value), MOST_TOKENS)
}

function isFilled(list: unknown): boolean {
  return Array.isArray(list) && list.length > 0
}

function formatOf(text: unknown): unknown {
  return typeof text === 'object' && text !== null && 'format' in text ? text.format : undefined
}

function asksForJson(format: unknown): boolean {
  if (typeof format !== 'object' || format === null || !('type' in format)) return false
  return format.type === 'json_object' || format.type === 'json_schema'
}
