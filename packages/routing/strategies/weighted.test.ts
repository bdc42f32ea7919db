import { describe, expect, it } from '@jest/globals'
import { createRouter } from '../router.ts'
import { catalogOf, decideOnce, liveOf, NOW, optionsOf, requestOf } from '../testing/fixtures.ts'

const policies = { shares: { strategy: 'weighted' } }
const catalog = catalogOf(
  { a: { weight: 1 }, b: { weight: 3 }, c: { weight: 0 } },
  policies,
  'shares',
)

describe('weighted', () => {
  it.each([
    [0, 'b', 0.75],
    [0.749, 'b', 0.75],
    [0.75, 'a', 0.25],
    [0.999, 'a', 0.25],
    [1, 'b', 0.75],
  ])('a draw of %d takes %s with propensity %d', (point, model, propensity) => {
    const { record } = decideOnce(catalog, requestOf(), liveOf(), { random: () => point })
    expect(record).toMatchObject({ model, propensity })
  })

  it('says what share was drawn, and falls back by share', () => {
    const { record } = decideOnce(catalog, requestOf(), liveOf(), { random: () => 0.9 })
    expect(record.reason).toBe('drawn by weight of 3 models that qualify, with a share of 25%')
    expect(record.fallbacks).toEqual(['b', 'c'])
  })

  it('keeps to the shares over many draws', () => {
    const router = createRouter(catalog)
    let taken = 0
    for (let index = 0; index < 1_000; index++) {
      const random = () => (index * 0.618_034) % 1
      if (router.decide(requestOf(), liveOf(), optionsOf({ random })).route?.model === 'a') taken++
    }
    expect(taken).toBeGreaterThan(240)
    expect(taken).toBeLessThan(260)
  })

  it('shares among the available only', () => {
    const live = liveOf({ b: { openUntil: NOW + 1 } })
    const { record } = decideOnce(catalog, requestOf(), live, { random: () => 0.99 })
    expect(record).toMatchObject({ model: 'a', fallbacks: ['c', 'b'], propensity: 1 })
  })

  it('draws evenly when nothing that qualifies has a weight', () => {
    const idle = catalogOf({ a: { weight: 0 }, b: { weight: 0 } }, policies, 'shares')
    const { record } = decideOnce(idle, requestOf(), liveOf(), { random: () => 0.6 })
    expect(record).toMatchObject({ model: 'b', propensity: 0.5 })
  })
})
