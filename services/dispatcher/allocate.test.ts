import { describe, expect, it } from '@jest/globals'
import type { DispatchKey } from '@longhaul/store'
import { type AllocateOptions, allocate, type Due } from './allocate.ts'
import { Shares } from './shares.ts'

const figures = {
  budget: 120,
  bound: () => 100,
  laneWeights: { interactive: { weight: 8 }, standard: { weight: 3 }, bulk: { weight: 1 } },
}
const options = (changed: Partial<AllocateOptions> = {}): AllocateOptions => ({
  ...figures,
  shares: new Shares(),
  ...changed,
})
const key = (
  lane: DispatchKey['lane'],
  tenantId: string,
  model = 'm',
  batchId: string | null = null,
  priority = 0,
): Due => ({ lane, tenantId, model, batchId, priority })
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
    const quotas = allocate(due, [], options())
    expect([countOf(quotas, 'a'), countOf(quotas, 'b')]).toEqual([60, 60])
  })

  it('is shared by lanes by weight', () => {
    const quotas = allocate(
      [key('interactive', 'a'), key('bulk', 'a')],
      [],
      options({ budget: 90 }),
    )
    expect([countOf(quotas, 'a', 'interactive'), countOf(quotas, 'a', 'bulk')]).toEqual([80, 10])
  })

  it('gives what one cannot use to the others, and no key more than its room', () => {
    const quotas = allocate(
      [key('bulk', 'a'), key('bulk', 'b')],
      [{ ...key('bulk', 'a'), count: 95 }],
      options(),
    )
    expect([countOf(quotas, 'a'), countOf(quotas, 'b')]).toEqual([5, 100])
  })

  it('never exceeds the budget, and is empty when nobody has room', () => {
    const due = [key('bulk', 'a'), key('standard', 'b'), key('interactive', 'c')]
    const total = allocate(due, [], options({ budget: 7 })).reduce(
      (sum, { count }) => sum + count,
      0,
    )
    expect(total).toBe(7)
    expect(allocate([key('bulk', 'a')], [{ ...key('bulk', 'a'), count: 100 }], options())).toEqual(
      [],
    )
  })

  it('lets unrouted jobs trickle while their tenant has enough published in the lane', () => {
    const published = [
      { ...key('bulk', 'a', ''), count: 30 },
      { ...key('bulk', 'a', 'busy'), count: 90 },
    ]
    expect(allocate([key('bulk', 'a', '')], published, options())).toMatchObject([
      { lane: 'bulk', tenantId: 'a', model: '', count: 5 },
    ])
  })

  it("is shared alike by a tenant's batches, which take no share of other tenants", () => {
    const due = [
      key('bulk', 'a', 'm', 'batch_1'),
      key('bulk', 'a', 'm', 'batch_2'),
      key('bulk', 'b', 'm', 'batch_3'),
    ]
    const quotas = allocate(due, [], options())
    expect(quotas.map(({ batchId, count }) => [batchId, count])).toEqual([
      ['batch_1', 30],
      ['batch_2', 30],
      ['batch_3', 60],
    ])
  })

  it('goes to the batches of the highest priority, but for a trickle', () => {
    const due = [
      key('bulk', 'a', 'm', 'batch_1', 0),
      key('bulk', 'a', 'm', 'batch_2', 5),
      key('bulk', 'a', 'm', 'batch_3', 5),
    ]
    const quotas = allocate(due, [], options({ budget: 50 }))
    expect(quotas.map(({ batchId, count }) => [batchId, count])).toEqual([
      ['batch_2', 24],
      ['batch_3', 24],
      ['batch_1', 2],
    ])
  })

  it('however small starves nobody: what is due is carried over', () => {
    const due = [
      key('interactive', 'a'),
      key('bulk', 'a', 'm', 'batch_1', 5),
      key('bulk', 'a', 'm', 'batch_2'),
      key('bulk', 'b', 'm', 'batch_3'),
    ]
    const ofEach = options({ budget: 1 })
    const counts = new Map<string | null, number>()
    for (let round = 0; round < 3_600; round += 1) {
      for (const { batchId, count } of allocate(due, [], ofEach)) {
        counts.set(batchId, (counts.get(batchId) ?? 0) + count)
      }
    }
    expect(counts.get(null)).toBe(3_200)
    expect(counts.get('batch_3')).toBe(200)
    expect(counts.get('batch_1')).toBe(190)
    expect(counts.get('batch_2')).toBe(10)
  })
})
