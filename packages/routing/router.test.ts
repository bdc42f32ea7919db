import { describe, expect, it } from '@jest/globals'
import { resolveRequested } from './requested.ts'
import { createRouter } from './router.ts'
import {
  catalogOf,
  chat,
  decideOnce,
  liveOf,
  NOW,
  optionsOf,
  reasonsOf,
  requestOf,
} from './testing/fixtures.ts'

const catalog = catalogOf(
  {
    small: { price: { input: 0.1, output: 0.4 }, quality: 0.3 },
    medium: { price: { input: 1, output: 2 }, quality: 0.6 },
    large: {
      price: { input: 5, output: 25 },
      quality: 0.9,
      endpoints: ['/v1/responses', '/v1/chat/completions'],
    },
  },
  {
    cheap: { strategy: 'cheapest' },
    even: { strategy: 'round-robin', models: ['medium', 'large'] },
    quiet: { strategy: 'cheapest', max_fallbacks: 0 },
  },
  'even',
)

describe('what the caller asks for', () => {
  it.each([
    ['nothing', null, null, 'even', 'round-robin', 'large'],
    ['auto', 'auto', null, 'even', 'round-robin', 'large'],
    ['a policy beside no model', null, 'cheap', 'cheap', 'cheapest', 'small'],
    ['a policy beside auto', 'auto', 'cheap', 'cheap', 'cheapest', 'small'],
    ['a policy as the model', 'cheap', null, 'cheap', 'cheapest', 'small'],
    [
      'a policy as the model, before the one beside it',
      'cheap',
      'even',
      'cheap',
      'cheapest',
      'small',
    ],
    ['a model', 'small', null, 'pinned', 'pinned', 'small'],
    ['a model that the policy beside it allows', 'medium', 'even', 'even', 'pinned', 'medium'],
  ])('%s', (_what, requestedModel, policy, policyName, strategy, model) => {
    const { record } = decideOnce(catalog, requestOf(), liveOf(), { requestedModel, policy })
    expect(record).toMatchObject({ policy: policyName, strategy, model })
  })

  it('auto predicts when the configuration defines no policy', () => {
    const plain = catalogOf({ dear: { price: { input: 9, output: 9 } }, cheap: {} })
    expect(decideOnce(plain).record).toMatchObject({
      policy: 'auto',
      strategy: 'predictive',
      model: 'cheap',
    })
  })

  it('a model that it names is the only candidate and has no fallbacks', () => {
    const { route, record } = decideOnce(catalog, requestOf(), liveOf(), {
      requestedModel: 'large',
    })
    expect(route).toEqual({ model: 'large', fallbacks: [] })
    expect(reasonsOf(record)).toEqual({ small: 'not-requested', medium: 'not-requested' })
    expect(record.reason).toBe('the request names this model')
  })

  it.each([
    [
      'cannot serve the endpoint',
      { requestedModel: 'small' },
      'small cannot take this request: does not serve /v1/responses, and this request cannot be said as a chat completion.',
    ],
    [
      'is not among the models of the policy beside it',
      { requestedModel: 'small', policy: 'even' },
      'small cannot take this request: not among the models of policy even.',
    ],
  ])('a model that %s is a failure', (_why, options, message) => {
    const request = requestOf({
      endpoint: '/v1/responses',
      body: { input: 'Hi' },
      constraints: { native: true },
    })
    const { route, record, failure } = decideOnce(catalog, request, liveOf(), options)
    expect(route).toBeUndefined()
    expect(failure).toEqual({ code: 'no_model_qualifies', message })
    expect(record).toMatchObject({ model: null, reason: message, candidates: [] })
  })

  it.each([
    ['model', { requestedModel: 'gone' }],
    ['policy', { policy: 'gone' }],
    ['name that every object has', { requestedModel: 'constructor' }],
  ])('a %s that the configuration does not have is a failure with a record', (_kind, options) => {
    const { route, record, failure } = decideOnce(catalog, requestOf(), liveOf(), options)
    expect(route).toBeUndefined()
    expect(failure?.code).toBe('model_not_found')
    expect(Object.keys(reasonsOf(record))).toEqual(['small', 'medium', 'large'])
  })
})

describe('resolveRequested', () => {
  it.each([
    [null, { kind: 'auto', policy: { strategy: 'round-robin' } }],
    [undefined, { kind: 'auto', policy: { strategy: 'round-robin' } }],
    ['auto', { kind: 'auto', policy: { strategy: 'round-robin' } }],
    ['cheap', { kind: 'policy', name: 'cheap', policy: { strategy: 'cheapest' } }],
    ['small', { kind: 'model', name: 'small', model: { quality: 0.3 } }],
  ])('%j', (name, expected) => {
    expect(resolveRequested(catalog, name)).toMatchObject(expected)
  })

  it.each(['gone', '', 'toString', '__proto__'])('%j is nothing', name => {
    expect(resolveRequested(catalog, name)).toBeUndefined()
  })
})

describe('fallbacks', () => {
  it('are the next best, as many as the policy wants', () => {
    expect(decideOnce(catalog, requestOf(), liveOf(), { policy: 'cheap' }).route).toEqual({
      model: 'small',
      fallbacks: ['medium', 'large'],
    })
    expect(decideOnce(catalog, requestOf(), liveOf(), { policy: 'quiet' }).route).toEqual({
      model: 'small',
      fallbacks: [],
    })
  })

  it('left over from the decision before come first', () => {
    const request = requestOf({
      preferred: ['gone', 'large', 'medium'],
      exclusions: [{ model: 'small', reason: 'unavailable' }],
    })
    const { route, record } = decideOnce(catalog, request, liveOf(), { policy: 'cheap', number: 2 })
    expect(route).toEqual({ model: 'large', fallbacks: ['medium'] })
    expect(record).toMatchObject({
      number: 2,
      strategy: 'cheapest',
      reason: 'fallback of decision 1',
      propensity: 1,
    })
  })

  it('left over but filtered now leave the choice to the strategy', () => {
    const request = requestOf({
      preferred: ['large'],
      exclusions: [{ model: 'large', reason: 'refused' }],
    })
    const { record } = decideOnce(catalog, request, liveOf(), { policy: 'cheap', number: 2 })
    expect(record).toMatchObject({ model: 'small', fallbacks: ['medium'] })
  })

  it('left over say nothing about a request that names its model', () => {
    const request = requestOf({ preferred: ['large'] })
    const { route } = decideOnce(catalog, request, liveOf(), { requestedModel: 'small', number: 2 })
    expect(route).toEqual({ model: 'small', fallbacks: [] })
  })
})

describe('open breakers', () => {
  const open = { openUntil: NOW + 10_000 }

  it('put a model behind all others, without filtering it', () => {
    const live = liveOf({ small: open })
    const { route, record } = decideOnce(catalog, requestOf(), live, { policy: 'cheap' })
    expect(route).toEqual({ model: 'medium', fallbacks: ['large', 'small'] })
    expect(record.reason).toMatch(/; behind open breakers: small$/)
    expect(record.filtered).toEqual([])
  })

  it('do so for a fallback of the decision before', () => {
    const live = liveOf({ large: open })
    const request = requestOf({ preferred: ['large', 'medium'] })
    const options = { policy: 'cheap', number: 2 }
    expect(decideOnce(catalog, request, live, options).route).toEqual({
      model: 'medium',
      fallbacks: ['large'],
    })
  })

  it('that end now hinder no longer', () => {
    const live = liveOf({ small: { openUntil: NOW } })
    expect(decideOnce(catalog, requestOf(), live, { policy: 'cheap' }).route?.model).toBe('small')
  })

  it('of all models leave the order as it is', () => {
    const live = liveOf({ small: open, medium: open, large: open })
    const { route, record } = decideOnce(catalog, requestOf(), live, { policy: 'cheap' })
    expect(route).toEqual({ model: 'small', fallbacks: ['medium', 'large'] })
    expect(record.reason).toMatch(/; the breakers of all are open$/)
  })
})

describe('when no model qualifies', () => {
  const windows = catalogOf({
    tiny: { context_window: 4_000 },
    big: { context_window: 16_000 },
    deaf: { context_window: 1_000_000, endpoints: ['/v1/embeddings'] },
  })
  const long = 'word '.repeat(50_000)

  it('for its length, the failure says so and names the largest window', () => {
    const { failure, record } = decideOnce(windows, chat(long))
    expect(failure?.code).toBe('context_length_exceeded')
    expect(failure?.message).toMatch(
      /^No model that remains has a window this large; nearest is big: needs \d\d,\d\d\d tokens, the window is 16,000\.$/,
    )
    expect(record).toMatchObject({ model: null, fallbacks: [], reason: failure?.message })
    expect(reasonsOf(record)).toEqual({
      tiny: 'context-window',
      big: 'context-window',
      deaf: 'endpoint',
    })
  })

  it('since a provider found it too long, the failure says so', () => {
    const request = requestOf({
      exclusions: [
        { model: 'tiny', reason: 'too-long' },
        { model: 'big', reason: 'too-long' },
      ],
    })
    expect(decideOnce(windows, request).failure?.code).toBe('context_length_exceeded')
  })

  it('for another reason, the failure names the model that passed most', () => {
    const request = requestOf({
      exclusions: [
        { model: 'tiny', reason: 'refused' },
        { model: 'big', reason: 'unusable' },
      ],
    })
    expect(decideOnce(windows, request).failure).toEqual({
      code: 'no_model_qualifies',
      message: 'None of the 3 models qualifies; nearest is tiny: its provider refused the content.',
    })
  })
})

describe('the record', () => {
  it('holds the estimates, the candidates best first, and the time', () => {
    const live = liveOf({ medium: { latencyMs: 812.4 } })
    const request = chat('Hi', { max_tokens: 1_000, n: 2 })
    const { record } = decideOnce(catalog, request, live, { policy: 'cheap' })
    expect(record).toMatchObject({
      number: 1,
      decided_at: '2026-01-01T00:00:00.000Z',
      estimates: { input_tokens: 6, output_tokens: 2_000, cost_usd: 0.000_800_6 },
      propensity: 1,
      candidates: [
        { model: 'small', estimated_cost_usd: 0.000_800_6, score: -0.000_800_6 },
        { model: 'medium', estimated_latency_ms: 812 },
        { model: 'large', estimated_latency_ms: undefined },
      ],
    })
  })

  it('counts no more answer than the model writes', () => {
    const short = catalogOf(
      { a: { max_output_tokens: 100, price: { input: 0, output: 1 } } },
      { p: { strategy: 'cheapest' } },
      'p',
    )
    expect(decideOnce(short).record.estimates).toMatchObject({
      output_tokens: 100,
      cost_usd: 0.000_1,
    })
  })
})

describe('createRouter', () => {
  it('refuses an expression that does not compile', () => {
    const broken = structuredClone(catalog)
    const even = broken.policies.even
    if (even) even.rules = [{ when: { content: '(' }, use: 'small' }]
    if (even) even.strategy = 'rules'
    expect(() => createRouter(broken)).toThrow('missing closing')
  })

  it('keeps the turns of each policy apart', () => {
    const twice = catalogOf(
      { a: {}, b: {} },
      { one: { strategy: 'round-robin' }, two: { strategy: 'round-robin' } },
    )
    const router = createRouter(twice)
    const chosen = ['one', 'two', 'one', 'two'].map(
      policy => router.decide(requestOf(), liveOf(), optionsOf({ policy })).route?.model,
    )
    expect(chosen).toEqual(['a', 'a', 'b', 'b'])
  })
})
