import { describe, expect, it } from '@jest/globals'
import {
  type Catalog,
  capabilities,
  configSchema,
  endpoints,
  lanes,
  preferences,
  type RoutingRequest,
  strategies,
} from '@longhaul/contracts'
import fc from 'fast-check'
import type { DecideOptions, Decision } from './decide.ts'
import type { LiveView, ModelLive } from './live-view.ts'
import { requirementsOf } from './requirements.ts'
import { createRouter } from './router.ts'
import type { Nearness } from './semantics/nearness.ts'
import { NOW } from './testing/fixtures.ts'

const names = ['a', 'b', 'c', 'd', 'e'] as const
const modelName = fc.constantFrom(...names)

const model = fc.record({
  context_window: fc.constantFrom(100, 1_000, 8_000, 1_000_000),
  max_output_tokens: fc.option(fc.constantFrom(50, 4_096), { nil: undefined }),
  price: fc.record({ input: fc.constantFrom(0, 0.5, 5), output: fc.constantFrom(0, 1, 10) }),
  capabilities: fc.subarray([...capabilities]),
  endpoints: fc.subarray([...endpoints], { minLength: 1 }),
  quality: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  weight: fc.nat(3),
  deployments: fc.constant({ main: { provider: 'openai-compatible', base_url: 'http://x/v1' } }),
})

const rule = fc.record({
  when: fc.oneof(
    fc.record({ content: fc.constantFrom('code', '\\w+ \\w+', '.') }),
    fc.record({ lane: fc.constantFrom(...lanes) }),
    fc.record({ tools: fc.boolean() }),
    fc.constantFrom(
      'complexity > 0.3 || code',
      'domain in ["law", "math"] && intent != "chat"',
      'tokens > 100 && turns >= 1',
      'text.matches("code") || vision',
      'metadata.team == "" && tokens / tool_results > 1',
    ),
  ),
  use: fc.uniqueArray(modelName, { minLength: 1 }),
})

/** Routes by name; the model that embeds is always there. */
const EMBEDDER = 'a'
const routeNames = ['first', 'second'] as const
const semantic = fc.record({
  embeddings: fc.constant(EMBEDDER),
  threshold: fc.double({ min: -1, max: 1, noNaN: true }),
  routes: fc.record(
    Object.fromEntries(
      routeNames.map(name => [
        name,
        fc.record({
          utterances: fc.constant(['some code']),
          use: fc.uniqueArray(modelName, { minLength: 1 }),
        }),
      ]),
    ),
  ),
})

const share = fc.double({ min: 0, max: 0.5, noNaN: true })
const anyPolicy = fc.record({
  strategy: fc.constantFrom(...strategies),
  semantic,
  otherwise: fc.constantFrom(...strategies.filter(name => name !== 'rules' && name !== 'semantic')),
  prefer: fc.oneof(fc.constantFrom(...preferences), fc.record({ usd: fc.nat(50), second: share })),
  min_quality: fc.option(fc.constantFrom(0.5, 0.95, 1), { nil: undefined }),
  explore: fc.constantFrom(0, 0.3),
  models: fc.option(fc.uniqueArray(modelName, { minLength: 1 }), { nil: undefined }),
  max_price: fc.option(fc.constantFrom(0, 1, 10), { nil: undefined }),
  max_cost_usd: fc.option(fc.constantFrom(0.000_1, 0.1), { nil: undefined }),
  rules: fc.array(rule, { minLength: 1, maxLength: 3 }),
  max_fallbacks: fc.nat(4),
})
/** Without what its strategy never looks at, which a configuration may not hold. */
const policy = anyPolicy.map(
  ({ rules, semantic, otherwise, prefer, min_quality, explore, ...rest }) => {
    const { strategy } = rest
    const asksOthers = strategy === 'rules' || strategy === 'semantic'
    const predicts = strategy === 'predictive' || (asksOthers && otherwise === 'predictive')
    return {
      ...rest,
      ...(strategy === 'rules' && { rules }),
      ...(strategy === 'semantic' && { semantic }),
      ...(asksOthers && { otherwise }),
      ...(predicts && { prefer, min_quality, explore }),
    }
  },
)

const catalog: fc.Arbitrary<Catalog> = fc
  .record({ models: fc.record(Object.fromEntries(names.map(name => [name, model]))), policy })
  .map(({ models, policy }) => {
    const { [EMBEDDER]: embedder } = models
    const served = new Set([...(embedder?.endpoints ?? []), '/v1/embeddings' as const])
    const all = { ...models, [EMBEDDER]: { ...embedder, endpoints: [...served] } }
    return configSchema.parse({ models: all, policies: { p: policy }, default_policy: 'p' })
  })

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('some code '.repeat(900)))
const part = fc.oneof(
  fc.record({ type: fc.constant('text'), text }),
  fc.record({ type: fc.constantFrom('image_url', 'input_image', 'input_audio', 'file') }),
  fc.jsonValue(),
)
const content = fc.oneof(text, fc.array(part, { maxLength: 3 }), fc.jsonValue())
const message = fc.oneof(fc.record({ role: fc.constant('user'), content }), fc.jsonValue())
const limit = fc.constantFrom<unknown>(undefined, null, 10, 5_000, -1, 1e300, 'x')
const body = fc.record(
  {
    messages: fc.oneof(fc.array(message, { maxLength: 3 }), fc.jsonValue()),
    input: fc.oneof(text, fc.array(message, { maxLength: 3 }), fc.jsonValue()),
    instructions: fc.jsonValue(),
    tools: fc.oneof(fc.constant([{ type: 'function' }]), fc.jsonValue()),
    response_format: fc.oneof(fc.constant({ type: 'json_object' }), fc.jsonValue()),
    text: fc.jsonValue(),
    n: limit,
    max_tokens: limit,
    max_completion_tokens: limit,
    max_output_tokens: limit,
  },
  { requiredKeys: [] },
)

const exclusion = fc.record(
  {
    model: modelName,
    reason: fc.constantFrom('too-long' as const, 'refused' as const, 'rate-limited' as const),
    until: fc.integer({ min: NOW - 1_000, max: NOW + 1_000 }),
  },
  { requiredKeys: ['model', 'reason'] },
)

const request: fc.Arbitrary<RoutingRequest> = fc.record({
  endpoint: fc.constantFrom(...endpoints),
  body,
  bodyBytes: fc.nat(),
  lane: fc.constantFrom(...lanes),
  tenantId: fc.constant('tenant_1'),
  metadata: fc.constant({}),
  deadlineAt: fc.option(fc.integer({ min: NOW - 1_000, max: NOW + 5_000 }), { nil: undefined }),
  exclusions: fc.array(exclusion, { maxLength: 4 }),
  preferred: fc.array(modelName, { maxLength: 3 }),
})

const modelLive: fc.Arbitrary<ModelLive> = fc.record(
  {
    latencyMs: fc.option(fc.integer({ min: 1, max: 10_000 }), { nil: undefined }),
    errorRate: fc.double({ min: 0, max: 1, noNaN: true }),
    inFlight: fc.nat(100),
    queued: fc.nat(100),
    capacity: fc.nat(100),
    openUntil: fc.integer({ min: NOW - 1_000, max: NOW + 1_000 }),
  },
  { requiredKeys: ['latencyMs', 'errorRate', 'inFlight', 'queued', 'capacity'] },
)
const live = fc
  .record(Object.fromEntries(names.map(name => [name, modelLive])))
  .map((models): LiveView => ({ of: name => models[name] as ModelLive }))

const similarity = fc.double({ min: -1, max: 1, noNaN: true })
const nearness: fc.Arbitrary<Nearness | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.constant({ known: false as const, why: 'no embedding within 300 ms' }),
  fc.tuple(similarity, similarity).map(both => ({
    known: true as const,
    routes: routeNames
      .map((route, place) => ({ route, similarity: both[place] ?? 0 }))
      .sort((a, b) => b.similarity - a.similarity),
  })),
)

const options: fc.Arbitrary<DecideOptions> = fc
  .record({
    policy: fc.constantFrom(null, 'p', 'auto'),
    requestedModel: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(null, 'auto', 'p') },
      { weight: 1, arbitrary: fc.constantFrom(...names) },
    ),
    nearness,
    draw: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  })
  .map(({ draw, ...rest }) => ({ ...rest, number: 2, now: NOW, random: () => draw }))

type Case = { catalog: Catalog; request: RoutingRequest; live: LiveView; options: DecideOptions }

function always(holds: (decision: Decision, given: Case) => void): void {
  const given = fc.record({ catalog, request, live, options })
  fc.assert(
    fc.property(given, one => {
      holds(createRouter(one.catalog).decide(one.request, one.live, one.options), one)
    }),
    { numRuns: 400 },
  )
}

describe('every decision', () => {
  it('goes to models that meet every hard limit, fallbacks too', () => {
    always(({ route }, given) => {
      for (const name of route ? [route.model, ...route.fallbacks] : []) {
        expect({ name, faults: faultsOf(name, given) }).toEqual({ name, faults: [] })
      }
    })
  })

  it('names no model twice, and no more fallbacks than the policy wants', () => {
    always(({ route }, { catalog }) => {
      const chosen = route ? [route.model, ...route.fallbacks] : []
      expect(new Set(chosen).size).toBe(chosen.length)
      expect(route?.fallbacks.length ?? 0).toBeLessThanOrEqual(
        catalog.policies.p?.max_fallbacks ?? 0,
      )
    })
  })

  it('accounts for every model once: candidate or filtered', () => {
    always(({ record }) => {
      const seen = [...record.candidates, ...record.filtered].map(one => one.model)
      expect(seen.toSorted()).toEqual([...names])
    })
  })

  it('has either a route or a failure, and the record agrees', () => {
    always(({ route, record, failure }) => {
      expect(route === undefined).toBe(failure !== undefined)
      expect(record.model).toBe(route?.model ?? null)
      expect(record.fallbacks).toEqual(route?.fallbacks ?? [])
      expect(record.candidates[0]?.model).toBe(route?.model)
      expect(record.reason).not.toBe('')
    })
  })

  it('can be stored: finite figures, a probability above 0', () => {
    always(({ record }) => {
      expect(record.propensity).toBeGreaterThan(0)
      expect(record.propensity).toBeLessThanOrEqual(1)
      for (const { score, estimated_cost_usd } of record.candidates) {
        expect(Number.isFinite(score) && Number.isFinite(estimated_cost_usd)).toBe(true)
      }
    })
  })

  it('is the same for the same inputs', () => {
    always((decision, { catalog, request, live, options }) => {
      expect(createRouter(catalog).decide(request, live, options)).toEqual(decision)
    })
  })

  it('leaves models behind open breakers until there is no other candidate', () => {
    always(({ record, route }, { live }) => {
      const isOpen = (name: string) => (live.of(name).openUntil ?? 0) > NOW
      if (!route || !isOpen(route.model)) return
      expect(record.candidates.filter(({ model }) => !isOpen(model))).toEqual([])
    })
  })

  it('fails only when each model misses a hard limit', () => {
    always(({ route }, given) => {
      if (route) return
      for (const name of names) expect(faultsOf(name, given)).not.toEqual([])
    })
  })
})

/** The hard limits, written down a second time. */
function faultsOf(name: string, { catalog, request, options }: Case): string[] {
  const model = catalog.models[name]
  if (!model) return ['unknown']
  const needs = requirementsOf(request.endpoint, request.body)
  const pinned = names.some(one => one === options.requestedModel)
  const policy = pinned && options.policy !== 'p' ? undefined : catalog.policies.p
  const can = (capability: (typeof capabilities)[number]) => model.capabilities.includes(capability)
  const answer = Math.min(needs.answerTokens, model.max_output_tokens ?? Infinity)
  const cost =
    (needs.inputTokens * model.price.input + answer * needs.answers * model.price.output) / 1e6
  const faults: [string, boolean][] = [
    ['not requested', pinned && name !== options.requestedModel],
    ['not allowed', policy?.models?.includes(name) === false],
    ['endpoint', !servedBy(model.endpoints, request.endpoint)],
    ['vision', needs.vision && !can('vision')],
    ['audio', needs.audio && !can('audio')],
    ['tools', needs.tools && !can('tools')],
    ['json', needs.json && !can('json')],
    ['price', model.price.output > (policy?.max_price ?? Infinity)],
    ['cost', cost > (policy?.max_cost_usd ?? Infinity) + 1e-9],
    ['output', (needs.requestedOutputTokens ?? 0) > (model.max_output_tokens ?? Infinity)],
    ['window', needs.windowInputTokens + (needs.requestedOutputTokens ?? 0) > model.context_window],
    ['excluded', request.exclusions.some(one => one.model === name && one.until === undefined)],
  ]
  return faults.filter(([, missed]) => missed).map(([fault]) => fault)
}

/** Responses and legacy completions are to be had from models that speak chat only, by translation. */
function servedBy(served: readonly string[], endpoint: string): boolean {
  if (served.includes(endpoint)) return true
  return endpoint !== '/v1/embeddings' && served.includes('/v1/chat/completions')
}
