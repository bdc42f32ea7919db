import type { IncomingMessage } from 'node:http'
import type { Fault } from './behaviour.ts'
import { contextOverflow, type Refusal, rateLimited, unauthorized } from './refusal.ts'
import type { ModelRequest } from './request.ts'
import type { Directive } from './scripts.ts'

/** Why a call is turned away at the door, before any latency; undefined lets it in. */
export function refuseAtDoor(
  directive: Directive,
  request: ModelRequest,
  message: IncomingMessage,
  nowMs: number,
): Refusal | undefined {
  const { behaviour, model, fault } = directive
  if (behaviour.requireKey !== undefined && !holdsKey(message, behaviour.requireKey)) {
    return unauthorized()
  }
  const waitMs = model.bucket?.take(nowMs) ?? 0
  if (waitMs > 0) return rateLimited('Rate limit reached for requests.', waitMs)
  if (model.inFlight > (behaviour.maxConcurrency ?? Number.POSITIVE_INFINITY)) {
    return rateLimited('Too many concurrent requests.', 1_000)
  }
  const tokens = request.promptTokens + (request.maxTokens ?? 0)
  const window = behaviour.contextWindow ?? Number.POSITIVE_INFINITY
  if (tokens > window) return contextOverflow(tokens, window)
  return fault && doorFault(fault, request)
}

function holdsKey(message: IncomingMessage, keys: string | string[]): boolean {
  const bearer = message.headers.authorization?.replace(/^Bearer /i, '')
  const given = bearer ?? message.headers['x-api-key']
  return [keys].flat().some(key => key === given)
}

function doorFault(fault: Fault, request: ModelRequest): Refusal | undefined {
  switch (fault.kind) {
    case 'rate-limited': {
      const { retryAfterSeconds: seconds, retryAfterForm } = fault
      const waitMs = seconds === undefined ? undefined : seconds * 1_000
      return rateLimited('Rate limit reached for requests.', waitMs, retryAfterForm)
    }
    case 'unauthorized':
      return unauthorized()
    case 'payment-required':
      return {
        kind: 'payment-required',
        status: 402,
        message: 'You exceeded your current quota, please check your plan and billing details.',
      }
    case 'context-overflow':
      return contextOverflow(request.promptTokens, Math.max(1, request.promptTokens - 1))
    default:
      return undefined
  }
}

/** The error that a fault answers with after the latency; undefined for other faults. */
export function refuseAfterLatency(fault: Fault): Refusal | undefined {
  if (fault.kind === 'content-policy' && fault.form !== 'finish-reason') {
    return {
      kind: 'content-policy',
      status: 400,
      message: 'The request was blocked by the content filtering policy.',
    }
  }
  if (fault.kind !== 'status') return undefined
  const { status, body, headers } = fault
  return {
    kind: 'status',
    status,
    message: `The simulator was told to answer ${status}.`,
    headers: Object.entries(headers ?? {}).flat(),
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  }
}
