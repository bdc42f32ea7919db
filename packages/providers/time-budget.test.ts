import { describe, expect, it } from '@jest/globals'
import { TimeBudget } from './time-budget.ts'

describe('a budget of time', () => {
  let now = 0
  const busy = { now: () => now, ran: () => now }
  const work = (ms: number) => () => {
    now += ms
    return 'done'
  }

  it('is spent by what work took, and refilled by its share of all time', () => {
    const budget = new TimeBudget({ burstMs: 1_000, share: 0.25 }, busy)
    expect(budget.during(work(1_200))).toBe('done') // 200 too many, of which its own time brings 300
    expect(budget.during(work(140))).toBe('done')
    expect(budget.during(work(1))).toBeUndefined()
    now += 10
    expect(budget.during(work(1))).toBeUndefined()
    now += 20
    expect(budget.during(work(1))).toBe('done')
  })

  it('saves up no more than may be spent at once', () => {
    const budget = new TimeBudget({ burstMs: 100, share: 0.25 }, busy)
    now += 3_600_000
    budget.during(work(150))
    expect(budget.during(work(1))).toBeUndefined()
  })

  it('counts work that failed', () => {
    const budget = new TimeBudget({ burstMs: 100, share: 0 }, busy)
    const failing = () => {
      now += 100
      throw new Error('failed')
    }
    expect(() => budget.during(failing)).toThrow('failed')
    expect(budget.during(work(1))).toBeUndefined()
  })

  it('does not count while others have the processor', () => {
    let ran = 0
    const budget = new TimeBudget({ burstMs: 100, share: 0 }, { now: () => now, ran: () => ran })
    const held = () => {
      now += 5_000
      ran += 60
      return 'done'
    }
    expect([budget.during(held), budget.during(held)]).toEqual(['done', 'done'])
    expect(budget.during(held)).toBeUndefined()
  })
})
