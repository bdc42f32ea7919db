import { describe, expect, it } from '@jest/globals'
import { predictWait, type QueueState, restOfCall, withCall } from './prediction.ts'

/** Ten calls at a time of ten seconds each, one beginning each second. */
const busy: QueueState = {
  waiting: { interactive: 0, standard: 59, bulk: 0 },
  arrivals: { interactive: 0, standard: 0.001, bulk: 0 },
  weights: { interactive: 12, standard: 4, bulk: 1 },
  inFlight: 10,
  capacity: 10,
  pace: 0.001,
  variation: 1,
  paceError: 0,
}

describe('predictWait', () => {
  it('is nothing while a call is free', () => {
    const free = { ...busy, waiting: { interactive: 0, standard: 0, bulk: 0 }, inFlight: 9 }
    expect(predictWait(free, 'standard', 0)).toEqual({ ms: 0, earliestMs: 0, latestMs: 0 })
  })

  it('is the jobs before, and the job itself, at the pace at which calls begin', () => {
    const { ms, earliestMs, latestMs } = predictWait(busy, 'standard', 59)
    expect(ms).toBe(60_000)
    expect(earliestMs).toBeLessThan(55_000)
    expect(latestMs).toBeGreaterThan(65_000)
  })

  it('lets an urgent lane pass by what it has, and by no more than its weight', () => {
    expect(predictWait(busy, 'interactive', 0).ms).toBeCloseTo(1_333, -1)
    const urgent = { ...busy, waiting: { ...busy.waiting, interactive: 20 } }
    expect(predictWait(urgent, 'standard', 59).ms).toBe(80_000)
    const flood = { ...busy, waiting: { ...busy.waiting, interactive: 10_000 } }
    expect(predictWait(flood, 'standard', 59).ms).toBe(59_000 + 1_000 + 180_000)
  })

  it('counts what comes in other lanes while the job waits', () => {
    const arrivals = { ...busy.arrivals, interactive: 0.0005 }
    expect(predictWait({ ...busy, arrivals }, 'standard', 59).ms).toBe(120_000)
  })

  it('is the surer, for its length, the more jobs are before', () => {
    const widthOf = (ahead: number) => {
      const { ms, earliestMs, latestMs } = predictWait(busy, 'standard', ahead)
      return (latestMs - earliestMs) / ms
    }
    expect(widthOf(10)).toBeGreaterThan(widthOf(100))
    expect(widthOf(100)).toBeGreaterThan(widthOf(1_000))
  })
})

describe('an answer', () => {
  it('comes after the wait and the call, each of which may vary', () => {
    const wait = { ms: 60_000, earliestMs: 50_000, latestMs: 70_000 }
    const { ms, earliestMs, latestMs } = withCall(wait, 10_000, 0.5)
    expect(ms).toBe(70_000)
    expect(earliestMs).toBeLessThan(60_000)
    expect(latestMs).toBeGreaterThan(80_000)
  })

  it('comes when the rest of a call is over, and of one that lasts long some time later', () => {
    expect(restOfCall(4_000, 10_000, 0.2).ms).toBe(6_000)
    expect(restOfCall(60_000, 10_000, 0.2).ms).toBe(1_000)
    expect(restOfCall(60_000, 10_000, 0.2).earliestMs).toBe(0)
  })
})
