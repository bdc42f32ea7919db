import { describe, expect, it } from '@jest/globals'
import { eventually } from '../eventually.ts'
import { type OpenCoordination, receiver } from './surroundings.ts'

export function exerciseBroadcasts(open: OpenCoordination): void {
  describe('broadcasts', () => {
    it('reach every receiver of the channel, and none of another', async () => {
      const { coordination } = await open.one()
      const finished = receiver()
      const alsoFinished = receiver()
      const cancelled = receiver()
      coordination.broadcasts.on('job-finished', finished.receive)
      coordination.broadcasts.on('job-finished', alsoFinished.receive)
      coordination.broadcasts.on('job-cancelled', cancelled.receive)

      coordination.broadcasts.send('job-finished', { jobId: 'job_1', status: 'succeeded' })
      coordination.broadcasts.send('job-cancelled', { jobId: 'job_2' })

      await eventually(
        () => [finished.payloads, alsoFinished.payloads, cancelled.payloads],
        all => all.every(payloads => payloads.length === 1),
      )
      expect(finished.payloads).toEqual([{ jobId: 'job_1', status: 'succeeded' }])
      expect(alsoFinished.payloads).toEqual(finished.payloads)
      expect(cancelled.payloads).toEqual([{ jobId: 'job_2' }])
    })

    it('reach the other instances', async () => {
      const { instances } = await open.several(2)
      const [sender, other] = instances
      const received = receiver()
      other?.broadcasts.on('work-pending', received.receive)

      sender?.broadcasts.send('work-pending', { lane: 'bulk' })

      await eventually(
        () => received.payloads,
        payloads => payloads.length === 1,
      )
      expect(received.payloads).toEqual([{ lane: 'bulk' }])
    })

    it('keep the order of one channel', async () => {
      const { coordination } = await open.one()
      const received = receiver()
      coordination.broadcasts.on('event-pending', received.receive)

      for (let count = 0; count < 50; count += 1) {
        coordination.broadcasts.send('event-pending', { count })
      }

      await eventually(
        () => received.payloads,
        payloads => payloads.length === 50,
      )
      expect(received.payloads).toEqual(Array.from({ length: 50 }, (_, count) => ({ count })))
    })

    it('end for a receiver that left', async () => {
      const { coordination } = await open.one()
      const left = receiver()
      const stayed = receiver()
      const leave = coordination.broadcasts.on('job-finished', left.receive)
      coordination.broadcasts.on('job-finished', stayed.receive)

      leave()
      leave()
      coordination.broadcasts.send('job-finished', { jobId: 'job_1', status: 'failed' })

      await eventually(
        () => stayed.payloads,
        payloads => payloads.length === 1,
      )
      expect(left.payloads).toEqual([])
    })

    it('are not disturbed by a receiver that throws', async () => {
      const { coordination } = await open.one()
      const received = receiver()
      coordination.broadcasts.on('job-changed', () => {
        throw new Error('a fault of the receiver')
      })
      coordination.broadcasts.on('job-changed', received.receive)

      coordination.broadcasts.send('job-changed', { jobId: 'job_1', status: 'running' })
      coordination.broadcasts.send('job-changed', { jobId: 'job_2', status: 'running' })

      await eventually(
        () => received.payloads,
        payloads => payloads.length === 2,
      )
    })
  })
}
