import { describe, expect, it } from '@jest/globals'
import { createRouter } from '../router.ts'
import { catalogOf, chat, liveOf, NOW, optionsOf, requestOf } from '../testing/fixtures.ts'

const catalog = catalogOf(
  { a: {}, b: { capabilities: ['json'] }, c: { capabilities: ['json'] } },
  { turns: { strategy: 'round-robin' } },
  'turns',
)
const json = chat('Hi', { response_format: { type: 'json_object' } })

describe('round-robin', () => {
  it('takes each model in turn', () => {
    const router = createRouter(catalog)
    const decisions = Array.from({ length: 7 }, () =>
      router.decide(requestOf(), liveOf(), optionsOf()),
    )
    expect(decisions.map(({ route }) => route?.model).join('')).toBe('abcabca')
    expect(decisions[4]?.route?.fallbacks).toEqual(['c', 'a'])
    expect(decisions[4]?.record.reason).toBe('next in turn of 3 models that qualify')
  })

  it('stays fair when not every model qualifies for every request', () => {
    const router = createRouter(catalog)
    const taken: Record<string, number> = {}
    for (let index = 0; index < 3_000; index++) {
      const request = index % 2 ? json : requestOf()
      const model = router.decide(request, liveOf(), optionsOf()).route?.model ?? 'none'
      taken[model] = (taken[model] ?? 0) + 1
    }
    // A counter over the list would give one of `b` and `c` twice what it gives the other.
    expect(taken.b).toBe(taken.c)
    expect(taken.a).toBe(750)
  })

  it('gives a model that was out its turn, and no more', () => {
    const router = createRouter(catalog)
    const down = liveOf({ a: { openUntil: NOW + 1_000 } })
    const models = [down, down, down, down, liveOf(), liveOf(), liveOf(), liveOf()].map(
      live => router.decide(requestOf(), live, optionsOf()).route?.model,
    )
    expect(models.join('')).toBe('bcbcabca')
  })
})
