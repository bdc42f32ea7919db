import { describe, expect, it } from '@jest/globals'
import { percentile, reportOn, strongestOf } from './report.ts'
import { describeReport } from './report-text.ts'
import { decided, finished, models, usage } from './testing/outcomes.ts'

describe('percentile', () => {
  it.each([
    [[], 50, undefined],
    [[7], 95, 7],
    [[3, 1, 2], 50, 2],
    [[1, 2, 3, 4], 50, 2],
    [Array.from({ length: 100 }, (_, index) => index + 1), 95, 95],
    [[1, 2, 3], 100, 3],
  ])('of %j at %i is %s', (values, percent, expected) => {
    expect(percentile(values, percent)).toBe(expected)
  })
})

describe('the report', () => {
  it('adds up jobs, seconds, tokens and dollars by model, busiest first', () => {
    const report = reportOn(
      [
        finished({ model: 'large', waitS: 1, runS: 3, usage: usage(100, 200), cost_usd: 0.0033 }),
        finished({ model: 'small', waitS: 1, runS: 1, usage: usage(10, 20), cost_usd: 0.00001 }),
        finished({ model: 'small', waitS: 2, runS: 2, usage: usage(30, 40), cost_usd: 0.00002 }),
      ],
      models,
    )
    expect(report.models).toEqual([
      {
        model: 'small',
        jobs: 2,
        ...{ p50: 2, p95: 4, runP50: 1, runP95: 2 },
        ...{ inputTokens: 40, outputTokens: 60, costUsd: 0.00001 + 0.00002 },
      },
      {
        model: 'large',
        jobs: 1,
        ...{ p50: 4, p95: 4, runP50: 3, runP95: 3 },
        ...{ inputTokens: 100, outputTokens: 200, costUsd: 0.0033 },
      },
    ])
    expect(report.total).toMatchObject({ jobs: 3, p50: 4, inputTokens: 140, outputTokens: 260 })
  })

  it('prices the tokens of each job at the strongest model that could take it', () => {
    const { comparison } = reportOn(
      [
        finished({ model: 'small', usage: usage(1_000_000, 0), cost_usd: 0.1 }),
        finished({
          model: 'seeing',
          usage: usage(0, 1_000_000),
          cost_usd: 3,
          decision: decided(['seeing']),
        }),
      ],
      models,
    )
    expect(comparison).toEqual({
      jobs: 2,
      costUsd: 3.1,
      strongestCostUsd: 3 + 3,
      strongest: new Map([
        ['large', 1],
        ['seeing', 1],
      ]),
    })
  })

  it('compares only what has usage', () => {
    const failed = finished({ status: 'failed', usage: null, cost_usd: 0.5 })
    const { comparison, total } = reportOn([failed], models)
    expect(comparison.jobs).toBe(0)
    expect(total.costUsd).toBe(0.5)
  })

  it('lists what did not succeed, with its error', () => {
    const error = { code: 'content_refused' as const, message: 'The provider refused it.' }
    const failed = finished({ status: 'failed', error })
    const running = finished({ status: 'running', finished_at: null })
    const text = describeReport(reportOn([finished({}), failed, running], models))
    expect(text).toContain('Did not succeed (2):')
    expect(text).toContain(
      `${failed.job.id} (math-01) failed: content_refused: The provider refused it.`,
    )
    expect(text).toContain(`${running.job.id} (math-01) running: has not ended`)
  })

  it('says what was saved', () => {
    const outcome = finished({ model: 'small', usage: usage(1_000_000, 0), cost_usd: 0.1 })
    expect(describeReport(reportOn([outcome], models))).toContain(
      'Had all gone to the strongest model: $3.0000. Routed: $0.1000. Saved: $2.9000 (97 %).',
    )
  })
})

describe('the strongest model', () => {
  it.each([
    [['small', 'large', 'seeing'], 'large'],
    [['small', 'seeing'], 'seeing'],
    [['undeclared', 'small'], 'small'],
    [['gone'], undefined],
    [[], undefined],
  ])('of %j is %s', (candidates, expected) => {
    const { job } = finished({ decision: decided(candidates) })
    expect(strongestOf(job, models)?.name).toBe(expected)
  })

  it('is unknown without a decision', () => {
    expect(strongestOf(finished({ decision: null }).job, models)).toBeUndefined()
  })
})
