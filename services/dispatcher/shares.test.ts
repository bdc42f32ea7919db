import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { Shares, type Taker } from './shares.ts'

const taker = (name: string, weight = 1, room = Number.POSITIVE_INFINITY): Taker => ({
  name,
  weight,
  room,
})

function sharesOf(shares: Shares, amount: number, takers: readonly Taker[]): number[] {
  shares.begin()
  return shares.share(amount, takers)
}

describe('shares', () => {
  it('are by weight, and what one cannot take goes to the others', () => {
    const shares = new Shares()
    expect(sharesOf(shares, 90, [taker('a', 8), taker('b', 1)])).toEqual([80, 10])
    expect(sharesOf(shares, 90, [taker('a', 8, 5), taker('b', 1)])).toEqual([5, 85])
    expect(sharesOf(shares, 90, [taker('a', 8, 5), taker('b', 1, 0)])).toEqual([5, 0])
  })

  it('of less than one a round are served in turn', () => {
    const shares = new Shares()
    const takers = [taker('a'), taker('b'), taker('c')]
    const rounds = Array.from({ length: 6 }, () => sharesOf(shares, 1, takers))
    const sums = takers.map((_, index) => rounds.reduce((sum, one) => sum + (one[index] ?? 0), 0))
    expect(sums).toEqual([2, 2, 2])
  })

  it('are not saved up by who takes no part', () => {
    const shares = new Shares()
    for (let round = 0; round < 100; round += 1) sharesOf(shares, 10, [taker('a')])
    expect(sharesOf(shares, 10, [taker('a'), taker('b')])).toEqual([5, 5])
  })

  it('never exceed the amount or a room, and leave nothing over that somebody can take', () => {
    const someTakers = fc.array(
      fc.record({ weight: fc.integer({ min: 1, max: 20 }), room: fc.integer({ min: 0, max: 50 }) }),
      { maxLength: 8 },
    )
    const rounds = fc.array(fc.tuple(fc.integer({ min: 0, max: 200 }), someTakers), {
      maxLength: 20,
    })
    fc.assert(
      fc.property(rounds, all => {
        const shares = new Shares()
        for (const [amount, some] of all) {
          const takers = some.map((one, index) => ({ name: String(index), ...one }))
          const counts = sharesOf(shares, amount, takers)
          const room = takers.reduce((sum, one) => sum + one.room, 0)
          expect(counts.reduce((sum, count) => sum + count, 0)).toBe(Math.min(amount, room))
          for (const [index, count] of counts.entries()) {
            expect(count).toBeGreaterThanOrEqual(0)
            expect(count).toBeLessThanOrEqual(takers[index]?.room ?? 0)
          }
        }
      }),
    )
  })
})
