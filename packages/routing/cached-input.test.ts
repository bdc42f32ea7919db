import { describe, expect, it } from '@jest/globals'
import type { LastTurn } from '@longhaul/contracts'
import { catalogOf, decideOnce, liveOf, NOW, requestOf } from './testing/fixtures.ts'

const cached = { input: 2, output: 8, cached_input: 0.2 }
const catalog = catalogOf(
  {
    one: { quality: 0.7, price: cached },
    other: { quality: 0.7, price: { input: 1.9, output: 7.6 } },
    strong: { quality: 0.97, price: { input: 6, output: 24 } },
  },
  {
    economy: { strategy: 'predictive', prefer: 'economy' },
    quality: { strategy: 'predictive', prefer: 'quality' },
    cheapest: { strategy: 'cheapest' },
    weak: { strategy: 'predictive', models: ['other', 'strong'] },
  },
)
const history = 'We spoke about gardens, roses and what to plant in spring. '.repeat(400)
const conversation = [
  { role: 'user', content: history },
  { role: 'assistant', content: 'Roses, then.' },
]
const smallTalk = { role: 'user', content: 'Thanks, have a nice day, see you tomorrow then!' }
const proof = {
  role: 'user',
  content:
    'Prove that every finite integral domain is a field, then that a principal ideal domain is factorial, rigorously.',
}

function lastTurnOf(fields: Partial<LastTurn> = {}): LastTurn {
  const counted = { inputTokens: 5_000, tokens: 5_010 }
  return { model: 'one', deployment: 'one/main', ...counted, at: NOW - 60_000, ...fields }
}

function decide(policy: string, fields: object = {}, live = liveOf(), turn = smallTalk) {
  const body = { messages: [...conversation, turn] }
  return decideOnce(catalog, requestOf({ body, ...fields }), live, { policy })
}

describe('a conversation', () => {
  it('goes to the model that is best for the turn, while nothing is known of the turn before', () => {
    expect(decide('economy').route).toEqual({ model: 'other', fallbacks: ['one', 'strong'] })
    expect(decide('economy').record.conversation).toBeUndefined()
  })

  it.each(['economy', 'cheapest'])(
    'under %s stays with the model that has it in its cache',
    policy => {
      const { route, record } = decide(policy, { lastTurn: lastTurnOf() })
      expect(route).toMatchObject({ model: 'one', cachedAt: 'one/main' })
      expect(record.conversation).toMatchObject({ model: 'one', kept: true, cached_tokens: 5_010 })
      expect(record.conversation?.saving_usd).toBeCloseTo((5_010 * 1.8) / 1e6, 9)
      expect(record.reason).toMatch(
        /one has the conversation: 5,010 tokens cached, which saves \$0.009$/,
      )
      const alone = decide(policy).record.candidates.find(({ model }) => model === 'one')
      const [chosen] = record.candidates
      const saved = (alone?.estimated_cost_usd ?? 0) - (chosen?.estimated_cost_usd ?? 0)
      expect(saved).toBeCloseTo(record.conversation?.saving_usd ?? 0, 9)
      expect(record.estimates.cost_usd).toBe(chosen?.estimated_cost_usd)
    },
  )

  it.each<[string, Partial<LastTurn>]>([
    ['its providers have forgotten it', { at: NOW - 301_000 }],
    ['it is too short to be kept', { inputTokens: 900, tokens: 1_000 }],
    ['the caller has cut it since', { inputTokens: 60_000, tokens: 60_100 }],
    ['the model sells cached input for no less', { model: 'other' }],
  ])('is bound to no model where %s', (_, fields) => {
    const { route, record } = decide('economy', { lastTurn: lastTurnOf(fields) })
    expect(route?.model).toBe('other')
    expect(route?.cachedAt).toBeUndefined()
    expect(record.conversation).toMatchObject({ cached_tokens: 0, saving_usd: 0 })
  })

  it('leaves its model when that does not suffice any more', () => {
    const lastTurn = lastTurnOf()
    expect(decide('quality', { lastTurn }, liveOf(), proof).record).toMatchObject({
      model: 'strong',
      reason: expect.stringMatching(
        /; the turn before went to one: another is worth more than what it would save$/,
      ),
      conversation: { model: 'one', kept: false },
    })
  })

  it('leaves its model while its breakers are open', () => {
    const open = liveOf({ one: { openUntil: NOW + 10_000 } })
    const { record } = decide('economy', { lastTurn: lastTurnOf() }, open)
    expect(record.model).toBe('other')
    expect(record.conversation?.left_because).toBe('its breakers are open')
  })

  it('leaves its model when that is out of the question', () => {
    const { record } = decide('weak', { lastTurn: lastTurnOf() })
    expect(record.conversation).toMatchObject({ kept: false, cached_tokens: 0 })
    expect(record.conversation?.left_because).toBe(
      record.filtered.find(({ model }) => model === 'one')?.detail,
    )
  })

  it('leaves its model when the wait there is too long for the deadline', () => {
    const live = liveOf({
      one: { latencyMs: 1_000, queued: 1_000, capacity: 10 },
      other: { latencyMs: 1_000 },
      strong: { latencyMs: 1_000 },
    })
    const hurried = { lastTurn: lastTurnOf(), deadlineAt: NOW + 20_000 }
    expect(decide('economy', hurried, live).record.model).toBe('other')
    expect(decide('economy', { lastTurn: lastTurnOf() }, live).record.model).toBe('one')
  })
})
