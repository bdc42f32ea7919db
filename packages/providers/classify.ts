import type { IncomingHttpHeaders } from 'node:http'
import type { ProviderError } from './error-body.ts'
import type { FailureKind } from './port.ts'
import { rateLimitResetMs, retryAfterMs } from './retry-after.ts'

/** An error answer: what the status, the headers and the body say together. */
export interface ErrorAnswer {
  status: number
  headers: IncomingHttpHeaders
  error: ProviderError
}

export type ErrorClass =
  | { kind: 'rate-limited' | 'unavailable'; retryAfterMs: number | undefined }
  | { kind: 'credentials' | 'too-long' | 'refused' | 'invalid' }

/**
 * The failure class of an error answer. Names that providers give their errors
 * come before the status, since a status means different things to different
 * providers; words are the last resort, for those that have no names.
 * @param now epoch milliseconds, for dates in headers
 */
export function classify(answer: ErrorAnswer, now: number): ErrorClass {
  const kind = rules.find(rule => rule.when(answer))?.kind ?? 'invalid'
  switch (kind) {
    case 'rate-limited':
      return {
        kind,
        retryAfterMs: askedWaitMs(answer, now) ?? rateLimitResetMs(answer.headers, now),
      }
    case 'unavailable':
      return { kind, retryAfterMs: askedWaitMs(answer, now) }
    default:
      return { kind }
  }
}

function askedWaitMs({ headers, error }: ErrorAnswer, now: number): number | undefined {
  return retryAfterMs(headers, now) ?? error.retryDelayMs
}

/**
 * The status of an error inside a 2xx answer or a stream: what it claims, what
 * its name means, else 502, since something broke on the way.
 */
export function impliedStatus(error: ProviderError): number {
  if (error.status !== undefined) return error.status
  for (const name of error.names) {
    const status = statusByName[name]
    if (status !== undefined) return status
  }
  return 502
}

const statusByName: Record<string, number> = {
  invalid_request_error: 400,
  invalid_request: 400,
  invalid_prompt: 400,
  invalid_argument: 400,
  badrequesterror: 400,
  unauthenticated: 401,
  permission_error: 403,
  permission_denied: 403,
  not_found_error: 404,
  rate_limit_exceeded: 429,
  rate_limit_error: 429,
  resource_exhausted: 429,
  too_many_requests: 429,
  overloaded_error: 529,
}

/** The account or its key is at fault, whatever the status: some answer 400 or 429. */
const accountNames = new Set([
  'insufficient_quota',
  'billing_hard_limit_reached',
  'billing_not_active',
  'billing_error',
  'account_deactivated',
  'enforced_spend_limit_reached',
  'authentication_error',
  'invalid_api_key',
  'api_key_invalid',
])

/** Plain 400s of Anthropic (spending), xAI and Google (wrong keys, forbidden places). */
const accountWords = new RegExp(
  [
    'credit balance is too low',
    'reached your specified (workspace )?api usage limits',
    '(incorrect|invalid) api key',
    'api key (not valid|not found|expired)',
    'user location is not supported',
  ].join('|'),
  'i',
)

const overflowNames = new Set([
  'context_length_exceeded',
  'context_window_exceeded',
  'model_context_window_exceeded',
  'exceed_context_size_error',
  'string_above_max_length',
  'request_too_large',
  'tokens_limit_reached',
])

/** One line for each dialect that has no name for it. */
const overflowWords = new RegExp(
  [
    'maximum context length', // OpenAI, vLLM, DeepSeek, Mistral, Fireworks, OpenRouter
    'maximum model length', // vLLM
    'maximum prompt length', // xAI
    'exceeds? the context (window|length)', // OpenAI's responses, Ollama
    'exceeds? (the )?(max|maximum) context', // Ollama and others
    'exceeds? context (length|limit|window|size)', // Anthropic: "input length and `max_tokens` exceed context limit"
    'context (length|window|size) (has been )?exceeded',
    'context window exceeds',
    'available context size', // llama.cpp
    'greater than the context length', // LM Studio
    '(prompt|input) (is )?too long', // Anthropic, Bedrock, Ollama
    'input token count.*exceeds', // Gemini
    'too large for model with', // Mistral
    'reduce the length of the (messages|prompt|input)', // OpenAI, Groq
    'too many tokens', // Cohere
    'max_new_tokens` must be', // TGI, Together
    'exceeded model token limit', // Kimi
  ].join('|'),
  'i',
)

/**
 * OpenAI's and Groq's answer (429 or 413) to a request above what a whole
 * minute allows: it would never pass here, however long one waits.
 */
const aboveLimitWords = /request too large for/i

const policyNames = new Set([
  'content_policy_violation',
  'content_filter',
  'content_filtered',
  'responsibleaipolicyviolation',
  'moderation_blocked',
  'moderation',
  'data_inspection_failed', // Qwen
  'datainspectionfailed',
])

const policyWords = new RegExp(
  [
    'content management policy', // Azure
    'content filtering policy', // Anthropic
    'content exists risk', // DeepSeek
    'violat\\w+ (\\S+ ){0,2}(usage|content|safety) (polic|guideline)', // OpenAI, xAI
    'safety system', // OpenAI
    'requires moderation', // OpenRouter
    'flagged (by|as|for)',
  ].join('|'),
  'i',
)

interface Rule {
  kind: Exclude<FailureKind, 'unusable' | 'aborted'>
  when(answer: ErrorAnswer): boolean
}

/** 498 is Groq's "flex tier capacity exceeded". */
const limitStatuses = new Set([429, 498])
const accountStatuses = new Set([401, 402, 403])
/** 499 is a proxy's "client closed request", which we did not. */
const passingStatuses = new Set([408, 409, 425, 499])

/**
 * The first that fits decides. 529 (Anthropic, OpenRouter: overloaded for
 * everyone, no limit of ours) is unavailable; its Retry-After is honoured.
 */
const rules: readonly Rule[] = [
  { kind: 'credentials', when: named(accountNames) },
  { kind: 'credentials', when: answer => answer.status === 400 && says(answer, accountWords) },
  { kind: 'too-long', when: named(overflowNames) },
  { kind: 'too-long', when: answer => says(answer, aboveLimitWords) },
  // Not 429: Bedrock throttles with "too many tokens, please wait".
  {
    kind: 'too-long',
    when: answer =>
      answer.status !== 429 && !accountStatuses.has(answer.status) && says(answer, overflowWords),
  },
  { kind: 'refused', when: named(policyNames) },
  { kind: 'refused', when: ({ status, error }) => status === 403 && error.flagged },
  {
    kind: 'refused',
    when: answer => (answer.status === 400 || answer.status === 403) && says(answer, policyWords),
  },
  { kind: 'rate-limited', when: ({ status }) => limitStatuses.has(status) },
  // OpenRouter's budget of calls in flight is a 402 that passes; other 402s carry no such header.
  {
    kind: 'rate-limited',
    when: ({ status, headers }) => status === 402 && 'retry-after' in headers,
  },
  { kind: 'credentials', when: ({ status }) => accountStatuses.has(status) },
  { kind: 'too-long', when: ({ status }) => status === 413 },
  {
    kind: 'unavailable',
    // A redirect is a gateway in the way: we follow none, the key would go along.
    when: ({ status }) => status >= 500 || status < 400 || passingStatuses.has(status),
  },
]

function named(names: ReadonlySet<string>): (answer: ErrorAnswer) => boolean {
  return ({ error }) => error.names.some(name => names.has(name))
}

function says({ error }: ErrorAnswer, words: RegExp): boolean {
  return words.test(error.message)
}
