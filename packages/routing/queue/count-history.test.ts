import { describe, expect, it } from '@jest/globals'
import { CountHistory } from './count-history.ts'

describe('CountHistory', () => {
  it('knows what had come by when, evenly between two moments', () => {
    const history = new CountHistory()
    history.set(1_000, 10)
    history.set(2_000, 20)
    expect([500, 1_000, 1_500, 2_000, 9_000].map(at => history.by(at))).toEqual([0, 10, 15, 20, 20])
  })

  it('forgets how exactly it was, not how much', () => {
    const history = new CountHistory()
    for (let at = 1; at <= 100_000; at += 1) history.set(at, at * 3)
    expect(history.last).toBe(300_000)
    for (const at of [1, 40_000, 99_999]) expect(history.by(at)).toBeCloseTo(at * 3)
  })
})
