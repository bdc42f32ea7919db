import { describe, expect, it } from '@jest/globals'
import { messagesLeft, metadataOf, type PartitionState } from './standing.ts'

const partition: PartitionState = { low: 0, high: 100, offset: 40, metadata: null }

describe('what is left in a partition', () => {
  it('is what its records hold at least, when the group told nothing', () => {
    expect(messagesLeft(partition)).toBe(60)
    expect(messagesLeft({ ...partition, offset: -1 })).toBe(100)
    expect(messagesLeft({ ...partition, offset: -1, low: 30 })).toBe(70)
    expect(messagesLeft({ ...partition, metadata: 'of another client' })).toBe(60)
  })

  it('is what the consumer has in hand, and what records like the latest hold behind it', () => {
    const metadata = metadataOf({ offset: 40, position: 50, unsettled: 33, perRecord: 8 })
    expect(messagesLeft({ ...partition, metadata })).toBe(33 + 50 * 8)
    expect(messagesLeft({ ...partition, high: 50, metadata })).toBe(33)
  })

  it('is counted anew when the topic is not the one that the group told of', () => {
    const metadata = metadataOf({ offset: 40, position: 50, unsettled: 33, perRecord: 8 })
    expect(messagesLeft({ ...partition, high: 45, metadata })).toBe(5)
    expect(messagesLeft({ ...partition, low: 60, metadata })).toBe(40)
  })

  it('is nothing when all is done', () => {
    const metadata = metadataOf({ offset: 100, position: 100, unsettled: 0, perRecord: 12.345 })
    expect(messagesLeft({ ...partition, offset: 100, metadata })).toBe(0)
  })
})
