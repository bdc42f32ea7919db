import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { geometric, ResponseCurve } from './response-curve.ts'
import { type Option, usageAt } from './usage.ts'

const prices = [0, ...geometric(0.01, 100)]
const option = fc.record({ utility: fc.double({ min: 0, max: 1, noNaN: true }), usage: fc.nat(9) })
const options = fc
  .array(option, { minLength: 1, maxLength: 6 })
  .map(list => list.map((one): Option => ({ ...one, charge: one.usage })))

describe('what is taken', () => {
  it('is never more at a higher price, and at the highest the least there is', () => {
    fc.assert(
      fc.property(options, list => {
        const taken = [...usageAt(prices, list)]
        expect(taken).toEqual(taken.toSorted((a, b) => b - a))
        expect(taken.at(-1)).toBe(Math.min(...list.map(({ usage }) => usage)))
      }),
    )
  })
})

describe('the response of recent decisions', () => {
  it('knows no price before the first', () => {
    expect(new ResponseCurve(prices, 128).priceFor(1)).toBeUndefined()
  })

  it('gives the price at which they take on average what is allowed', () => {
    const curve = new ResponseCurve(prices, 128)
    // A hundred jobs that gain 0.01, 0.02 … 1 by taking 1.
    for (let gain = 1; gain <= 100; gain++) {
      const better = { utility: gain / 100, charge: 1, usage: 1 }
      curve.add(usageAt(prices, [{ utility: 0, charge: 0, usage: 0 }, better]))
    }
    for (const allowed of [0.1, 0.3, 0.5, 0.9]) {
      expect(curve.priceFor(allowed)).toBeCloseTo(1 - allowed, 1)
    }
    expect(curve.priceFor(1)).toBe(0)
  })

  it('follows a drift within its window, and takes over what another life knew', () => {
    const curve = new ResponseCurve(prices, 128)
    const worth = (utility: number) =>
      usageAt(prices, [
        { utility: 0, charge: 0, usage: 0 },
        { utility, charge: 1, usage: 1 },
      ])
    for (let count = 0; count < 200; count++) curve.add(worth(10))
    for (let count = 0; count < 128; count++) curve.add(worth(0.1))
    expect(curve.priceFor(0.5)).toBeCloseTo(0.1, 1)
    const next = new ResponseCurve(prices, 128)
    next.restore(curve.means)
    expect(next.priceFor(0.5)).toBe(curve.priceFor(0.5))
    next.restore([1, 2, 3])
    expect(next.priceFor(0.5)).toBe(curve.priceFor(0.5))
  })
})
