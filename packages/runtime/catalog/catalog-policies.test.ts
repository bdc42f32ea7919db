import { describe, expect, it } from '@jest/globals'
import { configSchema } from '@longhaul/contracts'
import { createRouter } from '@longhaul/routing'
import { simulatorCatalog } from './simulator-catalog.ts'

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

const strong = ['sim-large', 'sim-claude']

describe('the policy auto', () => {
  it.each([
    'Prove that there are infinitely many primes congruent to 3 modulo 4.',
    'Compute the Galois group of x⁴ − 4x² + 2.',
    'Zeige: ∫₀^∞ sin(x)/x dx = π/2',
    'Prove that the square root of 2 is irrational',
    '70-year-old with chest pain, troponin 0.8, creatinine 2.4: next steps?',
    'Is this limitation of liability valid?',
    'Derive the Landau levels in the symmetric gauge.',
  ])('takes a strong model for "%s", however short it is', prompt => {
    expect(strong).toContain(chosenFor(prompt))
  })

  it.each(['hey, how is your day going?', 'What is the capital of Peru?', 'Thanks, bye!'])(
    'takes a cheaper one for "%s"',
    prompt => {
      expect(strong).not.toContain(chosenFor(prompt))
    },
  )

  it('passes over a model that cannot do what is asked', () => {
    const tools = [{ type: 'function', function: { name: 'f', parameters: {} } }]
    expect(chosenFor('hey', { tools })).toBe('sim-medium')
  })
})
