import { describe, expect, it } from '@jest/globals'
import { newId } from '@longhaul/contracts'
import type { DueEvent } from '@longhaul/store'
import type { Answer } from './receiver-client.ts'
import { MAX_ATTEMPTS } from './retry-schedule.ts'
import { verdictOn } from './verdict.ts'

const now = Date.UTC(2026, 10, 24)
const event: DueEvent = {
  id: newId('event'),
  tenantId: newId('tenant'),
  subjectId: newId('job'),
  type: 'job.failed',
  status: 'failed',
  url: 'https://example.com/hooks',
  createdAt: now,
  attempts: 0,
  scheduleAttempts: 0,
  metadata: null,
}
const last = { ...event, attempts: MAX_ATTEMPTS - 1, scheduleAttempts: MAX_ATTEMPTS - 1 }

const answered = (status: number, retryAfterMs?: number): Answer => ({
  kind: 'answered',
  status,
  retryAfterMs,
})
const judge = (answer: Answer, about = event) =>
  verdictOn(answer, about, { now, random: () => 0.5 })

describe('verdictOn', () => {
  it.each([200, 201, 202, 204, 299])('%i: delivered', httpStatus => {
    expect(judge(answered(httpStatus))).toEqual({
      outcome: 'delivered',
      settlement: { event, outcome: { kind: 'delivered', httpStatus } },
    })
  })

  it.each([199, 300, 301, 302, 307, 308, 400, 401, 404, 500, 503])('%i: a failure', httpStatus => {
    expect(judge(answered(httpStatus))).toMatchObject({
      outcome: 'failed',
      settlement: { outcome: { kind: 'retry', dueAt: now + 5_000, httpStatus } },
    })
    expect(judge(answered(httpStatus)).settlement.throttledUntil).toBeUndefined()
  })

  it('410: given up, and the receiver is disabled', () => {
    expect(judge(answered(410))).toMatchObject({
      outcome: 'given-up',
      settlement: { outcome: { kind: 'failed', httpStatus: 410 }, disable: 'HTTP 410' },
    })
  })

  it.each([429, 502, 504])('%i: a failure that throttles the receiver', status => {
    expect(judge(answered(status, 7_000))).toMatchObject({
      settlement: {
        outcome: { kind: 'retry', dueAt: now + 7_000 },
        throttledUntil: now + 7_000,
      },
    })
  })

  it('no answer: a failure without a status', () => {
    expect(judge({ kind: 'unreachable', detail: 'ECONNREFUSED' }).settlement.outcome).toEqual({
      kind: 'retry',
      dueAt: now + 5_000,
      httpStatus: null,
      error: 'ECONNREFUSED',
    })
  })

  it('refused by the policy: a failure, counted apart', () => {
    expect(judge({ kind: 'refused', detail: '10.0.0.1 is not public' })).toMatchObject({
      outcome: 'refused',
      settlement: { outcome: { kind: 'retry', error: '10.0.0.1 is not public' } },
    })
  })

  it('aborted by us: no attempt at all, due again at once', () => {
    expect(judge({ kind: 'aborted' })).toEqual({
      outcome: undefined,
      settlement: { event, outcome: { kind: 'postponed', dueAt: now } },
    })
  })

  it('after the last attempt: given up', () => {
    expect(judge(answered(500), last)).toMatchObject({
      outcome: 'given-up',
      settlement: { outcome: { kind: 'failed', httpStatus: 500, error: 'HTTP 500' } },
    })
  })

  it('after a resend: the schedule counts anew', () => {
    expect(judge(answered(500), { ...last, scheduleAttempts: 0 }).settlement.outcome).toMatchObject(
      { kind: 'retry', dueAt: now + 5_000 },
    )
  })

  it('says why', () => {
    const error = (answer: Answer) => {
      const { outcome } = judge(answer).settlement
      return 'error' in outcome ? outcome.error : undefined
    }
    expect(error(answered(503))).toBe('HTTP 503')
    expect(error(answered(302))).toBe('HTTP 302: redirects are not followed')
    expect(error({ kind: 'unreachable', detail: 'x'.repeat(9_999) })).toHaveLength(500)
  })
})
