import type { IHeaders, Message as KafkaJsMessage, KafkaMessage } from 'kafkajs'
import type { Message, MessageHeaders } from '../port.ts'

/** A message at its place in a partition. */
export interface Record {
  readonly offset: number
  /** Epoch milliseconds as text, as the producer set it. With the key it tells one message from another at the same offset. */
  readonly timestamp: string
  readonly bytes: number
  readonly message: Message
}

/** What a record costs beside its text, on the wire and in memory. */
const RECORD_OVERHEAD_BYTES = 128

export function recordOf(fetched: KafkaMessage): Record {
  const { key, value, offset, timestamp } = fetched
  return {
    offset: Number(offset),
    timestamp,
    bytes: RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0),
    message: {
      key: key?.toString() ?? '',
      value: value?.toString() ?? '',
      headers: headersOf(fetched.headers ?? {}),
    },
  }
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

export function outgoing({ key, value, headers }: Message): KafkaJsMessage {
  const sent: IHeaders = {}
  for (const name in headers) {
    const header = headers[name]
    if (header !== undefined) sent[name] = header
  }
  return { key, value, headers: sent }
}

export function bytesOf({ key, value, headers }: Message): number {
  let bytes = RECORD_OVERHEAD_BYTES + Buffer.byteLength(key) + Buffer.byteLength(value)
  for (const name in headers) bytes += name.length + Buffer.byteLength(headers[name] ?? '')
  return bytes
}
