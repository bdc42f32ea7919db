import { describe, expect, it } from '@jest/globals'
import type { Receipts } from './receiver.ts'
import type { Outcome } from './report.ts'
import { finished } from './testing/outcomes.ts'
import { judgeRun, type RunFacts } from './verdict.ts'

function told(outcomes: readonly Outcome[]): Receipts {
  const byJob = new Map(outcomes.map(({ job }) => [job.id, new Set([`evt_${job.id}`])]))
  const eventIds = new Set([...byJob.values()].flatMap(ids => [...ids]))
  return { deliveries: outcomes.length, rejected: 0, eventIds, byJob }
}

function judge(outcomes: readonly Outcome[], facts: Partial<RunFacts> = {}) {
  return judgeRun({
    outcomes,
    receipts: told(outcomes),
    polled: 6,
    seconds: 12.34,
    kind: 'simulator',
    ...facts,
  })
}

const succeeded = (count: number) => Array.from({ length: count }, () => finished({}))
const failed = (count: number) =>
  Array.from({ length: count }, () => finished({ status: 'failed' }))

describe('the verdict', () => {
  it('is good when every job succeeded and was told once', () => {
    const { ok, text } = judge(succeeded(3))
    expect(ok).toBe(true)
    expect(text).toBe(
      '3 of 3 jobs succeeded in 12.3 s.\n' +
        '3 webhooks received, 3 verified, 3 distinct webhook-ids.\n' +
        '6 jobs polled with ?wait=60 until they had ended.',
    )
  })

  it('stays good when a delivery came twice', () => {
    const outcomes = succeeded(2)
    expect(judge(outcomes, { receipts: { ...told(outcomes), deliveries: 3 } }).ok).toBe(true)
  })

  it.each([
    ['simulator', 99, 1, false],
    ['providers', 95, 5, true],
    ['providers', 94, 6, false],
    ['file', 95, 5, true],
  ] as const)('with models of the %s, %i succeeded and %i failed: %s', (kind, good, bad, ok) => {
    expect(judge([...succeeded(good), ...failed(bad)], { kind }).ok).toBe(ok)
  })

  it('names jobs that have not ended', () => {
    const running = finished({ status: 'running' })
    const { ok, text } = judge([...succeeded(99), running], { kind: 'providers' })
    expect(ok).toBe(false)
    expect(text).toContain(`FAULT: 1 jobs have not ended: ${running.job.id}`)
  })

  it('names jobs without a webhook', () => {
    const outcomes = succeeded(2)
    const { ok, text } = judge(outcomes, { receipts: told(outcomes.slice(1)) })
    expect(ok).toBe(false)
    expect(text).toContain(`FAULT: 1 jobs without exactly one webhook-id: ${outcomes[0]?.job.id}`)
  })

  it('is bad when an event changed its id', () => {
    const outcomes = succeeded(1)
    const byJob = new Map(outcomes.map(({ job }) => [job.id, new Set(['evt_1', 'evt_2'])]))
    const receipts = { ...told(outcomes), byJob, eventIds: new Set(['evt_1', 'evt_2']) }
    expect(judge(outcomes, { receipts }).ok).toBe(false)
  })

  it('is bad when a signature did not hold', () => {
    const outcomes = succeeded(1)
    const { ok, text } = judge(outcomes, { receipts: { ...told(outcomes), rejected: 1 } })
    expect(ok).toBe(false)
    expect(text).toContain('FAULT: 1 deliveries were not verified')
  })

  it('is bad when no long-poll worked', () => {
    expect(judge(succeeded(1), { polled: 0 }).ok).toBe(false)
  })
})
