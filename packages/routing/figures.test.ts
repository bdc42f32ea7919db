import { describe, expect, it } from '@jest/globals'
import { count, percent, usd } from './figures.ts'

describe('figures', () => {
  it.each([
    [0, '$0'],
    [0.000_000_000_4, 'under $0.000001'],
    [0.000_123_4, '$0.00012'],
    [0.004_1, '$0.0041'],
    [0.999, '$1'],
    [1.5, '$1.5'],
    [12.345, '$12.35'],
    [1_000, '$1000'],
  ])('show %d dollars as %s', (amount, shown) => {
    expect(usd(amount)).toBe(shown)
  })

  it.each([
    [0, '0'],
    [999, '999'],
    [1_000, '1,000'],
    [128_000, '128,000'],
    [1_234_567, '1,234,567'],
    [12.6, '13'],
  ])('show %d as %s', (amount, shown) => {
    expect(count(amount)).toBe(shown)
  })

  it('show shares as whole percents', () => {
    expect(percent(0.368)).toBe('37%')
  })
})
