import { describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../test/manual-clock.ts'
import { SlowReceivers } from './slow-receivers.ts'

const URL = 'https://example.com/hooks'

describe('SlowReceivers', () => {
  it('leaves all slots to a receiver that answers soon', () => {
    const clock = new ManualClock()
    const receivers = new SlowReceivers(clock, 8)
    const ends = Array.from({ length: 8 }, () => receivers.begin(URL))
    clock.advance(1_999)

    expect(receivers.holdsItsShare(URL)).toBe(false)
    for (const end of ends) end()
    clock.advance(10_000)
    expect(receivers.holdsItsShare(URL)).toBe(false)
    expect(clock.pending).toBe(0)
  })

  it('lets slow requests to one receiver hold a quarter of the slots', () => {
    const clock = new ManualClock()
    const receivers = new SlowReceivers(clock, 8)
    const end = receivers.begin(URL)
    clock.advance(2_000)
    expect(receivers.holdsItsShare(URL)).toBe(false)
    const endOther = receivers.begin(URL)
    clock.advance(2_000)

    expect(receivers.holdsItsShare(URL)).toBe(true)
    expect(receivers.holdsItsShare('https://example.com/other')).toBe(false)
    end()
    expect(receivers.holdsItsShare(URL)).toBe(false)
    endOther()
  })

  it('lets each have one at least', () => {
    const clock = new ManualClock()
    const receivers = new SlowReceivers(clock, 1)
    expect(receivers.holdsItsShare(URL)).toBe(false)
    receivers.begin(URL)
    clock.advance(2_000)
    expect(receivers.holdsItsShare(URL)).toBe(true)
  })
})
