import { describe, expect, it } from '@jest/globals'
import type { DispatchKey } from '@longhaul/store'
import { allocate } from './allocate.ts'

const options = {
  budget: 120,
  perKey: 100,
  laneWeights: { interactive: { weight: 8 }, standard: { weight: 3 }, bulk: { weight: 1 } },
}
const key = (lane: DispatchKey['lane'], tenantId: string, model = 'm'): DispatchKey => ({
  lane,
  tenantId,
  model,
})
const countOf = (quotas: ReturnType<typeof allocate>, tenantId: string, lane = 'bulk') =>
  quotas
    .filter(quota => quota.tenantId === tenantId && quota.lane === lane)
    .reduce((sum, { count }) => sum + count, 0)

describe('a round', () => {
  it('is shared alike by tenants, however many keys each has', () => {
    const due = [
      key('bulk', 'a', 'm1'),
      key('bulk', 'a', 'm2'),
      key('bulk', 'a', 'm3'),
      key('bulk', 'b'),
    ]
    const quotas = allocate(due, [], options)
    expect([countOf(quotas, 'a'), countOf(quotas, 'b')]).toEqual([60, 60])
  })

  it('is shared by lanes by weight', () => {
    const quotas = allocate([key('interactive', 'a'), key('bulk', 'a')], [], {
      ...options,
      budget: 90,
    })
    expect([countOf(quotas, 'a', 'interactive'), countOf(quotas, 'a', 'bulk')]).toEqual([80, 10])
  })

  it('gives what one cannot use to the others, and no key more than its room', () => {
    const quotas = allocate(
      [key('bulk', 'a'), key('bulk', 'b')],
      [{ ...key('bulk', 'a'), count: 95 }],
      options,
    )
    expect([countOf(quotas, 'a'), countOf(quotas, 'b')]).toEqual([5, 100])
  })

  it('never exceeds the budget, and is empty when nobody has room', () => {
    const due = [key('bulk', 'a'), key('standard', 'b'), key('interactive', 'c')]
    const total = allocate(due, [], { ...options, budget: 7 }).reduce(
      (sum, { count }) => sum + count,
      0,
    )
    expect(total).toBe(7)
    expect(allocate([key('bulk', 'a')], [{ ...key('bulk', 'a'), count: 100 }], options)).toEqual([])
  })

  it('lets unrouted jobs trickle while their tenant has enough published in the lane', () => {
    const published = [
      { ...key('bulk', 'a', ''), count: 30 },
      { ...key('bulk', 'a', 'busy'), count: 90 },
    ]
    expect(allocate([key('bulk', 'a', '')], published, options)).toEqual([
      { ...key('bulk', 'a', ''), count: 5 },
    ])
  })
})
