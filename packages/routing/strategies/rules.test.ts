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

describe('a rule in the expression language', () => {
  const proof = 'Prove that every finite integral domain is a field, using no other theorem.'
  const decideWhen = (when: string, request: RoutingRequest) =>
    decideBy([{ when, use: 'large' }], request)

  it.each([
    ['what the predictor says', 'domain == "math" && intent == "mathematics"', chat(proof), true],
    ['how hard it is', 'complexity > 0.25', chat(proof), true],
    ['that it is easy', 'complexity > 0.25', chat('hello there'), false],
    ['its language', 'language == "de"', chat('Wie ist das Wetter in der Stadt?'), true],
    ['code in it', 'code', chat('Why?\n```js\nlet a = [1]; a.push(2);\n```'), true],
    ['no code in prose', 'code', chat('Write a letter to my landlord, please.'), false],
    ['the tenant', 'tenant == "tenant_1"', requestOf(), true],
    ['the lane', 'lane == "bulk"', requestOf(), false],
    ['metadata', 'metadata.team in ["law", "tax"]', requestOf({ metadata: { team: 'law' } }), true],
    ['tools', 'tools && tokens < 1000', chat('Hi', { tools: [{ type: 'function' }] }), true],
    ['the text', 'text.matches("integral +domain")', chat(proof), true],
    [
      'the turns',
      'turns == 2 && tool_results == 1',
      requestOf({
        body: {
          messages: [
            { role: 'user', content: 'One' },
            { role: 'assistant', content: 'Two' },
            { role: 'user', content: 'Three' },
            { role: 'tool', content: '4' },
          ],
        },
      }),
      true,
    ],
  ])('may ask for %s: %s', (_what, when, request, matches) => {
    const { record } = decideWhen(when, request)
    expect(record.reason.startsWith(`rule 1 (${when}) matches`)).toBe(matches)
  })

  it('leaves a prompt unread that it does not ask about', () => {
    const { record } = decideWhen('lane == "bulk" && complexity > 0.25', chat(proof))
    expect(record.prompt).toBeUndefined()
  })

  it('records what was read of the prompt', () => {
    const { record } = decideWhen('complexity > 0.25', chat(proof))
    expect(record).toMatchObject({ model: 'large', prompt: { domain: 'math' } })
  })

  it('is shortened in the reason', () => {
    const when = `tokens >= 0 ${'&& tokens >= 0 '.repeat(20)}`
    expect(decideWhen(when, requestOf()).record.reason).toMatch(/^rule 1 \(tokens.{73}…\) matches$/)
  })
})
