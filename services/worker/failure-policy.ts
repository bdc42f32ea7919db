import {
  type AttemptOutcome,
  type Config,
  type Exclusion,
  type JobError,
  outlastsPatience,
  outOfOrder,
  unreachable,
} from '@longhaul/contracts'
import { CREDENTIALS_REFUSED } from '@longhaul/coordination'
import type { FailureKind, ProviderFailure } from '@longhaul/providers'

export type RetryOptions = Config['retry']

/** What is known when a call has failed. */
export interface FailureContext {
  model: string
  /** Failed calls that counted before this one, over all models. */
  failures: number
  /** Models that the decision names after this one. */
  fallbacks: string[]
  /** Another deployment of the model could take a call now. */
  otherDeployment: boolean
  onRefused: 'fail' | 'fallback'
  onUnusable: 'fail' | 'fallback'
  /** Epoch milliseconds. */
  deadlineAt: number | undefined
  /** How long it may wait for its model; epoch milliseconds. */
  patientUntil: number
  now: number
  random: () => number
}

/** What becomes of the job. `spent`: the call counts toward `max_attempts`. */
export type NextStep =
  | { kind: 'fail'; error: JobError }
  /** Call another deployment of the same model at once. */
  | { kind: 'again'; spent: boolean }
  /** The same model, not before `dueAt`. */
  | { kind: 'later'; spent: boolean; dueAt: number }
  /** Back to the router without this model, the decision's fallbacks first. */
  | { kind: 'reroute'; spent: boolean; exclusion: Exclusion }

/** What the deployment is told, beside its breaker. */
export interface Hold {
  until: number
  reason: string
}

/** Rate-limited without a Retry-After: how long the deployment rests. */
const DEFAULT_REST_MS = 1_000
/** After wrong credentials: until the next probe. */
const CREDENTIALS_PROBE_MS = 60_000
/** A wait longer than this is worth another model, where the decision has one. */
const PATIENCE_MS = 30_000

/**
 * The design's table of failure classes. Decides what follows a failed call;
 * pure, so that every row of the table is a test.
 */
export function nextStep(
  failure: Exclude<ProviderFailure, { kind: 'aborted' }>,
  context: FailureContext,
  retry: RetryOptions,
): NextStep {
  switch (failure.kind) {
    case 'rate-limited':
      return afterRateLimit(failure, context)
    case 'credentials':
      return afterCredentials(failure, context, retry)
    case 'unavailable':
      return afterUnavailable(failure, context, retry)
    case 'too-long':
      return { kind: 'reroute', spent: false, exclusion: exclude(context, 'too-long') }
    case 'refused':
      return context.onRefused === 'fallback' && context.fallbacks.length > 0
        ? { kind: 'reroute', spent: true, exclusion: exclude(context, 'refused') }
        : fail('content_refused', 'The provider refused the content by its policy.', failure)
    case 'unusable':
      return context.onUnusable === 'fallback' && context.fallbacks.length > 0
        ? { kind: 'reroute', spent: true, exclusion: exclude(context, 'unusable') }
        : fail('response_unusable', 'The answer does not meet the requested JSON schema.', failure)
    case 'invalid':
      return fail('provider_rejected', 'The provider refused the request as invalid.', failure)
    default:
      return unreachable(failure)
  }
}

/** How long the deployment is left alone after this failure; undefined: its breaker decides. */
export function holdAfter(
  failure: ProviderFailure,
  context: Pick<FailureContext, 'now' | 'random'>,
): Hold | undefined {
  switch (failure.kind) {
    case 'rate-limited':
      return { until: restUntil(failure.retryAfterMs, context), reason: 'rate-limited' }
    case 'credentials':
      return { until: context.now + CREDENTIALS_PROBE_MS, reason: CREDENTIALS_REFUSED }
    case 'unavailable':
      return failure.retryAfterMs === undefined
        ? undefined
        : { until: context.now + failure.retryAfterMs, reason: 'asked to wait' }
    default:
      return undefined
  }
}

export function outcomeOf(kind: FailureKind): AttemptOutcome {
  return kind === 'aborted' ? 'cancelled' : kind
}

/**
 * Full jitter under `base_delay × 2^(failures − 1)`, capped at `max_delay`
 * ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 * @param failures failed calls so far, 1 after the first
 */
export function backoffMs(failures: number, retry: RetryOptions, random: () => number): number {
  return random() * Math.min(retry.max_delay, retry.base_delay * 2 ** (failures - 1))
}

function afterRateLimit(
  failure: Extract<ProviderFailure, { kind: 'rate-limited' }>,
  context: FailureContext,
): NextStep {
  const dueAt = restUntil(failure.retryAfterMs, context)
  if (context.otherDeployment) return { kind: 'again', spent: false }
  if (context.fallbacks.length > 0 && isTooLate(dueAt, context)) {
    return { kind: 'reroute', spent: false, exclusion: exclude(context, 'rate-limited', dueAt) }
  }
  return later(failure, context, false, dueAt)
}

function afterCredentials(
  failure: Extract<ProviderFailure, { kind: 'credentials' }>,
  context: FailureContext,
  retry: RetryOptions,
): NextStep {
  if (context.otherDeployment) return { kind: 'again', spent: false }
  if (context.failures + 1 >= retry.max_attempts) return exhausted(failure, context)
  const dueAt = context.now + CREDENTIALS_PROBE_MS
  return context.fallbacks.length > 0
    ? { kind: 'reroute', spent: true, exclusion: exclude(context, 'credentials', dueAt) }
    : later(failure, context, true, dueAt)
}

function afterUnavailable(
  failure: Extract<ProviderFailure, { kind: 'unavailable' }>,
  context: FailureContext,
  retry: RetryOptions,
): NextStep {
  const failures = context.failures + 1
  if (failures >= retry.max_attempts) return exhausted(failure, context)
  if (context.otherDeployment) return { kind: 'again', spent: true }
  const wait = Math.max(backoffMs(failures, retry, context.random), failure.retryAfterMs ?? 0)
  const dueAt = context.now + wait
  const enough = failures % retry.attempts_per_model === 0
  if (context.fallbacks.length > 0 && (enough || isTooLate(dueAt, context))) {
    const until = context.now + Math.max(wait, retry.max_delay)
    return { kind: 'reroute', spent: true, exclusion: exclude(context, 'unavailable', until) }
  }
  return later(failure, context, true, dueAt)
}

/** Not for a caller who would wait too long. */
function later(
  { kind, detail }: Extract<ProviderFailure, { kind: Exclusion['reason'] }>,
  context: FailureContext,
  spent: boolean,
  dueAt: number,
): NextStep {
  const { model, now, patientUntil, fallbacks } = context
  if (!outlastsPatience(dueAt, now, patientUntil)) return { kind: 'later', spent, dueAt }
  if (fallbacks.length > 0) {
    return { kind: 'reroute', spent, exclusion: exclude(context, kind, dueAt) }
  }
  return { kind: 'fail', error: outOfOrder(model, kind, dueAt - now, detail) }
}

/** Never earlier than told. */
function restUntil(
  retryAfterMs: number | undefined,
  context: Pick<FailureContext, 'now' | 'random'>,
): number {
  const rest = retryAfterMs ?? DEFAULT_REST_MS * (0.5 + context.random())
  return context.now + rest
}

function isTooLate(dueAt: number, context: FailureContext): boolean {
  return dueAt - context.now > PATIENCE_MS || dueAt >= (context.deadlineAt ?? Infinity)
}

function exclude(context: FailureContext, reason: Exclusion['reason'], until?: number): Exclusion {
  return until === undefined
    ? { model: context.model, reason }
    : { model: context.model, reason, until }
}

function exhausted(failure: ProviderFailure, context: FailureContext): NextStep {
  const calls = context.failures + 1
  return fail('attempts_exhausted', `The provider failed ${calls} times.`, failure)
}

function fail(code: JobError['code'], message: string, failure: ProviderFailure): NextStep {
  return { kind: 'fail', error: { code, message, detail: failure.detail } }
}
