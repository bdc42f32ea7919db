import type { DecisionRecord, JobView } from '@longhaul/contracts'

/** What the document shows. A test sends every request of it, and holds every answer to its schema. */

const prompt = 'Summarise in one sentence: the contract ends on 31 March unless renewed in writing.'

export const submissions = {
  smallest: {
    summary: 'A prompt; Longhaul chooses the model',
    value: { body: { messages: [{ role: 'user', content: prompt }] } },
  },
  everything: {
    summary: 'Every field',
    value: {
      endpoint: '/v1/chat/completions',
      body: {
        model: 'auto',
        messages: [
          { role: 'system', content: 'You are a careful paralegal.' },
          { role: 'user', content: prompt },
        ],
        max_tokens: 200,
      },
      lane: 'bulk',
      deadline: '24h',
      not_before: '10m',
      policy: 'auto',
      webhook: {
        url: 'https://example.com/hooks/longhaul',
        events: ['job.succeeded', 'job.failed'],
      },
      metadata: { matter: '2026-117' },
    },
  },
}

export const bulkSubmissions = {
  two: {
    summary: 'Two jobs; each is accepted or refused by itself',
    value: {
      jobs: [
        { body: { messages: [{ role: 'user', content: 'Translate into French: good morning.' }] } },
        {
          body: { messages: [{ role: 'user', content: 'Translate into French: good night.' }] },
          lane: 'bulk',
        },
      ],
    },
  },
}

const id = 'job_0198c0ffee007abc8def0123456789ab'

export const acceptedJob: JobView = {
  id,
  object: 'job',
  status: 'queued',
  endpoint: '/v1/chat/completions',
  lane: 'standard',
  policy: 'auto',
  model: null,
  attempts: 0,
  created_at: '2026-08-01T09:30:00.000Z',
  started_at: null,
  finished_at: null,
  not_before: null,
  deadline: null,
  eta: null,
  waiting: null,
  result: null,
  error: null,
  usage: null,
  cost_usd: null,
  metadata: null,
  webhook: null,
  links: {
    self: `/v1/jobs/${id}`,
    cancel: `/v1/jobs/${id}/cancel`,
    events: `/v1/jobs/${id}/events`,
  },
}

export const finishedJob: JobView = {
  ...acceptedJob,
  status: 'succeeded',
  model: 'small',
  attempts: 1,
  started_at: '2026-08-01T09:30:00.120Z',
  finished_at: '2026-08-01T09:30:01.480Z',
  result: {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_785_576_601,
    model: 'small',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'Without a written renewal, the contract ends on 31 March.',
        },
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 24, completion_tokens: 13, total_tokens: 37 },
  },
  usage: {
    input_tokens: 24,
    cached_input_tokens: 0,
    cache_write_tokens: 0,
    output_tokens: 13,
    reasoning_tokens: 0,
    total_tokens: 37,
  },
  cost_usd: 0.0000114,
}

export const cancelledJob: JobView = {
  ...acceptedJob,
  status: 'cancelled',
  finished_at: '2026-08-01T09:30:00.410Z',
  error: { code: 'job_cancelled', message: 'The job was cancelled.' },
}

export const decision: { object: 'decision'; error: null } & DecisionRecord = {
  object: 'decision',
  number: 1,
  decided_at: '2026-08-01T09:30:00.000Z',
  policy: 'auto',
  strategy: 'cheapest',
  model: 'small',
  fallbacks: ['large'],
  reason: 'the cheapest of 2 models that qualify',
  candidates: [
    { model: 'small', score: -0.00004, estimated_cost_usd: 0.00004, estimated_latency_ms: 900 },
    { model: 'large', score: -0.0012, estimated_cost_usd: 0.0012, estimated_latency_ms: 2_400 },
  ],
  filtered: [
    { model: 'embedder', reason: 'endpoint', detail: 'does not serve /v1/chat/completions' },
  ],
  estimates: { input_tokens: 24, output_tokens: 200, cost_usd: 0.00004 },
  propensity: 1,
  error: null,
}

export const model = {
  id: 'small',
  object: 'model',
  created: 1_785_576_000,
  owned_by: 'longhaul',
  longhaul: {
    context_window: 128_000,
    max_output_tokens: 16_384,
    capabilities: ['tools', 'json'],
    price: { input: 0.15, output: 0.6 },
    endpoints: ['/v1/chat/completions'],
    deployments: [
      {
        name: 'main',
        state: 'closed',
        open_until: null,
        in_flight: 3,
        latency_ms: 912.4,
        error_rate: 0,
      },
    ],
  },
}

export const events = [
  'event: job.status',
  'id: 1',
  `data: {"id":"${id}","status":"queued","at":"2026-08-01T09:30:00.000Z"}`,
  '',
  'event: job.status',
  'id: 2',
  `data: {"id":"${id}","status":"running","at":"2026-08-01T09:30:00.120Z"}`,
  '',
  'event: job.status',
  'id: 3',
  `data: {"id":"${id}","status":"succeeded","at":"2026-08-01T09:30:01.480Z","job":{…}}`,
  '',
  '',
].join('\n')
