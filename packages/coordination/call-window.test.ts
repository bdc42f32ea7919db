import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { CallWindow } from './call-window.ts'

describe('CallWindow', () => {
  it('counts calls and failures', () => {
    const window = new CallWindow(1_000)
    window.add(0, true)
    window.add(500, false)

    expect(window.add(899, true)).toEqual({ calls: 3, failures: 2 })
  })

  it('forgets what is older than the window', () => {
    const window = new CallWindow(1_000)
    window.add(0, true)
    window.add(500, false)

    expect(window.add(1_000, false)).toEqual({ calls: 2, failures: 0 })
    expect(window.add(10_000, true)).toEqual({ calls: 1, failures: 1 })
  })

  it('counts on when the clock is set back', () => {
    const window = new CallWindow(1_000)
    window.add(10_000, true)

    expect(window.add(1_000, true)).toEqual({ calls: 2, failures: 2 })
    expect(window.add(10_500, true)).toEqual({ calls: 3, failures: 3 })
  })

  it('holds all of the last nine tenths, and nothing older than the window', () => {
    const call = fc.record({ afterMs: fc.nat(400), failed: fc.boolean() })
    fc.assert(
      fc.property(fc.array(call, { maxLength: 100 }), calls => {
        const window = new CallWindow(1_000)
        const past: Array<{ at: number; failed: boolean }> = []
        let now = Date.UTC(2026, 0, 1)
        for (const { afterMs, failed } of calls) {
          now += afterMs
          past.push({ at: now, failed })
          const counted = window.add(now, failed)
          for (const [figure, ofKind] of [
            ['calls', past],
            ['failures', past.filter(call => call.failed)],
          ] as const) {
            const within = (ms: number) => ofKind.filter(({ at }) => now - at < ms).length
            expect(counted[figure]).toBeGreaterThanOrEqual(within(900))
            expect(counted[figure]).toBeLessThanOrEqual(within(1_000))
          }
        }
      }),
    )
  })
})
