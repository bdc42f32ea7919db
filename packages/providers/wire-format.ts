import type { Clock, Deployment, JsonObject, Usage } from '@longhaul/contracts'
import type { OnChunk, ProviderDeployment, ProviderRequest } from './port.ts'

/** One way of speaking to providers; it knows bodies, not sockets. */
export interface WireFormat {
  /** Credentials and what else every request carries; names in lower case. */
  headers(config: Deployment): Record<string, string>
  prepare(
    request: ProviderRequest,
    deployment: ProviderDeployment,
    streaming: boolean,
  ): PreparedCall | InvalidCall
  /** Reads the body of a 2xx answer that is not a stream. */
  readWhole(text: string, request: ProviderRequest, clock: Clock): Reading
  openStream(request: ProviderRequest, onChunk: OnChunk, clock: Clock): StreamReader
}

export interface PreparedCall {
  ok: true
  /** Appended to the deployment's base URL; begins with a slash. */
  path: string
  /** JSON text. */
  body: string
}

/** The request cannot be put into this format. */
export interface InvalidCall {
  ok: false
  detail: string
}

export interface Answer {
  kind: 'answer'
  /** The parsed answer, in the shape of the endpoint that the job named. */
  value: JsonObject
  /** The same as JSON text. */
  body: string
  usage: Usage | undefined
}

/** What a 2xx body turned out to be. */
export type Reading =
  | Answer
  /** An error in the clothes of a success: `error` is the body that holds it. */
  | { kind: 'error'; error: unknown; usage?: Usage | undefined }
  | { kind: 'malformed'; detail: string }

/** Takes a stream's `data:` payloads one by one. */
export interface StreamReader {
  /** True when the stream says that nothing more follows. */
  read(payload: string): boolean
  /** What the payloads add up to; after this, no more are read. */
  finish(): Reading
}

export function malformed(detail: string): Reading {
  return { kind: 'malformed', detail }
}

/** The beginning of a text, to be quoted in a detail. */
export function excerpt(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
