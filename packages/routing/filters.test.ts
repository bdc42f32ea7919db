import { describe, expect, it } from '@jest/globals'
import type { RoutingRequest } from '@longhaul/contracts'
import {
  catalogOf,
  chat,
  decideOnce,
  liveOf,
  NOW,
  reasonsOf,
  requestOf,
} from './testing/fixtures.ts'

/** `able` passes everything; `limited` differs in what the case is about. */
const able = {
  context_window: 1_000_000,
  max_output_tokens: 100_000,
  capabilities: ['tools', 'json', 'vision', 'audio'] as ('tools' | 'json' | 'vision' | 'audio')[],
  endpoints: ['/v1/chat/completions' as const, '/v1/responses' as const],
}
const twentyThousandWords = 'word '.repeat(20_000)

describe('a model is filtered', () => {
  it.each([
    [
      'context-window',
      'when the prompt is longer than its window',
      { ...able, context_window: 8_000 },
      chat(twentyThousandWords),
      /^needs \d\d,\d\d\d tokens, the window is 8,000$/,
    ],
    [
      'context-window',
      'when prompt and requested answer together are longer than its window',
      { ...able, context_window: 8_000 },
      chat('Hi', { max_tokens: 7_999 }),
      'needs 8,005 tokens, the window is 8,000',
    ],
    [
      'context-window',
      'when the prompt may be longer than its window',
      { ...able, context_window: 21_000 },
      chat(twentyThousandWords.slice(0, 97_000), { max_tokens: 1 }),
      /with a margin$/,
    ],
    [
      'output-limit',
      'when it writes less than requested',
      { ...able, max_output_tokens: 4_096 },
      chat('Hi', { max_completion_tokens: 8_192 }),
      'asks for 8,192 output tokens, the model writes at most 4,096',
    ],
    [
      'modality',
      'when it cannot see',
      { ...able, capabilities: ['audio'] as const },
      chat([{ type: 'image_url', image_url: { url: 'https://example.com/cat.png' } }]),
      'the request has images or documents, the model takes none',
    ],
    [
      'modality',
      'when it cannot hear',
      { ...able, capabilities: ['vision'] as const },
      chat([{ type: 'input_audio', input_audio: { data: '', format: 'wav' } }]),
      'the request has audio, the model takes none',
    ],
    [
      'tools',
      'when it calls no tools',
      { ...able, capabilities: ['json'] as const },
      chat('Hi', { tools: [{ type: 'function' }] }),
      'the request brings tools, the model calls none',
    ],
    [
      'json',
      'when it has no JSON mode',
      { ...able, capabilities: ['tools'] as const },
      chat('Hi', { response_format: { type: 'json_schema' } }),
      'the request wants JSON, the model has no JSON mode',
    ],
    [
      'endpoint',
      'when it does not serve the endpoint',
      { ...able, endpoints: ['/v1/chat/completions'] as const },
      requestOf({
        endpoint: '/v1/responses',
        body: { input: 'Hi' },
        constraints: { native: true },
      }),
      'does not serve /v1/responses, and this request cannot be said as a chat completion',
    ],
  ] as const)('for %s %s', (reason, _when, limited, request, detail) => {
    const model = { ...limited, ...copied(limited) }
    const { record } = decideOnce(catalogOf({ limited: model, able }), request as RoutingRequest)
    expect(record.model).toBe('able')
    expect(record.filtered).toEqual([
      {
        model: 'limited',
        reason,
        detail: typeof detail === 'string' ? detail : expect.stringMatching(detail),
      },
    ])
  })

  it.each([
    ['`n` above 1', { n: 2 }],
    ['`logprobs`', { logprobs: true }],
    ['`functions`', { functions: [{ name: 'weather' }] }],
    ['`functions`', { function_call: 'auto' }],
  ])('for parameters when its provider has no word for %s', (field, asked) => {
    const catalog = catalogOf({ limited: able, able })
    for (const deployment of Object.values(catalog.models.limited?.deployments ?? {})) {
      deployment.provider = 'anthropic'
    }
    const { record } = decideOnce(catalog, chat('Hi', asked))
    expect(record.filtered).toEqual([
      {
        model: 'limited',
        reason: 'parameters',
        detail: `Anthropic's Messages, which it speaks, know no ${field}`,
      },
    ])
    expect(decideOnce(catalog, chat('Hi', { n: 1, logprobs: false })).record.filtered).toEqual([])
  })

  it('when the policy does not allow it', () => {
    const catalog = catalogOf({ a: {}, b: {} }, { only: { strategy: 'cheapest', models: ['b'] } })
    const { record } = decideOnce(catalog, requestOf(), liveOf(), { policy: 'only' })
    expect(record.model).toBe('b')
    expect(reasonsOf(record)).toEqual({ a: 'not-allowed' })
  })

  it('when its output price is above the policy’s', () => {
    const catalog = catalogOf(
      { dear: { price: { input: 1, output: 15 } }, cheap: { price: { input: 1, output: 10 } } },
      { thrifty: { strategy: 'cheapest', max_price: 10 } },
    )
    const { record } = decideOnce(catalog, requestOf(), liveOf(), { policy: 'thrifty' })
    expect(record.model).toBe('cheap')
    expect(record.filtered[0]?.detail).toBe(
      'output costs $15 per million tokens, the policy allows $10',
    )
  })

  it('when the request would cost more than the policy allows', () => {
    const catalog = catalogOf(
      { dear: { price: { input: 1, output: 15 } }, cheap: { price: { input: 1, output: 1 } } },
      { thrifty: { strategy: 'cheapest', max_cost_usd: 0.01 } },
    )
    const request = chat('Hi', { max_tokens: 1_000 })
    const { record } = decideOnce(catalog, request, liveOf(), { policy: 'thrifty' })
    expect(record.model).toBe('cheap')
    expect(record.filtered[0]).toMatchObject({
      reason: 'price',
      detail: 'estimated at $0.015, the policy allows $0.01',
    })
  })
})

describe('a model that the job should not go to again', () => {
  const catalog = catalogOf({ a: {}, b: {} })

  it('is filtered for good', () => {
    const request = requestOf({ exclusions: [{ model: 'a', reason: 'refused' }] })
    const { record } = decideOnce(catalog, request)
    expect(record.model).toBe('b')
    expect(record.filtered).toEqual([
      { model: 'a', reason: 'excluded', detail: 'its provider refused the content' },
    ])
  })

  it('is filtered while the exclusion lasts', () => {
    const exclusions = [{ model: 'a', reason: 'rate-limited' as const, until: NOW + 90_000 }]
    expect(decideOnce(catalog, requestOf({ exclusions })).record.filtered).toEqual([
      { model: 'a', reason: 'excluded', detail: 'it is rate-limited, for 90 s more' },
    ])
    const later = { now: NOW + 90_000 }
    expect(decideOnce(catalog, requestOf({ exclusions }), liveOf(), later).record.model).toBe('a')
  })

  it('is kept when no other remains, the one that is out shortest', () => {
    const exclusions = [
      { model: 'a', reason: 'rate-limited' as const, until: NOW + 90_000 },
      { model: 'b', reason: 'unavailable' as const, until: NOW + 5_000 },
    ]
    const { route, record } = decideOnce(catalog, requestOf({ exclusions }))
    expect(route).toEqual({ model: 'b', fallbacks: [] })
    expect(reasonsOf(record)).toEqual({ a: 'excluded' })
    expect(record.reason).toBe(
      'the only model that qualifies; kept because no other model remains, although it failed this job, for 5 s more',
    )
  })
})

describe('a deadline', () => {
  const catalog = catalogOf({ slow: { price: { input: 0, output: 0 } }, quick: {} })
  const live = liveOf({ slow: { latencyMs: 30_000 }, quick: { latencyMs: 2_000 } })

  it('filters the model that is known to take longer', () => {
    const { record } = decideOnce(catalog, requestOf({ deadlineAt: NOW + 10_000 }), live)
    expect(record.model).toBe('quick')
    expect(record.filtered).toEqual([
      {
        model: 'slow',
        reason: 'deadline',
        detail: 'takes 30,000 ms, the deadline is in 10,000 ms',
      },
    ])
  })

  it('lets a model without a known latency try', () => {
    const request = requestOf({ deadlineAt: NOW + 10_000 })
    expect(decideOnce(catalog, request, liveOf()).record.model).toBe('slow')
  })

  it.each([[NOW + 1_000], [NOW - 1_000]])('keeps the quickest when all take longer', deadlineAt => {
    const { record } = decideOnce(catalog, requestOf({ deadlineAt }), live)
    expect(record.model).toBe('quick')
    expect(record.reason).toMatch(/kept because no other model remains, although takes 2,000 ms/)
  })
})

describe('a request that may or may not fit', () => {
  const body = { messages: [{ role: 'user', content: 'word '.repeat(900) }] }

  it('goes to the larger window', () => {
    const catalog = catalogOf({
      tight: { context_window: 1_000, price: { input: 0, output: 0 } },
      wide: {},
    })
    const { record } = decideOnce(catalog, requestOf({ body }))
    expect(record.model).toBe('wide')
    expect(reasonsOf(record)).toEqual({ tight: 'context-window' })
  })

  it('is tried where there is no larger window', () => {
    const catalog = catalogOf({
      tighter: { context_window: 950 },
      tight: { context_window: 1_000 },
    })
    const { route, record } = decideOnce(catalog, requestOf({ body }))
    expect(route?.model).toBe('tight')
    expect(record.reason).toMatch(
      /although needs 1,\d\d\d tokens, the window is 1,000, with a margin$/,
    )
  })
})

/** The tables are `as const`; catalogues want arrays that can be written. */
function copied({
  capabilities,
  endpoints,
}: {
  capabilities: readonly ('tools' | 'json' | 'vision' | 'audio')[]
  endpoints: readonly ('/v1/chat/completions' | '/v1/responses')[]
}) {
  return { capabilities: [...capabilities], endpoints: [...endpoints] }
}
