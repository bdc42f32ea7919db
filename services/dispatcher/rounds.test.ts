import { describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../test/manual-clock.ts'
import { Rounds } from './rounds.ts'

function started(act: () => Promise<number>) {
  const clock = new ManualClock()
  const errors: unknown[] = []
  const rounds = new Rounds(act, clock, { retryMs: 1_000, onError: error => errors.push(error) })
  rounds.start()
  return { clock, errors, rounds }
}

describe('rounds', () => {
  it('come again after the wait that a round asks for', async () => {
    let count = 0
    const { clock, rounds } = started(async () => {
      count += 1
      return 100
    })
    await clock.scheduled()
    clock.advance(99)
    expect(count).toBe(1)
    clock.advance(1)
    await clock.scheduled()
    expect(count).toBe(2)
    await rounds.stop()
  })

  it('come at once when woken', async () => {
    let count = 0
    const { clock, rounds } = started(async () => {
      count += 1
      return 60_000
    })
    await clock.scheduled()
    rounds.wake()
    await new Promise(setImmediate)
    await clock.scheduled()
    expect(count).toBe(2)
    await rounds.stop()
  })

  it('go on after one that failed, and say so meanwhile', async () => {
    let count = 0
    const { clock, rounds, errors } = started(async () => {
      count += 1
      if (count === 1) throw new Error('away')
      return 60_000
    })
    await clock.scheduled()
    expect([rounds.failing, errors.length]).toEqual([true, 1])
    clock.advance(1_000)
    await new Promise(setImmediate)
    await clock.scheduled()
    expect([rounds.failing, count]).toEqual([false, 2])
    await rounds.stop()
  })
})
