import type { IHeaders, Message as KafkaJsMessage } from 'kafkajs'
import type { Message, MessageHeaders } from '../port.ts'

/** Says of each message its key, its headers, and the bytes of its text. */
const PACK_HEADER = 'longhaul-pack'
type Item = [key: string, headers: MessageHeaders, bytes: number]

export const MOST_IN_PACK = 64
/** In UTF-16 code units. */
const MOST_LENGTH = 64 * 1024
/** So many partitions should get equal shares before packs get larger: calls may take minutes. */
const SPREAD = 6

/**
 * The records by which messages of a topic travel: packs of several, since most
 * of what a message costs kafkajs and the broker it costs by the record and by
 * the partition. A message that is alone is a record of its own, that other
 * clients of Kafka can read.
 */
export function packed(messages: readonly Message[]): KafkaJsMessage[] {
  const packs = Math.max(SPREAD, Math.ceil(messages.length / MOST_IN_PACK))
  const most = Math.ceil(messages.length / packs)
  const records: KafkaJsMessage[] = []
  let pack: Message[] = []
  let length = 0
  const close = () => {
    const [first] = pack
    if (first) records.push(pack.length === 1 ? recordOfOne(first) : recordOfMany(pack))
    pack = []
    length = 0
  }
  for (const message of messages) {
    if (pack.length === most || length + message.value.length > MOST_LENGTH) close()
    pack.push(message)
    length += message.value.length
  }
  close()
  return records
}

function recordOfOne({ key, value, headers }: Message): KafkaJsMessage {
  const sent: IHeaders = {}
  for (const name in headers) {
    const header = headers[name]
    if (header !== undefined) sent[name] = header
  }
  return { key, value, headers: sent }
}

function recordOfMany(pack: readonly Message[]): KafkaJsMessage {
  const items = pack.map(
    ({ key, headers, value }): Item => [key, headers, Buffer.byteLength(value)],
  )
  return {
    value: Buffer.from(pack.map(({ value }) => value).join('')),
    headers: { [PACK_HEADER]: JSON.stringify(items) },
  }
}

/**
 * The messages of a pack; undefined for a record that is none. Each text is read
 * by itself: a part of a longer one would keep all of that in memory.
 */
export function unpacked(value: Buffer, headers: MessageHeaders): Message[] | undefined {
  const items = itemsIn(headers[PACK_HEADER])
  if (!items) return undefined
  let end = 0
  return items.map(([key, own, bytes]) => {
    const start = end
    end += bytes
    return { key, value: value.toString('utf8', start, end), headers: own }
  })
}

/** A foreign header of this name makes no pack. */
function itemsIn(header: string | undefined): Item[] | undefined {
  if (header === undefined) return undefined
  try {
    const items: unknown = JSON.parse(header)
    const isPack = Array.isArray(items) && items.length <= MOST_IN_PACK && items.every(isItem)
    return isPack && items.length > 0 ? items : undefined
  } catch {
    return undefined
  }
}

function isItem(item: unknown): item is Item {
  if (!Array.isArray(item)) return false
  const [key, headers, bytes] = item
  return typeof key === 'string' && typeof headers === 'object' && headers !== null && bytes >= 0
}
