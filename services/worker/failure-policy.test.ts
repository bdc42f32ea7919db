import { describe, expect, it } from '@jest/globals'
import type { ProviderFailure } from '@longhaul/providers'
import {
  backoffMs,
  type FailureContext,
  holdAfter,
  nextStep,
  type RetryOptions,
} from './failure-policy.ts'

const NOW = 1_000_000
const retry: RetryOptions = {
  max_attempts: 6,
  attempts_per_model: 3,
  base_delay: 500,
  max_delay: 60_000,
  max_lost: 10,
}
const alone: FailureContext = {
  model: 'a',
  failures: 0,
  fallbacks: [],
  otherDeployment: false,
  onRefused: 'fail',
  onUnusable: 'fail',
  deadlineAt: undefined,
  patientUntil: Number.POSITIVE_INFINITY,
  now: NOW,
  random: () => 0.5,
}
type Judged = Exclude<ProviderFailure, { kind: 'aborted' }>
const told = { detail: 'x', status: undefined }
const rateLimited = (retryAfterMs?: number): Judged => ({
  ok: false,
  kind: 'rate-limited',
  retryAfterMs,
  ...told,
})
const unavailable = (retryAfterMs?: number): Judged => ({
  ok: false,
  kind: 'unavailable',
  retryAfterMs,
  ...told,
})
const credentials: Judged = { ok: false, kind: 'credentials', ...told }
const tooLong: Judged = { ok: false, kind: 'too-long', ...told }
const refused: Judged = { ok: false, kind: 'refused', ...told }
const invalid: Judged = { ok: false, kind: 'invalid', ...told }
const unusable: Judged = { ok: false, kind: 'unusable', body: '{}', ...told }

const spare = { otherDeployment: true }
const fallback = { fallbacks: ['b'] }

describe('after a failed call', () => {
  it.each<[string, Judged, Partial<FailureContext>, object]>([
    ['429: another deployment first', rateLimited(90_000), spare, { kind: 'again', spent: false }],
    [
      '429: as long as told',
      rateLimited(90_000),
      {},
      { kind: 'later', spent: false, dueAt: NOW + 90_000 },
    ],
    [
      '429 without Retry-After: a second',
      rateLimited(),
      {},
      { kind: 'later', spent: false, dueAt: NOW + 1_000 },
    ],
    [
      '429, short, with a fallback: waits',
      rateLimited(5_000),
      fallback,
      { kind: 'later', spent: false },
    ],
    [
      '429, long, with a fallback: reroutes',
      rateLimited(90_000),
      fallback,
      {
        kind: 'reroute',
        spent: false,
        exclusion: { model: 'a', reason: 'rate-limited', until: NOW + 90_000 },
      },
    ],
    [
      '429 past the deadline, with a fallback: reroutes',
      rateLimited(5_000),
      { ...fallback, deadlineAt: NOW + 4_000 },
      { kind: 'reroute' },
    ],
    ['credentials: another deployment first', credentials, spare, { kind: 'again', spent: false }],
    ['credentials: the fallback', credentials, fallback, { kind: 'reroute', spent: true }],
    [
      'credentials, nowhere to go: at the next probe',
      credentials,
      {},
      { kind: 'later', spent: true, dueAt: NOW + 60_000 },
    ],
    [
      'credentials once too often: fails',
      credentials,
      { failures: 5 },
      { kind: 'fail', error: { code: 'attempts_exhausted' } },
    ],
    [
      'credentials, while a caller waits: fails at once',
      credentials,
      { patientUntil: NOW + 30_000 },
      { kind: 'fail', error: { code: 'provider_credentials_refused', detail: 'x' } },
    ],
    [
      'credentials, while a caller waits: the fallback',
      credentials,
      { ...fallback, patientUntil: NOW + 30_000 },
      { kind: 'reroute' },
    ],
    [
      '429 for longer than a caller waits: fails, and says when to ask again',
      rateLimited(90_000),
      { patientUntil: NOW + 30_000 },
      { kind: 'fail', error: { code: 'model_unavailable', retry_after_seconds: 60 } },
    ],
    [
      '429, the caller has waited long, but not for this: waits a short while more',
      rateLimited(1_000),
      { patientUntil: NOW - 1 },
      { kind: 'later', spent: false, dueAt: NOW + 1_000 },
    ],
    [
      '429 for longer than the caller still waits: the fallback',
      rateLimited(9_000),
      { ...fallback, patientUntil: NOW - 1 },
      { kind: 'reroute', spent: false },
    ],
    ['unavailable: another deployment first', unavailable(), spare, { kind: 'again', spent: true }],
    [
      'unavailable: backs off with full jitter',
      unavailable(),
      {},
      { kind: 'later', spent: true, dueAt: NOW + 250 },
    ],
    [
      'unavailable with Retry-After: as long as told',
      unavailable(9_000),
      {},
      { kind: 'later', dueAt: NOW + 9_000 },
    ],
    [
      'unavailable for the third time: the fallback',
      unavailable(),
      { ...fallback, failures: 2 },
      { kind: 'reroute', spent: true, exclusion: { model: 'a', reason: 'unavailable' } },
    ],
    [
      'unavailable once too often: fails',
      unavailable(),
      { ...spare, failures: 5 },
      { kind: 'fail', error: { code: 'attempts_exhausted' } },
    ],
    [
      'too long: a larger window, for good',
      tooLong,
      {},
      { kind: 'reroute', spent: false, exclusion: { model: 'a', reason: 'too-long' } },
    ],
    ['refused: fails', refused, fallback, { kind: 'fail', error: { code: 'content_refused' } }],
    [
      'refused, where the policy says so: the fallback',
      refused,
      { ...fallback, onRefused: 'fallback' },
      { kind: 'reroute' },
    ],
    ['refused, without a fallback: fails', refused, { onRefused: 'fallback' }, { kind: 'fail' }],
    ['unusable: fails', unusable, fallback, { kind: 'fail', error: { code: 'response_unusable' } }],
    [
      'unusable, where the policy says so: escalates',
      unusable,
      { ...fallback, onUnusable: 'fallback' },
      { kind: 'reroute' },
    ],
    [
      'invalid: fails at once',
      invalid,
      { ...spare, ...fallback },
      { kind: 'fail', error: { code: 'provider_rejected' } },
    ],
  ])('%s', (_name, failure, context, step) => {
    expect(nextStep(failure, { ...alone, ...context }, retry)).toMatchObject(step)
  })
})

describe('backoffMs', () => {
  it.each([
    [1, 250],
    [2, 500],
    [3, 1_000],
    [8, 30_000],
    [60, 30_000],
  ])('after %i failures, half-way through the jitter, waits %i ms', (failures, ms) =>
    expect(backoffMs(failures, retry, () => 0.5)).toBe(ms),
  )
})

describe('the deployment rests', () => {
  it.each<[string, ProviderFailure, object | undefined]>([
    ['as long as a 429 says', rateLimited(90_000), { until: NOW + 90_000 }],
    ['until the next probe after wrong credentials', credentials, { until: NOW + 60_000 }],
    ['as long as a 503 says', unavailable(7_000), { until: NOW + 7_000 }],
    ['not after a plain error: its breaker counts those', unavailable(), undefined],
    ['not after a fault of the caller', invalid, undefined],
  ])('%s', (_name, failure, hold) => {
    const held = holdAfter(failure, alone)
    if (hold) expect(held).toMatchObject(hold)
    else expect(held).toBeUndefined()
  })
})
