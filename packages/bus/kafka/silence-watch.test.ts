import { describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../../test/manual-clock.ts'
import { SilenceWatch } from './silence-watch.ts'

const SESSION_MS = 6_000

describe('a consumer that its coordinator does not hear', () => {
  it('is given up after a session, while other brokers answer', () => {
    const { state, clock, told } = watched()
    state.unheard = true
    clock.advance(SESSION_MS)
    expect(told()).toBe(0)
    clock.advance(1_000)
    expect(told()).toBe(1)
    clock.advance(SESSION_MS)
    expect(told()).toBe(1)
  })

  it('is left alone while no broker answers, and for a session from when one does', () => {
    const { state, clock, told } = watched()
    Object.assign(state, { unheard: true, reachable: false })
    clock.advance(10 * SESSION_MS)
    state.reachable = true
    clock.advance(SESSION_MS)
    expect(told()).toBe(0)
    state.unheard = false
    clock.advance(SESSION_MS)
    expect(told()).toBe(0)
  })

  it('is not watched any more once it ended', () => {
    const { watch, state, clock, told } = watched()
    state.unheard = true
    watch.stop()
    clock.advance(2 * SESSION_MS)
    expect(told()).toBe(0)
    expect(clock.pending).toBe(0)
  })
})

function watched() {
  const clock = new ManualClock()
  const state = { unheard: false, reachable: true }
  let told = 0
  const watch = new SilenceWatch(
    { clock, isUnheard: () => state.unheard, isReachable: () => state.reachable },
    SESSION_MS,
    () => {
      told += 1
    },
  )
  return { watch, state, clock, told: () => told }
}
