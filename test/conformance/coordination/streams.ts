import { describe, expect, it } from '@jest/globals'
import type { StreamPart } from '@longhaul/coordination'
import { eventually } from '../eventually.ts'
import type { OpenCoordination } from './surroundings.ts'

function part(jobId: string, first: number, ...chunks: string[]): StreamPart {
  return { jobId, attempt: 1, first, chunks }
}

function textOf(parts: StreamPart[]): string {
  return parts.flatMap(({ chunks }) => chunks).join('')
}

export function exerciseStreams(open: OpenCoordination): void {
  describe('streams', () => {
    it('bring the parts of a job to who listens for it here, in order', async () => {
      const { coordination } = await open.one()
      const { streams } = coordination
      const parts: StreamPart[] = []
      const others: StreamPart[] = []
      streams.on('job_1', received => parts.push(received))
      streams.on('job_2', received => others.push(received))

      streams.send(streams.address, part('job_1', 0, 'a'))
      streams.send(streams.address, part('job_1', 1, 'b', 'c'))

      await eventually(
        () => textOf(parts),
        text => text.length === 3,
      )
      expect(textOf(parts)).toBe('abc')
      expect(others).toEqual([])
    })

    it('reach the process that is named, and no other', async () => {
      const { instances } = await open.several(3)
      const [sender, listener, bystander] = instances
      const parts: StreamPart[] = []
      const overheard: StreamPart[] = []
      listener?.streams.on('job_1', received => parts.push(received))
      // A driver of one process gives the same instance each time.
      if (bystander !== listener) {
        bystander?.streams.on('job_1', received => overheard.push(received))
      }

      for (const [first, letter] of [...'streamed'].entries()) {
        sender?.streams.send(listener?.streams.address ?? '', part('job_1', first, letter))
      }

      await eventually(
        () => textOf(parts),
        text => text.length === 8,
      )
      expect(textOf(parts)).toBe('streamed')
      expect(parts[0]?.first).toBe(0)
      const addresses = new Set(instances.map(({ streams }) => streams.address))
      expect(addresses.size).toBe(new Set(instances).size)
      expect(overheard).toEqual([])
    })

    it('end for a receiver that left', async () => {
      const { coordination } = await open.one()
      const { streams } = coordination
      const parts: StreamPart[] = []
      const leave = streams.on('job_1', received => parts.push(received))

      leave()
      leave()
      streams.send(streams.address, part('job_1', 0, 'a'))

      expect(parts).toEqual([])
    })
  })
}
