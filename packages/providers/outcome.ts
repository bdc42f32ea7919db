import type { IncomingHttpHeaders } from 'node:http'
import type { Clock, Usage } from '@longhaul/contracts'
import { classify, impliedStatus } from './classify.ts'
import { presentable } from './detail.ts'
import { type ProviderError, readErrorBody } from './error-body.ts'
import type { ExchangeFailure } from './exchange.ts'
import type { JsonSchemas } from './json-schema.ts'
import { parseJson } from './json-value.ts'
import type {
  ProviderDeployment,
  ProviderFailure,
  ProviderRequest,
  ProviderResult,
} from './port.ts'
import type { Target } from './targets.ts'
import { costUsd } from './usage.ts'
import { judge } from './verdict.ts'
import { type Answer, excerpt, type Reading } from './wire-format.ts'

/** What turning an answer into a result needs to know of its call. */
export interface CallContext {
  request: ProviderRequest
  deployment: ProviderDeployment
  signal: AbortSignal
  target: Target
  clock: Clock
  schemas: JsonSchemas
}

export interface Head {
  status: number
  headers: IncomingHttpHeaders
}

/** The result of an answer whose status is not 2xx. */
export function errorResult(text: string, head: Head, context: CallContext): ProviderFailure {
  const error = readErrorBody(parseJson(text), text)
  return classified(error, head.status, head, context)
}

/** The result of a 2xx answer. */
export function readingResult(reading: Reading, head: Head, context: CallContext): ProviderResult {
  const { secrets } = context.target
  switch (reading.kind) {
    case 'answer':
      return judged(reading, head, context)
    case 'error': {
      const error = readErrorBody(reading.error, JSON.stringify(reading.error))
      const failure = classified(error, impliedStatus(error), head, context)
      return { ...failure, ...billed(reading.usage, context) }
    }
    case 'malformed':
      return unavailable(presentable(reading.detail, secrets), head.status)
  }
}

export const abortedResult: ProviderFailure = {
  ok: false,
  kind: 'aborted',
  detail: 'the call was aborted',
  status: undefined,
}

/** The result of a call that was not answered whole. */
export function exchangeFailed(failure: ExchangeFailure, { secrets }: Target): ProviderFailure {
  switch (failure.kind) {
    case 'aborted':
      return abortedResult
    case 'misconfigured': {
      // A header that cannot be sent: the key, or one of the deployment's own.
      const detail = presentable(failure.detail, secrets)
      return { ok: false, kind: 'credentials', detail, status: undefined }
    }
    case 'unavailable':
      return unavailable(presentable(failure.detail, secrets), undefined)
  }
}

/** @param status the one to classify by; the one reported is that of the head */
function classified(
  error: ProviderError,
  status: number,
  head: Head,
  { target, clock }: CallContext,
): ProviderFailure {
  const words = error.message === '' ? `status ${status} without a word` : error.message
  return {
    ok: false,
    detail: presentable(words, target.secrets),
    status: head.status,
    ...classify({ status, headers: head.headers, error }, clock.now()),
  }
}

function judged({ value, body, usage }: Answer, head: Head, context: CallContext): ProviderResult {
  const { request, target, schemas } = context
  const verdict = judge(request.endpoint, request.body, value, schemas)
  const { status } = head
  const cost = billed(usage, context)
  switch (verdict.kind) {
    case 'usable':
      return { ok: true, status, body, usage, costUsd: cost.costUsd }
    case 'unavailable':
      return {
        ...unavailable(presentable(`${verdict.detail}: ${excerpt(body)}`, target.secrets), status),
        ...cost,
      }
    default: {
      const failure = { ok: false as const, detail: presentable(verdict.detail, target.secrets) }
      return verdict.kind === 'refused'
        ? { ...failure, kind: 'refused', status, ...cost }
        : { ...failure, kind: 'unusable', body, status, ...cost }
    }
  }
}

function unavailable(detail: string, status: number | undefined): ProviderFailure {
  return { ok: false, kind: 'unavailable', detail, status, retryAfterMs: undefined }
}

function billed(
  usage: Usage | undefined,
  { deployment }: CallContext,
): { usage?: Usage; costUsd?: number } {
  return usage ? { usage, costUsd: costUsd(usage, deployment.price) } : {}
}
