import { describe, expect, it } from '@jest/globals'
import type { Message, PartitionMetadata } from 'kafkajs'
import { partitioner } from './partitioner.ts'

const ofTopic = (count: number, leaderless: readonly number[] = []): PartitionMetadata[] =>
  Array.from({ length: count }, (_, partitionId) => ({
    ...{ partitionErrorCode: 0, partitionId, replicas: [1], isr: [1] },
    leader: leaderless.includes(partitionId) ? -1 : 1,
  }))

const newMessages = (count: number): Message[] =>
  Array.from({ length: count }, () => ({ value: '' }))

describe('the partition of a message', () => {
  it('is the next one of its topic, and stays when the topic gets more of them', () => {
    const messages = newMessages(6)
    const choose = partitioner()
    const at = (partitions: number) =>
      messages.map(message =>
        choose({ topic: 'jobs', partitionMetadata: ofTopic(partitions), message }),
      )
    const first = at(3)
    expect(first.slice(0, 3).toSorted()).toEqual([0, 1, 2])
    expect(first.slice(3)).toEqual(first.slice(0, 3))
    expect(at(12)).toEqual(first)
  })

  it('is one that has a leader, while any has', () => {
    const chosen = (partitionMetadata: PartitionMetadata[]) => {
      const choose = partitioner()
      const partitions = newMessages(9).map(message =>
        choose({ topic: 'jobs', partitionMetadata, message }),
      )
      return [...new Set(partitions)].toSorted()
    }
    expect(chosen(ofTopic(3, [1]))).toEqual([0, 2])
    expect(chosen(ofTopic(3, [0, 1, 2]))).toEqual([0, 1, 2])
  })

  it('is another when the topic has it no more', () => {
    const choose = partitioner()
    const message: Message = { key: 'job', value: '', partition: 7 }
    expect(choose({ topic: 'jobs', partitionMetadata: ofTopic(1), message })).toBe(0)
    expect(message.partition).toBe(0)
  })
})
