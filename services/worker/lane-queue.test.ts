import { describe, expect, it } from '@jest/globals'
import { LaneQueue } from './lane-queue.ts'

const weights = { interactive: { weight: 4 }, standard: { weight: 2 }, bulk: { weight: 1 } }

function popped(queue: LaneQueue<string>, count: number, now = 0): string[] {
  return Array.from({ length: count }, () => queue.pop(now) ?? '-')
}

describe('a lane queue', () => {
  it('drains lanes by weight', () => {
    const queue = new LaneQueue<string>(weights)
    for (const lane of ['interactive', 'standard', 'bulk'] as const) {
      for (let n = 0; n < 70; n += 1) queue.push(lane, 't', lane)
    }
    const counts = Object.groupBy(popped(queue, 70), lane => lane)
    expect([counts.interactive?.length, counts.standard?.length, counts.bulk?.length]).toEqual([
      40, 20, 10,
    ])
  })

  it('serves tenants in turn, whatever each has waiting', () => {
    const queue = new LaneQueue<string>(weights)
    for (let n = 0; n < 100; n += 1) queue.push('bulk', 'large', `large-${n}`)
    queue.push('bulk', 'small', 'small-0')
    expect(popped(queue, 3)).toEqual(['large-0', 'small-0', 'large-1'])
  })

  it('serves first who was served little of late, then all in turn', () => {
    const queue = new LaneQueue<string>(weights)
    for (let n = 0; n < 400; n += 1) queue.push('bulk', 'large', 'large')
    for (let second = 0; second < 4; second += 1) popped(queue, 50, 1_000 * second)
    for (let n = 0; n < 200; n += 1) queue.push('bulk', 'small', 'small')
    expect(popped(queue, 100, 4_000)).not.toContain('large')
    const later = popped(queue, 100, 5_000).filter(item => item === 'large')
    expect(later.length).toBeGreaterThan(20)
  })

  it('serves all when the clock is set back', () => {
    const queue = new LaneQueue<string>(weights)
    for (let n = 0; n < 4; n += 1) queue.push('bulk', 'known', 'known')
    popped(queue, 2, 7_200_000)
    queue.push('bulk', 'new', 'new')
    expect(popped(queue, 3, 0).toSorted()).toEqual(['known', 'known', 'new'])
  })

  it('takes no share from who is drained and comes again', () => {
    const queue = new LaneQueue<string>(weights)
    for (const tenant of ['a', 'b']) queue.push('bulk', tenant, tenant)
    for (const item of [...queue.drain()]) queue.push('bulk', item, item)
    queue.push('bulk', 'a', 'a')
    expect(popped(queue, 3)).toEqual(['a', 'b', 'a'])
  })

  it('keeps the order of a tenant, and counts', () => {
    const queue = new LaneQueue<string>(weights)
    for (const item of ['a', 'b', 'c']) queue.push('standard', 't', item)
    expect([...queue.drain()]).toEqual(['a', 'b', 'c'])
    expect([queue.size, queue.pop(0)]).toEqual([0, undefined])
  })
})
