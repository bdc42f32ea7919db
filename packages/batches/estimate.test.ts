import { describe, expect, it } from '@jest/globals'
import { newId } from '@longhaul/contracts'
import { SubmissionReader } from '@longhaul/intake'
import { createRouter } from '@longhaul/routing'
import { createReceiverPolicy } from '@longhaul/runtime'
import { loadTokenizer } from '@longhaul/tokenizer'
import { ingressConfig } from '../../test/ingress.ts'
import { BatchEstimate, SampledCost } from './estimate.ts'
import type { BatchLine } from './line-reader.ts'

const NOW = Date.UTC(2026, 7, 1, 12)
const live = { of: () => ({ latencyMs: 500, errorRate: 0, inFlight: 0, queued: 0, capacity: 8 }) }
const tokenizer = await loadTokenizer()
const reader = new SubmissionReader({
  config: ingressConfig,
  receiverPolicy: createReceiverPolicy([]),
  live,
})

function openEstimate(): BatchEstimate {
  return new BatchEstimate({
    config: ingressConfig,
    router: createRouter(ingressConfig),
    live,
    tokenizer,
    tenantId: newId('tenant'),
    recentAnswers: new Map(),
    now: NOW,
    expiresAt: NOW + 86_400_000,
  })
}

/** Prompts whose length, and so their cost, comes again after so many lines. */
function lineOf(number: number, period: number): BatchLine {
  const content = 'word '.repeat(10 + 200 * (number % period))
  const body = { model: 'small', messages: [{ role: 'user', content }] }
  const submission = reader.read({ body, lane: 'bulk' }, NOW)
  return { line: number, customId: String(number), submission }
}

describe('the cost of a batch', () => {
  it.each([2, 3, 7, 10, 13])(
    'is told within 3 %% from a tenth of its lines, though they come in turns of %i',
    period => {
      const whole = openEstimate()
      const sampled = new SampledCost(openEstimate())
      for (let number = 1; number <= 6_000; number += 1) {
        const line = lineOf(number, period)
        whole.add(line)
        sampled.add(line)
      }
      expect(Math.abs(sampled.costUsd / whole.costUsd - 1)).toBeLessThan(0.03)
    },
  )

  it.each([0, 1, 999, 1_000, 1_003])('of few lines, %i, is that of all', lines => {
    const whole = openEstimate()
    const sampled = new SampledCost(openEstimate())
    for (let number = 1; number <= lines; number += 1) {
      const line = lineOf(number, 1)
      whole.add(line)
      sampled.add(line)
    }
    expect(sampled.costUsd).toBeCloseTo(whole.costUsd, 9)
  })
})
