import { describe, expect, it } from '@jest/globals'
import type { Message, PartitionMetadata } from 'kafkajs'
import { lastingPartitions } from './lasting-partitions.ts'

const ofTopic = (count: number): PartitionMetadata[] =>
  Array.from({ length: count }, (_, partitionId) => ({
    ...{ partitionErrorCode: 0, partitionId, leader: 1, replicas: [1], isr: [1] },
  }))

describe('the partition of a message', () => {
  it('goes by its key, and stays when the topic gets more of them', () => {
    const messages: Message[] = Array.from({ length: 50 }, (_, n) => ({ key: `k${n}`, value: '' }))
    const choose = lastingPartitions()
    const at = (partitions: number) =>
      messages.map(message =>
        choose({ topic: 'jobs', partitionMetadata: ofTopic(partitions), message }),
      )
    const first = at(3)
    expect(new Set(first)).toEqual(new Set([0, 1, 2]))
    expect(at(12)).toEqual(first)
  })

  it('is another when the topic has it no more', () => {
    const choose = lastingPartitions()
    const message: Message = { key: 'job', value: '', partition: 7 }
    expect(choose({ topic: 'jobs', partitionMetadata: ofTopic(1), message })).toBe(0)
    expect(message.partition).toBe(0)
  })
})
