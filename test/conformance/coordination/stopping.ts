import { describe, expect, it } from '@jest/globals'
import { fail, KEY, type OpenCoordination, permit, receiver } from './surroundings.ts'

export function exerciseStopping(open: OpenCoordination): void {
  describe('stopping', () => {
    it('makes it unhealthy, silent, and leaves no timer behind', async () => {
      const { coordination, clock } = await open.one()
      expect(coordination.health().ok).toBe(true)
      const received = receiver()
      coordination.broadcasts.on('job-finished', received.receive)
      fail(coordination.breakers, 4)

      await coordination.stop()
      await coordination.stop()
      coordination.broadcasts.send('job-finished', { jobId: 'job_1', status: 'failed' })

      expect(coordination.health().ok).toBe(false)
      expect(received.payloads).toEqual([])
      expect(clock.pending).toBe(0)
    })

    it('leaves calls under way able to end', async () => {
      const { coordination, clock } = await open.one({ minCalls: 1 })
      const end = coordination.live.begin(KEY, 'standard')
      const underWay = await permit(coordination.breakers)

      await coordination.stop()

      expect(() => {
        end({ ok: false, latencyMs: 1 })
        underWay.settle('failure')
      }).not.toThrow()
      expect(clock.pending).toBe(0)
    })
  })
}
