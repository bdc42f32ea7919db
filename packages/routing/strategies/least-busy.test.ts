import { describe, expect, it } from '@jest/globals'
import { catalogOf, decideOnce, liveOf, requestOf } from '../testing/fixtures.ts'

const catalog = catalogOf({ a: {}, b: {}, c: {} }, { calm: { strategy: 'least-busy' } }, 'calm')

describe('least-busy', () => {
  it('takes the least in flight and queued for its capacity', () => {
    const live = liveOf({
      a: { inFlight: 2, capacity: 4 },
      b: { inFlight: 8, queued: 4, capacity: 100 },
      c: { queued: 20, capacity: 10 },
    })
    const { record } = decideOnce(catalog, requestOf(), live)
    expect(record).toMatchObject({ model: 'b', fallbacks: ['a', 'c'] })
    expect(record.reason).toBe(
      'least busy of 3 models that qualify: 12% load against 50% load for a',
    )
  })

  it('bears a model without capacity', () => {
    const live = liveOf({ a: { inFlight: 1, capacity: 0 } })
    expect(decideOnce(catalog, requestOf(), live).record.model).toBe('b')
  })
})
