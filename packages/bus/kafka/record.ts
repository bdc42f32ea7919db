import type { IHeaders, KafkaMessage } from 'kafkajs'
import type { Message, MessageHeaders } from '../port.ts'
import { unpacked } from './pack.ts'
import { placeAt } from './place.ts'

/** A message at its place in a partition. */
export interface Record {
  readonly place: number
  /** Behind it, where the message after it may be. */
  readonly end: number
  /** Epoch milliseconds as text, as the producer set it. With the key it tells one message from another at the same place. */
  readonly timestamp: string
  readonly bytes: number
  readonly message: Message
}

/** What a message costs beside its text, on the wire and in memory. */
const MESSAGE_OVERHEAD_BYTES = 128

/** The messages of one record of Kafka. */
export function recordsOf(fetched: KafkaMessage): Record[] {
  const { timestamp } = fetched
  const offset = Number(fetched.offset)
  const headers = headersOf(fetched.headers ?? {})
  const value = fetched.value ?? Buffer.alloc(0)
  const messages = unpacked(value, headers) ?? [
    { key: fetched.key?.toString() ?? '', value: value.toString(), headers },
  ]
  const bytes = MESSAGE_OVERHEAD_BYTES + value.length / messages.length
  return messages.map((message, index) => {
    const isLast = index === messages.length - 1
    const place = placeAt(offset) + index
    return { place, end: isLast ? placeAt(offset + 1) : place + 1, timestamp, bytes, message }
  })
}

/** Header values travel as bytes; of a repeated header the last one counts. */
function headersOf(fetched: IHeaders): MessageHeaders {
  const headers: { [name: string]: string } = {}
  for (const name in fetched) {
    const value = fetched[name]
    const last = Array.isArray(value) ? value.at(-1) : value
    if (last !== undefined) headers[name] = last.toString()
  }
  // A foreign producer may have left out the version: consumers check that it is there.
  return headers as unknown as MessageHeaders
}

export function bytesOf({ key, value, headers }: Message): number {
  let bytes = MESSAGE_OVERHEAD_BYTES + Buffer.byteLength(key) + Buffer.byteLength(value)
  for (const name in headers) bytes += name.length + Buffer.byteLength(headers[name] ?? '')
  return bytes
}
