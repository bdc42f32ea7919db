import { describe, expect, it } from '@jest/globals'
import { type DaySums, paceOf } from './spending.ts'

const none: DaySums = { decided: 0, seconds: 0, chosen: 0, expected: 0, released: 0, recorded: 0 }
const NOON = 43_200
const pace = (today: Partial<DaySums>, yesterday: Partial<DaySums> = {}, underWay = 0) =>
  paceOf(10, { today: { ...none, ...today }, yesterday: { ...none, ...yesterday } }, NOON, underWay)

describe('the pace of a budget', () => {
  it('shares what is left over the jobs to come, at the rate since they come', () => {
    const evenly = { decided: 1_000, seconds: 1_000 * (NOON / 2) }
    expect(pace({ ...evenly, expected: 4, released: 4, recorded: 4 })).toEqual({
      spentUsd: 4,
      usdPerJob: expect.closeTo(6 / 1_000, 9),
    })
    const sinceTen = { decided: 1_000, seconds: 1_000 * (NOON - 3_600) }
    expect(pace({ ...sinceTen, expected: 4, released: 4, recorded: 4 }).usdPerJob).toBeCloseTo(
      6 / 6_000,
      9,
    )
  })

  it('takes the rate of the last 24 hours, where there was a yesterday', () => {
    const { usdPerJob } = pace({ decided: 100 }, { decided: 4_000 })
    expect(usdPerJob).toBeCloseTo(10 / ((100 + 2_000) / 2), 9)
  })

  it('counts what is under way as expected, by what calls have cost over that', () => {
    const today = { decided: 10, expected: 3, released: 2, recorded: 4 }
    const { spentUsd } = pace(today, {}, 100)
    expect(spentUsd).toBeCloseTo(4 + (4.1 / 2.1) * 1, 9)
  })

  it('does not wait for what got lost: no more is under way than jobs are', () => {
    expect(pace({ decided: 10, expected: 3, released: 2, recorded: 2 }, {}, 0).spentUsd).toBe(2)
  })

  it('allows nothing once it is spent', () => {
    expect(pace({ decided: 10, expected: 12, released: 12, recorded: 12 }).usdPerJob).toBe(0)
  })
})
