import { describe, expect, it } from '@jest/globals'
import { createRouter } from '../router.ts'
import type { Nearness } from '../semantics/nearness.ts'
import { catalogOf, chat, decideOnce, liveOf, optionsOf, requestOf } from '../testing/fixtures.ts'

const models = {
  small: { price: { input: 0.1, output: 0.1 } },
  legal: { price: { input: 3, output: 3 } },
  large: { price: { input: 9, output: 9 } },
  embedder: { endpoints: ['/v1/embeddings' as const] },
}
const routes = {
  contracts: { utterances: ['review this contract'], use: ['legal', 'large'] },
  proofs: { utterances: ['prove this theorem'], use: 'large' },
}
const policies = {
  topics: {
    strategy: 'semantic',
    semantic: { embeddings: 'embedder', threshold: 0.6, routes },
    otherwise: 'cheapest',
  },
}
const catalog = catalogOf(models, policies, 'topics')

function near(contracts: number, proofs: number): Nearness {
  const all = [
    { route: 'contracts', similarity: contracts },
    { route: 'proofs', similarity: proofs },
  ]
  return { known: true, routes: all.sort((a, b) => b.similarity - a.similarity) }
}

function decideNear(nearness: Nearness | undefined, request = requestOf()) {
  return decideOnce(catalog, request, liveOf(), { nearness })
}

describe('semantic', () => {
  it('takes the models of the nearest route in their order, the others after them', () => {
    const { route, record } = decideNear(near(0.82, 0.31))
    expect(route).toEqual({ model: 'legal', fallbacks: ['large', 'small'] })
    expect(record).toMatchObject({
      strategy: 'semantic',
      propensity: 1,
      reason: 'nearest route contracts 0.82, then proofs 0.31',
      nearest: [
        { route: 'contracts', similarity: 0.82 },
        { route: 'proofs', similarity: 0.31 },
      ],
    })
  })

  it('leaves it to `otherwise` when nothing is near enough, and tells how near it was', () => {
    const { record } = decideNear(near(0.2, 0.59))
    expect(record.model).toBe('small')
    expect(record.nearest?.[0]).toEqual({ route: 'proofs', similarity: 0.59 })
    expect(record.reason).toMatch(
      /^no route is near enough \(proofs 0\.59, needs 0\.6\): cheapest of 3 models/,
    )
  })

  it('leaves it to `otherwise` when the embedding failed, and says why', () => {
    const { record } = decideNear({ known: false, why: 'no embedding within 300 ms' })
    expect(record).toMatchObject({ model: 'small' })
    expect(record.nearest).toBeUndefined()
    expect(record.reason).toMatch(/^no embedding within 300 ms: cheapest/)
  })

  it('leaves it to `otherwise` when nobody asked', () => {
    expect(decideNear(undefined).record.reason).toMatch(/^the prompt was not embedded: cheapest/)
  })

  it('leaves it to `otherwise` when no model of the route qualifies', () => {
    const exclusions = [{ model: 'large', reason: 'refused' as const }]
    const { record } = decideNear(near(0, 0.9), requestOf({ exclusions }))
    expect(record.model).toBe('small')
    expect(record.reason).toMatch(
      /^nearest route proofs 0\.90, then contracts 0\.00, but none of its models qualifies: /,
    )
  })
})

describe('the question before a decision', () => {
  const router = createRouter(catalogOf(models, { ...policies, plain: { strategy: 'cheapest' } }))
  const question = (request = chat('Is this clause valid?'), options = {}) =>
    router.semanticQuestion(request, optionsOf({ policy: 'topics', ...options }))

  it('is the last turn of the user, under the routes of the policy', () => {
    const messages = [
      { role: 'system', content: 'You are a lawyer.' },
      { role: 'user', content: 'Is this clause valid, and may I terminate the contract in March?' },
    ]
    const asked = question(requestOf({ body: { messages } }))
    expect(asked?.text).toBe('Is this clause valid, and may I terminate the contract in March?')
    expect(asked?.semantic).toMatchObject({ embeddings: 'embedder', timeout: 300 })
  })

  it('is bounded', () => {
    expect(question(chat('word '.repeat(10_000)))?.text).toHaveLength(4_000)
  })

  it.each([
    ['another strategy', chat('Hi'), { policy: 'plain' }],
    ['the default policy', chat('Hi'), { policy: null }],
    ['a pinned model', chat('Hi'), { requestedModel: 'small' }],
    ['an unknown policy', chat('Hi'), { policy: 'x' }],
    ['a prompt without text', chat([]), {}],
    ['embeddings', requestOf({ endpoint: '/v1/embeddings', body: { input: 'Hi' } }), {}],
  ])('is not asked under %s', (_what, request, options) => {
    expect(question(request, options)).toBeUndefined()
  })
})
