import { describe, expect, it } from '@jest/globals'
import { PublishedBounds } from './published-bounds.ts'

const key = { lane: 'bulk' as const, tenantId: 'tenant_a', model: 'm' }

/** Rounds of 20 ms in each of which workers take so many; what is released fills the bound. */
function boundAfter(rounds: number, takenPerRound: number): number {
  const bounds = new PublishedBounds()
  let published = 0
  for (let round = 0; round < rounds; round += 1) {
    bounds.observe([key], [{ ...key, count: published }], { now: round * 20, most: 2_000 })
    published = Math.max(0, bounds.of(key, 2_000) - takenPerRound)
  }
  return bounds.of(key, 2_000)
}

describe('the bound of what is published', () => {
  it('stays small for a model that answers fifty a second', () => {
    expect(boundAfter(500, 1)).toBe(32)
  })

  it('grows to some rounds of work for one that answers thousands', () => {
    const bound = boundAfter(500, 100)
    expect(bound).toBeGreaterThanOrEqual(128)
    expect(bound).toBeLessThanOrEqual(256)
  })

  it('never exceeds the configuration', () => {
    expect(boundAfter(500, 100_000)).toBe(2_000)
  })

  it('begins small again when nothing was due', () => {
    const bounds = new PublishedBounds()
    for (let now = 0; now < 200; now += 20) bounds.observe([key], [], { now, most: 2_000 })
    expect(bounds.of(key, 2_000)).toBe(2_000)
    bounds.observe([], [], { now: 220, most: 2_000 })
    bounds.observe([key], [], { now: 240, most: 2_000 })
    expect(bounds.of(key, 2_000)).toBe(32)
  })

  it('leaves urgent lanes alone', () => {
    expect(new PublishedBounds().of({ ...key, lane: 'interactive' }, 2_000)).toBe(2_000)
  })
})
