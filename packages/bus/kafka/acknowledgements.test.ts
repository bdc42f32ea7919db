import { describe, expect, it } from '@jest/globals'
import type { RecordMetadata } from 'kafkajs'
import { Acknowledgements, type TopicMessages } from './acknowledgements.ts'

describe('what is left of a request', () => {
  it('is nothing when every partition was answered for', () => {
    const answers = [answer('a', 0, 7), answer('a', 1, 3), answer('b', 0, 0)]
    expect(new Acknowledgements().unanswered(request, answers)).toEqual([])
  })

  it('is whole partitions, in their order', () => {
    const rest = new Acknowledgements().unanswered(request, [answer('a', 1, 3), answer('b', 0, 0)])
    expect(rest).toEqual([{ topic: 'a', messages: [message('1', 0), message('3', 0)] }])
  })

  it('is less when a partition was answered for twice, since its leader changed', () => {
    const answers = [answer('a', 0, 7), answer('a', 0, 9)]
    expect(new Acknowledgements().unanswered(request, answers)).toEqual([
      { topic: 'a', messages: [message('2', 1)] },
      { topic: 'b', messages: [message('4', 0)] },
    ])
  })
})

describe('an answer that names the place of earlier messages', () => {
  const own: TopicMessages[] = [{ topic: 'b', messages: [message('4', 0)] }]

  it('leaves these to be sent again: they were taken for a repetition, and not kept', () => {
    const acknowledgements = new Acknowledgements()
    expect(acknowledgements.unanswered(own, [answer('b', 0, 8)])).toEqual([])
    expect(acknowledgements.unanswered(own, [answer('b', 0, 8)])).toEqual(own)
    expect(acknowledgements.unanswered(own, [answer('b', 0, 9)])).toEqual([])
  })

  it('is believed after that, in a topic that began again', () => {
    const acknowledgements = new Acknowledgements()
    acknowledgements.unanswered(own, [answer('b', 0, 800)])
    expect(acknowledgements.unanswered(own, [answer('b', 0, 0)])).toEqual(own)
    expect(acknowledgements.unanswered(own, [answer('b', 0, 1)])).toEqual([])
  })
})

const request: TopicMessages[] = [
  { topic: 'a', messages: [message('1', 0), message('2', 1), message('3', 0)] },
  { topic: 'b', messages: [message('4', 0)] },
]

function message(key: string, partition: number) {
  return { key, value: '{}', partition }
}

function answer(topicName: string, partition: number, offset: number): RecordMetadata {
  return { topicName, partition, errorCode: 0, baseOffset: String(offset) }
}
