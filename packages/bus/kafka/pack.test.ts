import { describe, expect, it } from '@jest/globals'
import type { Message as KafkaJsMessage, KafkaMessage } from 'kafkajs'
import type { Message } from '../port.ts'
import { MOST_IN_PACK, packed } from './pack.ts'
import { placeAt } from './place.ts'
import { recordsOf } from './record.ts'

describe('messages that travel together', () => {
  it('arrive as they were, in their order, each with a place of its own', () => {
    const messages = [
      message('job-1', '{"text":"naïve 漢字 🚚"}'),
      message('job-2', ''),
      { ...message('job-3'), headers: { 'longhaul-schema': '2', traceparent: '00-a-b-01' } },
    ]
    const [pack] = packed(Array.from({ length: 6 }, () => messages).flat())
    const records = recordsOf(fetched(pack, 9))
    expect(records.map(record => record.message)).toEqual(messages)
    expect(records.map(({ place }) => place - placeAt(9))).toEqual([0, 1, 2])
    expect(records.map(({ end }) => end - placeAt(9))).toEqual([1, 2, placeAt(1)])
  })

  it('are spread over partitions before they share a record', () => {
    expect(sizes(4)).toEqual([1, 1, 1, 1])
    expect(sizes(18)).toEqual([3, 3, 3, 3, 3, 3])
    expect(sizes(180)).toEqual([30, 30, 30, 30, 30, 30])
    expect(sizes(640)).toEqual(Array(10).fill(MOST_IN_PACK))
  })

  it('make no large record', () => {
    const long = 'x'.repeat(30 * 1024)
    expect(sizes(30, long)).toEqual(Array(15).fill(2))
    expect(sizes(12, long.repeat(4))).toEqual(Array(12).fill(1))
  })

  it('keep a message that is alone as a record that other clients can read', () => {
    expect(packed([message('job-1', '{"n":1}')])).toEqual([
      { key: 'job-1', value: '{"n":1}', headers: { 'longhaul-schema': '1' } },
    ])
  })
})

describe('a record of another producer', () => {
  it.each(['no JSON', '{}', '[]', '[["key"]]', '[[1,{},2]]', '[["key",null,2]]'])(
    'is one message, though it has a header of that name: %s',
    header => {
      const [record, ...others] = recordsOf(
        fetched({ key: 'k', value: 'text', headers: { 'longhaul-pack': header } }, 3),
      )
      expect(others).toEqual([])
      expect(record?.message).toMatchObject({ key: 'k', value: 'text' })
    },
  )

  it('may have neither key nor value nor headers', () => {
    const [record] = recordsOf(fetched({ value: null }, 0))
    expect(record?.message).toEqual({ key: '', value: '', headers: {} })
  })
})

function message(key: string, value = '{}'): Message {
  return { key, value, headers: { 'longhaul-schema': '1' } }
}

function sizes(count: number, value?: string): number[] {
  const messages = Array.from({ length: count }, (_, index) => message(`job-${index}`, value))
  return packed(messages).map(record => recordsOf(fetched(record, 0)).length)
}

/** As kafkajs hands over what it was given to send. */
function fetched(sent: KafkaJsMessage | undefined, offset: number): KafkaMessage {
  const { key, value, headers = {} } = sent ?? { value: null }
  return {
    ...{ offset: String(offset), timestamp: '1', attributes: 0, size: 0 },
    key: key ? Buffer.from(key) : null,
    value: value ? Buffer.from(value) : null,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, header]) => [name, Buffer.from(String(header))]),
    ),
  } as KafkaMessage
}
