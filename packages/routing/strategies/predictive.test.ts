import { describe, expect, it } from '@jest/globals'
import { createRouter } from '../router.ts'
import {
  catalogOf,
  chat,
  decideOnce,
  liveOf,
  NOW,
  optionsOf,
  requestOf,
} from '../testing/fixtures.ts'

const tiers = {
  tiny: { quality: 0.5, price: { input: 0.05, output: 0.2 } },
  middle: { quality: 0.75, price: { input: 0.5, output: 2 } },
  best: { quality: 0.95, price: { input: 5, output: 20 } },
}
const policies = {
  quality: { strategy: 'predictive', prefer: 'quality' },
  balanced: { strategy: 'predictive' },
  economy: { strategy: 'predictive', prefer: 'economy' },
}
const catalog = catalogOf(tiers, policies)
const proof = chat(
  'Prove that every finite integral domain is a field, and say where finiteness is needed.',
)
const greeting = chat('Hi, how are you?')

function chosen(policy: string, request = proof, live = liveOf()): string | null {
  return decideOnce(catalog, request, live, { policy }).record.model
}

describe('predictive', () => {
  it('is what auto means when the configuration says nothing', () => {
    expect(decideOnce(catalog).record).toMatchObject({ policy: 'auto', strategy: 'predictive' })
  })

  it('gives a proof to a strong model and small talk to a cheap one', () => {
    expect(chosen('quality', proof)).toBe('best')
    expect(chosen('balanced', greeting)).toBe('tiny')
    expect(chosen('economy', greeting)).toBe('tiny')
  })

  it('tells what it made of the prompt, and what it expects of each model', () => {
    const { record } = decideOnce(catalog, proof, liveOf(), { policy: 'quality' })
    expect(record.prompt).toMatchObject({ domain: 'math', intent: 'mathematics', language: 'en' })
    expect(record.prompt?.complexity).toBeGreaterThan(0.3)
    expect(record.candidates.map(({ model }) => model)).toEqual(['best', 'middle', 'tiny'])
    for (const { quality, quality_uncertainty } of record.candidates) {
      expect(quality).toBeGreaterThan(0)
      expect(quality).toBeLessThanOrEqual(1)
      expect(quality_uncertainty).toBeGreaterThan(0)
    }
    expect(record.reason).toMatch(
      /^of highest utility for this prompt \(math, mathematics, complexity \d+%\): \d+% quality at \$/,
    )
  })

  it('estimates what it chose by the figures of that candidate, and the answer that it expects', () => {
    const { record } = decideOnce(catalog, proof, liveOf(), { policy: 'quality' })
    const { estimates, candidates, prompt } = record
    expect(estimates.cost_usd).toBe(candidates[0]?.estimated_cost_usd)
    expect(estimates.output_tokens).toBe(prompt?.output_tokens)
    const { input_tokens: input, output_tokens: output } = estimates
    expect(estimates.cost_usd).toBeCloseTo((input * 5 + output * 20) / 1e6, 9)
  })

  it('decides by the last turn: a look-up after a proof is a look-up', () => {
    const messages = [
      { role: 'user', content: 'Prove the spectral theorem for compact operators.' },
      { role: 'assistant', content: 'Let T be a compact self-adjoint operator …' },
      { role: 'user', content: 'What is the capital of France, by the way? I forgot it just now.' },
    ]
    const ofAll = decideOnce(catalog, requestOf({ body: { messages } })).record.prompt
    const ofFirst = decideOnce(catalog, chat(messages[0]?.content)).record.prompt
    const ofLast = decideOnce(catalog, chat(messages[2]?.content)).record.prompt
    expect(ofAll).toMatchObject({ turns: 2, complexity: ofLast?.complexity })
    expect(ofLast?.complexity).toBeLessThan(ofFirst?.complexity ?? 0)
  })

  it('does not look at case or white space', () => {
    const text = 'Which of these  clauses binds\nthe Supplier, and WHY is it void?'
    const [one, other] = [text, text.toLowerCase().replace(/\s+/g, ' ')].map(
      content => decideOnce(catalog, chat(content)).record.prompt,
    )
    expect(one).toEqual(other)
  })

  it('loses no job with a deadline to a queue, and leaves patient jobs where they are', () => {
    const queue = liveOf({
      best: { latencyMs: 2_000, queued: 300, capacity: 10 },
      middle: { latencyMs: 2_000 },
      tiny: { latencyMs: 2_000 },
    })
    const hurried = { ...proof, deadlineAt: NOW + 20_000 }
    expect(chosen('quality', hurried, queue)).toBe('middle')
    expect(chosen('quality', proof, queue)).toBe('best')
    expect(chosen('quality', hurried, liveOf())).toBe('best')
  })

  it('takes the wait that the service predicts for better than its own estimate', () => {
    const none = { ms: 0, earliestMs: 0, latestMs: 0 }
    const minute = { ms: 60_000, earliestMs: 50_000, latestMs: 70_000 }
    const live = liveOf({
      best: { latencyMs: 1_000, waits: { interactive: none, standard: minute, bulk: minute } },
      middle: { latencyMs: 1_000 },
    })
    const hurried = { ...proof, deadlineAt: NOW + 20_000 }
    expect(chosen('quality', hurried, live)).not.toBe('best')
    expect(chosen('quality', proof, live)).toBe('best')
    expect(chosen('quality', { ...hurried, lane: 'interactive' }, live)).toBe('best')
  })

  it('takes the cheapest that is good enough, where the policy says what is', () => {
    const enough = (share: number) =>
      catalogOf(tiers, { p: { strategy: 'predictive', min_quality: share } }, 'p')
    expect(decideOnce(enough(1), proof).record.model).toBe('best')
    expect(decideOnce(enough(0.1), proof).record.model).toBe('tiny')
  })

  it('weighs dollars and seconds where the policy gives numbers', () => {
    const by = (usd: number, second: number) =>
      catalogOf(tiers, { p: { strategy: 'predictive', prefer: { usd, second } } }, 'p')
    const slow = liveOf({ best: { latencyMs: 90_000 }, middle: { latencyMs: 900 } })
    expect(decideOnce(by(0, 0), proof).record.model).toBe('best')
    expect(decideOnce(by(10_000, 0), proof).record.model).toBe('tiny')
    expect(decideOnce(by(0, 0.01), proof, slow).record.model).toBe('middle')
  })

  it('never costs a job more than the policy allows', () => {
    const capped = catalogOf(
      tiers,
      { p: { strategy: 'predictive', prefer: 'quality', max_cost_usd: 0.001 } },
      'p',
    )
    const { record } = decideOnce(capped, proof)
    expect(record.model).toBe('middle')
    expect(record.filtered).toMatchObject([{ model: 'best', reason: 'price' }])
  })

  it('ranks models of unknown quality by what they cost', () => {
    const unknown = catalogOf(
      { cheap: { price: { input: 0.1, output: 0.4 } }, dear: { price: { input: 10, output: 40 } } },
      policies,
    )
    expect(decideOnce(unknown, proof, liveOf(), { policy: 'quality' }).record.model).toBe('dear')
  })

  it('prefers the model whose published accuracy in the domain is higher', () => {
    const specialists = catalogOf(
      {
        jurist: { quality: 0.6, domain_quality: { law: 0.9, math: 0.3 } },
        mathematician: { quality: 0.6, domain_quality: { law: 0.3, math: 0.9 } },
      },
      policies,
    )
    const clause = chat(
      'Review this indemnity clause under English law: is the limitation of liability void?',
    )
    expect(decideOnce(specialists, proof).record.model).toBe('mathematician')
    expect(decideOnce(specialists, clause).record.model).toBe('jurist')
  })

  it('takes the cheapest for embeddings', () => {
    const endpoints = ['/v1/embeddings' as const]
    const embedders = catalogOf({
      dear: { endpoints, quality: 0.9 },
      cheap: { endpoints, price: { input: 0.01, output: 0 } },
    })
    const request = requestOf({ endpoint: '/v1/embeddings', body: { input: 'text' } })
    expect(decideOnce(embedders, request).record).toMatchObject({ model: 'cheap' })
  })

  it('draws by lot as often as it says, and stores how likely the draw was', () => {
    const exploring = catalogOf(tiers, { p: { strategy: 'predictive', explore: 0.3 } }, 'p')
    const router = createRouter(exploring)
    let state = 1
    const random = () => {
      state = (state * 16_807) % 2_147_483_647
      return state / 2_147_483_647
    }
    const seen = new Map<string, { times: number; propensity: number }>()
    const draws = 3_000
    for (let draw = 0; draw < draws; draw++) {
      const { record } = router.decide(greeting, liveOf(), optionsOf({ random }))
      const model = record.model ?? ''
      const times = (seen.get(model)?.times ?? 0) + 1
      seen.set(model, { times, propensity: record.propensity })
    }
    expect(seen.size).toBe(3)
    for (const { times, propensity } of seen.values()) {
      expect(Math.abs(times / draws - propensity)).toBeLessThan(0.03)
    }
    const total = [...seen.values()].reduce((sum, { propensity }) => sum + propensity, 0)
    expect(total).toBeCloseTo(1)
  })
})
