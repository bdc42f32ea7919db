import { beforeEach, describe, expect, it } from '@jest/globals'
import { type Accepted, nothingAccepted, QueueWatch } from './queue-watch.ts'

const weights = { interactive: 12, standard: 4, bulk: 1 }
let watch: QueueWatch
let accepted: Accepted
let begun: number

/** Looks every second from 0 on: calls of two seconds, two at a time, so that one begins each second. */
function look(atSeconds: number, waiting: number, begins = 1): void {
  begun += atSeconds === 0 ? 0 : begins
  watch.observe({
    now: atSeconds * 1_000,
    waiting: { interactive: 0, standard: waiting, bulk: 0 },
    begun: { interactive: 0, standard: begun, bulk: 0 },
    inFlight: 2,
    capacity: 2,
    latencyMs: 2_000,
    latencySdMs: 2_000,
  })
}

beforeEach(() => {
  accepted = nothingAccepted()
  watch = new QueueWatch(weights, accepted)
  begun = 0
})

describe('QueueWatch', () => {
  it('tells nothing before it has looked', () => {
    expect(watch.wait('standard')).toBeUndefined()
    expect(watch.answer('standard', 0)).toBeUndefined()
    expect(watch.rest(0)).toBeUndefined()
  })

  it('predicts from concurrency and latency at first', () => {
    look(0, 9)
    expect(watch.wait('standard')?.ms).toBe(10_000)
  })

  it('predicts from the pace that it sees, once it has seen enough', () => {
    for (let second = 0; second <= 60; second += 1) look(second, 100, second % 4 === 0 ? 1 : 0)
    expect(watch.wait('standard')?.ms).toBeGreaterThan(250_000)
  })

  it('knows the place of a job by what was accepted after it', () => {
    accepted.standard.set(100, 10)
    accepted.standard.set(5_000, 12)
    look(0, 10)
    look(5, 7, 5)
    // Twelve came, all that were accepted; two of the seven that wait came after the first second.
    expect(watch.wait('standard', 5_000)?.ms).toBeCloseTo(8_000, -2)
    expect(watch.wait('standard', 1_000)?.ms).toBeLessThan(watch.wait('standard')?.ms ?? 0)
    expect(watch.answer('standard', 5_000)?.ms).toBeCloseTo(10_000, -2)
  })

  it('counts what was sent, and what has begun, since it looked', () => {
    look(0, 9)
    watch.sent('standard')
    expect(watch.wait('standard')?.ms).toBe(11_000)
    watch.update({
      begun: { interactive: 0, standard: 4, bulk: 0 },
      inFlight: 2,
      capacity: 2,
      latencyMs: 2_000,
      latencySdMs: 2_000,
    })
    expect(watch.wait('standard')?.ms).toBe(7_000)
  })

  it('holds no answer to be there before the job may begin', () => {
    look(0, 0)
    expect(watch.answer('standard', 60_000, 60_000)?.ms).toBe(62_000)
  })
})
