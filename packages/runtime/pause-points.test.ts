import { EventEmitter } from 'node:events'
import { describe, expect, it, jest } from '@jest/globals'
import { openPausePoints, type PauseReport } from './pause-points.ts'

const SWITCHED_ON = { LONGHAUL_PAUSE_POINTS: 'parent' }

class Channel extends EventEmitter {
  readonly send = jest.fn<(report: PauseReport) => void>()
}

describe('pause points', () => {
  it('do not exist without the switch, or without a parent that listens', () => {
    expect(openPausePoints({}, new Channel())).toBeUndefined()
    expect(openPausePoints({ LONGHAUL_PAUSE_POINTS: 'true' }, new Channel())).toBeUndefined()
    expect(openPausePoints(SWITCHED_ON, new EventEmitter())).toBeUndefined()
  })

  it('hold nobody until the parent says so', () => {
    const channel = new Channel()
    const pause = openPausePoints(SWITCHED_ON, channel)
    channel.emit('message', { hold: 'worker-before-ack' })
    expect(pause?.('worker-after-claim')).toBeUndefined()
    expect(channel.send).not.toHaveBeenCalled()
  })

  it('tell the parent who arrives, and let go when it says so', async () => {
    const channel = new Channel()
    const pause = openPausePoints(SWITCHED_ON, channel)
    channel.emit('message', { hold: 'worker-after-claim' })
    const passed = pause?.('worker-after-claim')
    expect(channel.send).toHaveBeenCalledWith({ reached: 'worker-after-claim' })
    channel.emit('message', { release: 'worker-after-claim' })
    await passed
    expect(pause?.('worker-after-claim')).toBeUndefined()
  })
})
