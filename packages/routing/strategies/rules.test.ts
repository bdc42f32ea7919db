import { describe, expect, it } from '@jest/globals'
import type { RoutingRequest } from '@longhaul/contracts'
import { TEXT_HEAD_CHARACTERS } from '../request-text.ts'
import { catalogOf, chat, decideOnce, liveOf, NOW, requestOf } from '../testing/fixtures.ts'

const models = {
  small: { price: { input: 0.1, output: 0.1 } },
  legal: { price: { input: 3, output: 3 } },
  large: { price: { input: 9, output: 9 }, capabilities: ['tools' as const] },
}

function decideBy(
  rules: unknown[],
  request: RoutingRequest,
  live = liveOf(),
  otherwise = 'cheapest',
) {
  const policies = { ruled: { strategy: 'rules', rules, otherwise } }
  return decideOnce(catalogOf(models, policies, 'ruled'), request, live)
}

describe('a rule matches', () => {
  const tools = [{ type: 'function' }]
  it.each([
    ['content, whatever its case', { content: 'contract' }, chat('Review this CONTRACT'), true],
    ['content beyond ASCII', { content: 'größe|\\p{Han}' }, chat('die GRÖSSE von 漢'), true],
    [
      'content in instructions',
      { content: 'lawyer' },
      chat([{ type: 'text', text: 'As a lawyer' }]),
      true,
    ],
    ['no content', { content: 'contract' }, chat('Write a poem'), false],
    [
      'metadata',
      { metadata: { team: 'law' } },
      requestOf({ metadata: { team: 'law', x: 'y' } }),
      true,
    ],
    [
      'metadata but in part',
      { metadata: { team: 'law', x: 'z' } },
      requestOf({ metadata: { team: 'law' } }),
      false,
    ],
    ['metadata of objects', { metadata: { constructor: 'law' } }, requestOf(), false],
    ['at least so many tokens', { min_tokens: 100 }, chat('word '.repeat(200)), true],
    ['fewer tokens', { min_tokens: 100 }, chat('word'), false],
    ['at most so many tokens', { max_tokens: 100 }, chat('word'), true],
    ['more tokens', { max_tokens: 100 }, chat('word '.repeat(200)), false],
    ['the lane', { lane: 'bulk' }, requestOf({ lane: 'bulk' }), true],
    ['another lane', { lane: 'bulk' }, requestOf(), false],
    ['the endpoint', { endpoint: '/v1/chat/completions' }, requestOf(), true],
    ['another endpoint', { endpoint: '/v1/responses' }, requestOf(), false],
    ['tools', { tools: true }, chat('Hi', { tools }), true],
    ['no tools', { tools: true }, requestOf(), false],
    ['the absence of tools', { tools: false }, requestOf(), true],
    [
      'every condition',
      { lane: 'bulk', content: 'x' },
      { ...chat('x'), lane: 'bulk' as const },
      true,
    ],
    ['not every condition', { lane: 'bulk', content: 'x' }, chat('x'), false],
  ])('%s: %j', (_what, when, request, matches) => {
    const { record } = decideBy([{ when, use: 'large' }], request)
    const why = matches ? /^rule 1 \(.+\) matches$/ : /^no rule matches: |^the only model/
    expect(record.model).toBe(matches || request.body.tools ? 'large' : 'small')
    expect(record.reason).toMatch(why)
  })

  it('of which the first counts', () => {
    const rules = [
      { when: { lane: 'bulk' }, use: 'large' },
      { when: { content: 'clause', lane: 'standard' }, use: ['legal', 'large'] },
      { when: { lane: 'standard' }, use: 'small' },
    ]
    const { record } = decideBy(rules, chat('this clause'))
    expect(record).toMatchObject({ model: 'legal', strategy: 'rules', propensity: 1 })
    expect(record.reason).toBe('rule 2 (content, lane) matches')
  })
})

describe('the models of a rule', () => {
  const rules = [{ when: { lane: 'standard' }, use: ['large', 'legal'] }]

  it('come in their order, the others after them by cost', () => {
    expect(decideBy(rules, requestOf()).route).toEqual({
      model: 'large',
      fallbacks: ['legal', 'small'],
    })
  })

  it('give way while their breakers are open', () => {
    const live = liveOf({ large: { openUntil: NOW + 1 } })
    expect(decideBy(rules, requestOf(), live).route?.model).toBe('legal')
  })

  it('leave the choice to the next rule when none of them qualifies', () => {
    const two = [{ when: { lane: 'standard' }, use: 'legal' }, ...rules]
    const exclusions = [{ model: 'legal', reason: 'refused' as const }]
    const { record } = decideBy(two, requestOf({ exclusions }))
    expect(record).toMatchObject({ model: 'large', reason: 'rule 2 (lane) matches' })
  })

  it('leave it to `otherwise` when there is no next rule', () => {
    const exclusions = [{ model: 'large', reason: 'refused' as const }]
    const only = [{ when: { lane: 'standard' }, use: 'large' }]
    const live = liveOf({ small: { inFlight: 5 } })
    const { record } = decideBy(only, requestOf({ exclusions }), live, 'least-busy')
    expect(record.model).toBe('legal')
    expect(record.reason).toBe(
      'rule 1 (lane) matches, but none of its models qualifies: least busy of 2 models that qualify: 0% load against 50% load for small',
    )
  })
})

describe('an expression', () => {
  const rules = [{ when: { content: 'needle' }, use: 'wide' }]
  const hay = 'hay '.repeat(TEXT_HEAD_CHARACTERS)

  it.each([
    ['at its beginning', `needle ${hay}`, 'wide'],
    ['at its end', `${hay} needle`, 'wide'],
    ['not in its middle', `${hay} needle ${hay}`, 'cheap'],
  ])('reads a long text %s', (_where, text, model) => {
    const free = { price: { input: 0, output: 0 }, context_window: 10_000_000 }
    const wide = { context_window: 10_000_000 }
    const policies = { ruled: { strategy: 'rules', rules } }
    const catalog = catalogOf({ cheap: free, wide }, policies, 'ruled')
    expect(decideOnce(catalog, chat(text)).record.model).toBe(model)
  })
})
