import { describe, expect, it } from '@jest/globals'
import type { Offsets } from 'kafkajs'
import { Committer } from './committer.ts'
import { PartitionWindow } from './partition-window.ts'
import { placeAt } from './place.ts'

describe('committing', () => {
  it('tells each change once', async () => {
    const { committer, sent, ackNext } = twoMessages()
    ackNext()
    expect(await committer.commit()).toBe(true)
    expect(await committer.commit()).toBe(true)
    expect(sent).toEqual(['1'])
  })

  it('asks to be called again when more was done while it went on', async () => {
    const { committer, sent, ackNext } = twoMessages()
    ackNext()
    const first = committer.commit()
    ackNext()
    expect(await committer.commit()).toBe(false)
    expect(await first).toBe(false)
    expect(await committer.commit()).toBe(true)
    expect(sent).toEqual(['1', '2'])
  })

  it('tells again what could not be told', async () => {
    const { committer, sent, ackNext, failNext } = twoMessages()
    ackNext()
    failNext()
    expect(await committer.commit()).toBe(false)
    expect(await committer.commit()).toBe(true)
    expect(sent).toEqual(['1'])
  })
})

/** A partition of two messages in hand, and the offsets that Kafka took. */
function twoMessages() {
  const window = new PartitionWindow(
    { topic: 'jobs', name: 'jobs', partition: 0 },
    { window: 2, stragglerAfterMs: 60_000 },
  )
  window.assign()
  window.admit(
    [0, 1].map(offset => ({
      place: placeAt(offset),
      end: placeAt(offset + 1),
      timestamp: '1',
      bytes: 100,
      message: { key: 'job', value: '{}', headers: { 'longhaul-schema': '1' } },
    })),
  )
  const sent: string[] = []
  let fails = false
  const committer = new Committer(
    () => [window],
    async ({ topics }: Offsets) => {
      if (fails) {
        fails = false
        throw new Error('rebalancing')
      }
      for (const { partitions } of topics) sent.push(...partitions.map(({ offset }) => offset))
    },
  )
  const ackNext = () => {
    const entry = window.next(0)
    if (entry) window.ack(entry)
  }
  return { committer, sent, ackNext, failNext: () => (fails = true) }
}
