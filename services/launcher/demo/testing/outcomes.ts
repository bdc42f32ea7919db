import {
  type Config,
  type DecisionRecord,
  modelSchema,
  newId,
  type Usage,
} from '@longhaul/contracts'
import type { JobWithDecision } from '../client.ts'
import type { Outcome } from '../report.ts'

export const models: Config['models'] = {
  small: model({ input: 0.1, output: 0.4 }, 0.4),
  seeing: model({ input: 1, output: 3 }, 0.6),
  large: model({ input: 3, output: 15 }, 0.9),
  undeclared: model({ input: 9, output: 90 }, undefined),
}

function model(price: { input: number; output: number }, quality: number | undefined) {
  return modelSchema.parse({
    context_window: 100_000,
    price,
    quality,
    deployments: { main: { provider: 'openai-compatible', base_url: 'http://127.0.0.1:1/v1' } },
  })
}

export function usage(input: number, output: number): Usage {
  return {
    input_tokens: input,
    cached_input_tokens: 0,
    cache_write_tokens: 0,
    output_tokens: output,
    reasoning_tokens: 0,
    total_tokens: input + output,
  }
}

const CREATED_AT = Date.UTC(2026, 0, 1)

/** A job that succeeded, unless told otherwise. */
export function finished({
  waitS = 1,
  runS = 1,
  ...job
}: Partial<JobWithDecision> & { waitS?: number; runS?: number }): Outcome {
  const id = newId('job')
  const self = `/v1/jobs/${id}`
  return {
    prompt: { id: 'math-01', domain: 'math', body: { messages: [] } },
    job: {
      id,
      object: 'job',
      status: 'succeeded',
      endpoint: '/v1/chat/completions',
      lane: 'standard',
      policy: 'auto',
      model: 'small',
      attempts: 1,
      created_at: new Date(CREATED_AT).toISOString(),
      started_at: new Date(CREATED_AT + waitS * 1_000).toISOString(),
      finished_at: new Date(CREATED_AT + (waitS + runS) * 1_000).toISOString(),
      not_before: null,
      deadline: null,
      eta: null,
      waiting: null,
      result: null,
      error: null,
      usage: usage(1, 1),
      cost_usd: 0,
      metadata: null,
      webhook: null,
      links: { self, cancel: `${self}/cancel`, events: `${self}/events` },
      decision: decided(['small', 'large']),
      ...job,
    },
  }
}

/** The first of the candidates was chosen. */
export function decided(
  candidates: string[],
  filtered: DecisionRecord['filtered'] = [],
): DecisionRecord {
  return {
    number: 1,
    decided_at: '2026-01-01T00:00:00.000Z',
    policy: 'auto',
    strategy: 'rules',
    model: candidates[0] ?? null,
    fallbacks: candidates.slice(1),
    reason: 'rule 1 (content) matches',
    candidates: candidates.map((model, index) => ({
      model,
      score: candidates.length - index,
      estimated_cost_usd: 0.001,
      estimated_latency_ms: undefined,
    })),
    filtered,
    estimates: { input_tokens: 10, output_tokens: 20, cost_usd: 0.001 },
    propensity: 1,
  }
}
