import type { Deployment, Endpoint, Price, Usage } from '@longhaul/contracts'

/** One call: the job's own body, to be sent to one deployment. */
export interface ProviderRequest {
  endpoint: Endpoint
  /** The parsed body; `model` is replaced by the deployment's name for it, all else passes through. */
  body: Record<string, unknown>
  /** W3C Trace Context, sent along. */
  traceparent?: string
}

export interface ProviderDeployment {
  /** `model/deployment`. */
  key: string
  /** The model's name in the configuration; the provider's name is `config.model ?? model`. */
  model: string
  config: Deployment
  price: Price
  /** The model's `max_output_tokens`: what a wire format that must name a bound falls back on. */
  maxOutputTokens?: number | undefined
  /** What the model serves itself; absent: whatever it is asked. */
  endpoints?: readonly Endpoint[] | undefined
}

export interface ProviderSuccess {
  ok: true
  status: number
  /** The answer as JSON text, whole. For a stream, what the chunks add up to. */
  body: string
  usage: Usage | undefined
  costUsd: number | undefined
  /** What this call was billed for, where `usage` tells of calls before it as well. */
  paid?: { usage?: Usage; costUsd?: number }
}

/**
 * Why a call did not yield an answer, classified where it was seen.
 * `detail` is the provider's own words, cut at 2,000 characters, without secrets.
 */
export type ProviderFailure = {
  ok: false
  detail: string
  /** HTTP status, when there was one. */
  status: number | undefined
  /** Tokens and cost that a failed call was billed for, when it says so. */
  usage?: Usage
  costUsd?: number
} & (
  | { kind: 'rate-limited'; retryAfterMs: number | undefined }
  | { kind: 'credentials' }
  | { kind: 'unavailable'; retryAfterMs: number | undefined }
  | { kind: 'too-long' }
  | { kind: 'refused' }
  | { kind: 'invalid' }
  | { kind: 'unusable'; body: string }
  | { kind: 'aborted' }
)

export type FailureKind = ProviderFailure['kind']
export type ProviderResult = ProviderSuccess | ProviderFailure

/** Text as it arrives; `chunk` is one server-sent `data:` payload in OpenAI's chunk format. */
export type OnChunk = (chunk: string) => void

export interface Provider {
  /**
   * Calls the deployment once; never throws for what a provider can do wrong.
   * Ends with `aborted` soon after `signal` aborts, and with `unavailable` when
   * the deployment's timeout passes.
   */
  complete(
    request: ProviderRequest,
    deployment: ProviderDeployment,
    signal: AbortSignal,
    onChunk?: OnChunk,
  ): Promise<ProviderResult>
  /** Closes connections. Safe to call twice. */
  stop(): Promise<void>
}
