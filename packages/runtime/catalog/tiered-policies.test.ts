import { describe, expect, it } from '@jest/globals'
import { configSchema } from '@longhaul/contracts'
import { createRouter } from '@longhaul/routing'
import { simulatorCatalog } from './simulator-catalog.ts'
import { tieredPolicies } from './tiered-policies.ts'

const router = createRouter(configSchema.parse(simulatorCatalog('http://simulator')))
const idle = {
  of: () => ({ inFlight: 0, latencyMs: undefined, errorRate: 0, queued: 0, capacity: 8 }),
}

function chosenFor(content: string, extra: Record<string, unknown> = {}): string | undefined {
  const body = { messages: [{ role: 'user', content }], ...extra }
  const { route } = router.decide(
    {
      endpoint: '/v1/chat/completions',
      body,
      bodyBytes: JSON.stringify(body).length,
      lane: 'standard',
      tenantId: 'tenant',
      metadata: {},
      deadlineAt: undefined,
      exclusions: [],
      preferred: [],
    },
    idle,
    { number: 1, policy: null, requestedModel: 'auto', now: 0, random: () => 0.5 },
  )
  return route?.model
}

describe('the policy auto', () => {
  it.each([
    'Prove that there are infinitely many primes congruent to 3 modulo 4.',
    'Compute the Galois group of x⁴ − 4x² + 2.',
    'Zeige: ∫₀¹ x dx = ½',
    'Patient with a pH of 7.31: which acid-base disorder?',
    'Is this limitation of liability valid?',
    'Why does this deadlock?',
    'Derive the Landau levels in the symmetric gauge.',
    'Rewrite this indemnity in plain English.',
  ])('takes a strong model for "%s", however short it is', prompt => {
    expect(chosenFor(prompt)).toBe('sim-large')
  })

  it('takes a strong model for a document', () => {
    expect(chosenFor('What follows from this? '.repeat(2_000))).toBe('sim-large')
  })

  it.each([
    'Translate into German: the pool is heated all year.',
    `Summarise in one line: ${'we met and talked about the weather. '.repeat(20)}`,
    'hey, how is your day going?',
  ])('takes a small model for "%s"', prompt => {
    expect(chosenFor(prompt)).toBe('sim-small')
  })

  it('takes one in between for the rest', () => {
    const prompt = `Recommend a board game for ${'two adults and one child, '.repeat(10)} please.`
    expect(chosenFor(prompt)).toBe('sim-medium')
  })

  it('passes over a model that cannot do what is asked', () => {
    const tools = [{ type: 'function', function: { name: 'f', parameters: {} } }]
    expect(chosenFor('hey', { tools })).toBe('sim-medium')
  })
})

describe('tieredPolicies', () => {
  it('falls back to the neighbours of a tier that is empty', () => {
    const { auto } = tieredPolicies({ a: 'frontier', b: 'small' })
    expect(auto?.rules?.map(rule => rule.use)).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['b', 'a'],
      ['b', 'a'],
      ['b', 'a'],
    ])
  })

  it('needs no chat model', () => {
    expect(tieredPolicies({ e: 'embedding' }).auto?.rules).toEqual([
      { when: { endpoint: '/v1/embeddings' }, use: ['e'] },
    ])
  })
})
