import type { Answer } from '../answer.ts'
import type { Refusal } from '../refusal.ts'
import type { CountTokens, JsonObject, ModelRequest } from '../request.ts'

/** The text of a stream: what comes first, around each piece of the answer, and last. */
export interface StreamFrames {
  head: string
  piece: (piece: string) => string
  tail: () => string
}

/** How one endpoint reads requests and words its answers. */
export interface WireFormat {
  read(body: JsonObject, count: CountTokens): ModelRequest
  /** The JSON value of a whole answer. */
  whole(answer: Answer, request: ModelRequest): unknown
  /** Undefined where the endpoint does not stream. */
  stream?(answer: Answer, request: ModelRequest): StreamFrames
  /** The JSON value of an error answer. */
  error(refusal: Refusal, requestId: string): unknown
  /** An error that comes after part of a stream. */
  streamError(refusal: Refusal, requestId: string): string
  /** Header that carries the request's id. */
  requestIdHeader: string
}
