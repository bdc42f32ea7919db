import { describe, expect, it } from '@jest/globals'
import type { DecisionRecord } from '@longhaul/contracts'
import { decodeDecision, encodeDecision } from './stored-decision.ts'

const plain: DecisionRecord = {
  number: 2,
  decided_at: '2026-11-26T08:00:00.000Z',
  policy: 'auto',
  strategy: 'predictive',
  model: 'small',
  fallbacks: ['large', 'medium'],
  reason: 'of highest utility for this prompt (math, question, complexity 37%)',
  candidates: [
    {
      model: 'small',
      score: 0.612345679,
      estimated_cost_usd: 0.000_123_456,
      estimated_latency_ms: 900,
      estimated_wait_ms: 0,
      quality: 0.678,
      quality_uncertainty: 0.031,
    },
    {
      model: 'large',
      score: -0.25,
      estimated_cost_usd: 12.5,
      estimated_wait_ms: 0,
      quality: 0.9,
      quality_uncertainty: 0.031,
    },
  ],
  filtered: [
    { model: 'a', reason: 'context-window', detail: 'needs 9,000 tokens, the window is 8,192' },
    { model: 'b', reason: 'tools', detail: 'the request brings tools, the model calls none' },
    { model: 'c', reason: 'tools', detail: 'the request brings tools, the model calls none' },
    { model: 'd', reason: 'json', detail: 'the request wants JSON, the model has no JSON mode' },
  ],
  estimates: { input_tokens: 250, output_tokens: 340, cost_usd: 0.000_123_456 },
  propensity: 0.98,
  prompt: {
    domain: 'math',
    domain_probability: 0.812,
    intent: 'question',
    language: 'en',
    complexity: 0.371,
    familiarity: 0.9,
    turns: 1,
    output_tokens: 340,
    features: [
      { name: 'long-words', weight: 0.12 },
      { name: 'options', weight: -0.07 },
    ],
    model: '3f31fadd96f3',
  },
  held: { holds: 'budget', target: 5, used: 1.2, allowed: 0.001, shadow_price: 0.4 },
  conversation: { model: 'small', kept: true, cached_tokens: 2_000, saving_usd: 0.001 },
  nearest: [{ route: 'billing', similarity: 0.83 }],
}

function keptAndRead(record: DecisionRecord): DecisionRecord {
  return decodeDecision(JSON.parse(JSON.stringify(encodeDecision(record))))
}

describe('a decision that is kept', () => {
  const { prompt: _, held: __, conversation: ___, nearest: ____, ...unread } = plain
  const candidates = [
    { model: 'small', score: 1, estimated_cost_usd: 0.5 },
    { model: 'large', score: 0, estimated_cost_usd: 0.5 },
  ]

  it.each<[string, DecisionRecord]>([
    ['with all that it can have', plain],
    ['of a strategy that reads no prompt', { ...unread, candidates }],
    ['that chose no model', { ...unread, model: null, fallbacks: [], candidates: [] }],
    ['without a cost', { ...unread, estimates: { ...plain.estimates, cost_usd: null } }],
  ])('reads as it was: %s', (_, record) => {
    expect(keptAndRead(record)).toStrictEqual(record)
  })

  it('takes a third of the bytes of what is shown of it, among twenty models', () => {
    const [one] = plain.candidates
    if (!one) throw new Error('a record without candidates')
    const many = Array.from({ length: 20 }, (_, place) => ({
      ...one,
      model: `model-${place}`,
      score: one.score - place / 100,
      quality: (678 - place) / 1_000,
    }))
    const record = { ...plain, candidates: many }
    const stored = JSON.stringify(encodeDecision(record))
    expect(stored.length).toBeLessThan(JSON.stringify(record).length / 2.5)
  })

  it('is read in the form that was kept before as well', () => {
    expect(decodeDecision(JSON.parse(JSON.stringify(plain)))).toEqual(plain)
  })
})
