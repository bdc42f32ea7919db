import type { IHeaders, Message as KafkaJsMessage } from 'kafkajs'
import type { Message, MessageHeaders } from '../port.ts'

/** Says of each message its key, its headers, and the UTF-16 code units of its text. */
const PACK_HEADER = 'longhaul-pack'
type Item = [key: string, headers: MessageHeaders, length: number]

export const MOST_IN_PACK = 64
const MOST_LENGTH = 64 * 1024
/** What is fewer saves little… */
const FEWEST_IN_PACK = 4
/** …and beyond that the consumers of so many partitions should get equal shares: calls may take minutes. */
const SPREAD = 6

/**
 * The records by which messages of a topic travel: packs of several, since most
 * of what a message costs kafkajs and the broker it costs by the record and by
 * the partition. A message that is alone is a record of its own, that other
 * clients of Kafka can read.
 */
export function packed(messages: readonly Message[]): KafkaJsMessage[] {
  const share = Math.ceil(messages.length / SPREAD)
  const most = Math.min(MOST_IN_PACK, Math.max(FEWEST_IN_PACK, share))
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
  const items = pack.map(({ key, headers, value }): Item => [key, headers, value.length])
  return {
    value: Buffer.from(pack.map(({ value }) => value).join('')),
    headers: { [PACK_HEADER]: JSON.stringify(items) },
  }
}

/** The messages of a pack; undefined for a record that is none. */
export function unpacked(text: string, headers: MessageHeaders): Message[] | undefined {
  const items = itemsIn(headers[PACK_HEADER])
  if (!items) return undefined
  let end = 0
  return items.map(([key, own, length]) => {
    const start = end
    end += length
    return { key, value: text.slice(start, end), headers: own }
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
  const [key, headers, length] = item
  return typeof key === 'string' && typeof headers === 'object' && headers !== null && length >= 0
}
