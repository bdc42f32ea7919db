import { describe, expect, it } from '@jest/globals'
import {
  type Capability,
  type Catalog,
  capabilities,
  type Model,
  type RoutingRequest,
  type StrategyName,
  strategies,
} from '@longhaul/contracts'
import fc from 'fast-check'
import { WINDOW_MARGIN } from './requirements.ts'
import { createRouter } from './router.ts'
import { catalogOf, liveOf, optionsOf, requestOf } from './testing/fixtures.ts'

/**
 * A provider refuses by what a request holds, not by what was estimated of it.
 * So the requests here are built from parts whose needs are known, and judged
 * without the code that routing reads them with.
 */

const names = ['a', 'b', 'c', 'd'] as const
/** Framing, tools and images come on top of the words: a window this many times as wide is wide enough. */
const SURELY = 4
const WINDOWS = [600, 2_000, 16_000] as const

const model = fc.record({
  context_window: fc.constantFrom(...WINDOWS),
  max_output_tokens: fc.option(fc.constantFrom(100, 1_000), { nil: undefined }),
  price: fc.record({ input: fc.constantFrom(0, 2), output: fc.constantFrom(0, 1, 10, 60) }),
  capabilities: fc.subarray([...capabilities]),
  quality: fc.double({ min: 0, max: 1, noNaN: true }),
})

const caps = fc.record({
  max_price: fc.option(fc.constantFrom(1, 10), { nil: undefined }),
  max_cost_usd: fc.option(fc.constantFrom(0.001, 0.02), { nil: undefined }),
})

/** What a request holds. Each word is one token of every tokenizer in use, and so is its gap at most. */
interface Holding {
  words: number
  maxTokens: number | undefined
  needs: Capability[]
}

const holding: fc.Arbitrary<Holding> = fc.record({
  words: fc.oneof(
    fc.nat(50),
    fc
      .tuple(fc.constantFrom(...WINDOWS), fc.double({ min: 0.5, max: 1.6, noNaN: true }))
      .map(([window, share]) => Math.floor(window * share)),
  ),
  maxTokens: fc.option(fc.constantFrom(50, 101, 900, 1_001, 15_000), { nil: undefined }),
  needs: fc.subarray(['tools', 'json', 'vision', 'audio'] as const),
})

function requestHolding({ words, maxTokens, needs }: Holding): RoutingRequest {
  const content: unknown[] = [{ type: 'text', text: 'house '.repeat(words) }]
  if (needs.includes('vision')) content.push({ type: 'image_url', image_url: { url: 'data:,' } })
  if (needs.includes('audio')) content.push({ type: 'input_audio', input_audio: { data: '' } })
  return requestOf({
    body: {
      messages: [{ role: 'user', content }],
      ...(maxTokens !== undefined && { max_tokens: maxTokens }),
      ...(needs.includes('tools') && { tools: [{ type: 'function', function: { name: 'f' } }] }),
      ...(needs.includes('json') && { response_format: { type: 'json_object' } }),
    },
  })
}

/** Why a provider must refuse the call; `slack` widens the window. */
function refusal(
  { context_window: window, max_output_tokens: most, capabilities: has }: Model,
  { words, maxTokens = 0, needs }: Holding,
  slack = 1,
): string | undefined {
  const missing = needs.find(need => !has.includes(need))
  if (missing) return `cannot do ${missing}`
  if (maxTokens > (most ?? Infinity)) return 'the answer may not be so long'
  if (words + maxTokens > window * slack) return 'the context overflows'
  return undefined
}

function overPriced(catalog: Catalog, { price }: Model, { words, maxTokens = 0 }: Holding) {
  const { max_price: highest, max_cost_usd: dearest } = catalog.policies.p ?? {}
  const costUsd = (words * price.input + maxTokens * price.output) / 1e6
  return price.output > (highest ?? Infinity) || costUsd > (dearest ?? Infinity)
}

/** So that each way of choosing has something to choose by. */
function policyOf(strategy: StrategyName, limits: object) {
  const use = [...names].reverse()
  return {
    strategy,
    ...limits,
    max_fallbacks: names.length,
    ...(strategy === 'rules' && { rules: [{ when: 'complexity >= 0.0', use }] }),
    ...(strategy === 'semantic' && {
      semantic: { embeddings: 'embedder', routes: { all: { utterances: ['house'], use } } },
    }),
  }
}

const nearness = { known: true as const, routes: [{ route: 'all', similarity: 1 }] }
const embedder = { endpoints: ['/v1/embeddings' as const] }

describe.each(strategies)('%s', strategy => {
  it('makes no call that must fail, nor one above a cap', () => {
    const models = fc.record(Object.fromEntries(names.map(name => [name, model])))
    fc.assert(
      fc.property(models, caps, holding, (some, limits, held) => {
        const policies = { p: policyOf(strategy, limits) }
        const catalog = catalogOf({ ...some, embedder }, policies, 'p')
        const { route } = createRouter(catalog).decide(
          requestHolding(held),
          liveOf(),
          optionsOf({ nearness, random: () => 0.5 }),
        )
        const called = route ? [route.model, ...route.fallbacks] : []
        // A model whose window is tight is called when no other is left.
        const roomy = names.some(name => !refusalOf(name, 1 / (WINDOW_MARGIN * SURELY)))
        for (const name of called) {
          expect({ name, refusal: refusalOf(name, roomy ? 1 : WINDOW_MARGIN) }).toEqual({ name })
        }

        function refusalOf(name: string, slack: number): string | undefined {
          const one = catalog.models[name]
          if (!one?.endpoints.includes('/v1/chat/completions')) return 'does not chat'
          return overPriced(catalog, one, held) ? 'above a cap' : refusal(one, held, slack)
        }
      }),
      { numRuns: 150 },
    )
  })
})
