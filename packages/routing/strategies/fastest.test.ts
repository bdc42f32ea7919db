import { describe, expect, it } from '@jest/globals'
import { createRouter } from '../router.ts'
import { catalogOf, decideOnce, liveOf, NOW, optionsOf, requestOf } from '../testing/fixtures.ts'

const policies = { fast: { strategy: 'fastest' } }
const catalog = catalogOf({ a: {}, b: {}, c: {} }, policies, 'fast')
const settled = { a: { latencyMs: 900 }, b: { latencyMs: 1_500 }, c: { latencyMs: 1_400 } }

/** The models of so many decisions that see the same figures. */
function choices(live: Parameters<typeof liveOf>[0], times: number[]): string {
  const router = createRouter(catalog)
  return times
    .map(now => router.decide(requestOf(), liveOf(live), optionsOf({ now })).route?.model)
    .join('')
}

describe('fastest', () => {
  it('takes the lowest mean latency', () => {
    const { record } = decideOnce(catalog, requestOf(), liveOf(settled))
    expect(record).toMatchObject({ model: 'a', fallbacks: ['c', 'b'] })
    expect(record.reason).toBe(
      'fastest of 3 models that qualify: 900 ms expected against 1,400 ms expected for c',
    )
  })

  it('counts the wait behind what is in flight and queued', () => {
    const live = liveOf({
      ...settled,
      a: { latencyMs: 900, inFlight: 10, queued: 5, capacity: 10 },
    })
    expect(decideOnce(catalog, requestOf(), live).route).toEqual({
      model: 'c',
      fallbacks: ['b', 'a'],
    })
  })

  it('tries a model without a latency, twice a second', () => {
    const live = { ...settled, b: {} }
    const { record } = decideOnce(catalog, requestOf(), liveOf(live))
    expect(record.reason).toBe('tried to learn its latency, of 3 models that qualify')
    expect(choices(live, [NOW, NOW, NOW, NOW, NOW + 1_000])).toBe('bbaab')
  })

  it('tries it no more while two of its jobs are under way', () => {
    expect(choices({ ...settled, b: { inFlight: 1, queued: 1 } }, [NOW, NOW])).toBe('aa')
  })

  it('spreads jobs over models of which nothing is known', () => {
    const models = choices({}, Array(300).fill(NOW))
    for (const model of 'abc') expect(models.split(model).length - 1).toBeGreaterThan(95)
  })
})
