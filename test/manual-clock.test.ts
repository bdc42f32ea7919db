import { describe, expect, it } from '@jest/globals'
import { sleep } from '@longhaul/contracts'
import { ManualClock } from './manual-clock.ts'

describe('ManualClock', () => {
  it('fires what falls due, in order, each at its own time', () => {
    const clock = new ManualClock(1_000)
    const fired: Array<[string, number]> = []
    const note = (name: string) => () => fired.push([name, clock.now()])
    clock.schedule(30, note('later'))
    clock.schedule(10, note('first'))
    clock.schedule(10, note('second'))
    clock.schedule(31, note('not yet'))
    const cancel = clock.schedule(5, note('cancelled'))
    cancel()

    clock.advance(30)

    expect(fired).toEqual([
      ['first', 1_010],
      ['second', 1_010],
      ['later', 1_030],
    ])
    expect(clock.now()).toBe(1_030)
    expect(clock.pending).toBe(1)
    expect(clock.nextDueAt).toBe(1_031)
  })

  it('fires what a timer schedules within the span', () => {
    const clock = new ManualClock(0)
    const ticks: number[] = []
    const tick = () => {
      ticks.push(clock.now())
      clock.schedule(10, tick)
    }
    clock.schedule(10, tick)

    clock.advance(35)

    expect(ticks).toEqual([10, 20, 30])
  })

  it('lets a chain of sleeps run out, when asked to let promises run', async () => {
    const clock = new ManualClock(0)
    const work = (async () => {
      for (let step = 0; step < 3; step += 1) await sleep(clock, 10)
      return clock.now()
    })()

    await clock.advanceAsync(100)

    expect(await work).toBe(30)
    expect(clock.now()).toBe(100)
  })

  it('tells when enough timers are scheduled', async () => {
    const clock = new ManualClock()
    let told = false
    const scheduled = clock.scheduled(2).then(() => {
      told = true
    })

    clock.schedule(1, () => {})
    await Promise.resolve()
    expect(told).toBe(false)
    clock.schedule(1, () => {})

    await scheduled
  })
})
