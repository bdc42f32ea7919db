import { BusFullError, deadLetterTopic, type Message } from '../port.ts'
import type { Consumer, Item, Source } from './consumer.ts'
import { Deque } from './deque.ts'

/** What an entry costs beside its text: objects, slots in sets and queues. */
const ENTRY_OVERHEAD_BYTES = 256
/** Larger ones leave room to small ones, so that what finds none for its text finds some without it. */
const SMALL_BYTES = 4 * 1024
const LARGE_SHARE = 0.75

export interface TopicBounds {
  maxMessages: number
  maxBytes: number
}

/** A message in a topic, until every group has settled it. */
export interface Entry {
  readonly message: Message
  readonly bytes: number
  /** One for each group. */
  readonly items: GroupItem[]
  unsettled: number
}

export interface GroupItem extends Item {
  readonly entry: Entry
  readonly group: Group
  settled: boolean
}

/**
 * A FIFO log of messages. A message stays until every group settled it; with
 * no group yet it waits for the first. At its bounds a topic refuses, but a
 * topic of dead letters drops its oldest, for nobody may ever read them.
 */
export class Topic {
  readonly name: string
  /** Undefined: this is a topic of dead letters itself. */
  readonly deadLetters: Topic | undefined
  readonly #bounds: TopicBounds
  readonly #wake: (group: Group) => void
  /** In the order of publication. */
  readonly #kept = new Set<Entry>()
  readonly #groups = new Map<string, Group>()
  #bytes = 0
  #meanBytes = ENTRY_OVERHEAD_BYTES
  #dropped = 0

  /** @param wake called when a group may have something to hand over */
  constructor(
    name: string,
    deadLetters: Topic | undefined,
    bounds: TopicBounds,
    wake: (group: Group) => void,
  ) {
    this.name = name
    this.deadLetters = deadLetters
    this.#bounds = bounds
    this.#wake = wake
  }

  get count(): number {
    return this.#kept.size
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Dead letters that had to make room for later ones. */
  get dropped(): number {
    return this.#dropped
  }

  /** By count, and by bytes at the mean size of the latest messages. */
  get room(): number {
    const { maxMessages, maxBytes } = this.#bounds
    if (!this.deadLetters) return maxMessages
    const byBytes = Math.floor((maxBytes - this.#bytes) / this.#meanBytes)
    return Math.max(0, Math.min(maxMessages - this.#kept.size, byBytes))
  }

  /** @throws {BusFullError} */
  publish(message: Message): void {
    const bytes = bytesOf(message)
    if (this.#isFull(bytes)) {
      if (this.deadLetters) throw new BusFullError(this.name)
      this.#dropUntilFits(bytes)
    }
    this.#meanBytes += (bytes - this.#meanBytes) / 16
    this.#bytes += bytes
    const entry: Entry = { message, bytes, items: [], unsettled: 0 }
    this.#kept.add(entry)
    for (const group of this.#groups.values()) group.add(entry)
  }

  /** A group that is new begins at the oldest message kept. */
  group(name: string): Group {
    let group = this.#groups.get(name)
    if (!group) {
      group = new Group(this, this.#wake)
      this.#groups.set(name, group)
      for (const entry of this.#kept) group.add(entry)
    }
    return group
  }

  lag(group: string): number {
    return this.#groups.get(group)?.unsettled ?? this.#kept.size
  }

  settled(entry: Entry): void {
    entry.unsettled -= 1
    if (entry.unsettled === 0 && this.#kept.delete(entry)) this.#bytes -= entry.bytes
  }

  /** One message is always taken, however large: it would otherwise never be. */
  #isFull(bytes: number): boolean {
    const { maxMessages, maxBytes } = this.#bounds
    const count = this.#kept.size
    const most = bytes > SMALL_BYTES ? LARGE_SHARE * maxBytes : maxBytes
    return count >= maxMessages || (count > 0 && this.#bytes + bytes > most)
  }

  #dropUntilFits(bytes: number): void {
    for (const entry of this.#kept) {
      this.#kept.delete(entry)
      this.#bytes -= entry.bytes
      this.#dropped += 1
      for (const item of entry.items) item.group.forget(item)
      if (!this.#isFull(bytes)) return
    }
  }
}

/** The place of one consumer group in one topic: what waits for it, and its consumers. */
export class Group implements Source<GroupItem> {
  /** Whether the bus has it in its list of groups to serve. */
  scheduled = false
  readonly #topic: Topic
  readonly #wake: (group: Group) => void
  readonly #waiting = new Deque<GroupItem>()
  readonly #consumers: Consumer<GroupItem>[] = []
  #turn = 0
  #unsettled = 0

  constructor(topic: Topic, wake: (group: Group) => void) {
    this.#topic = topic
    this.#wake = wake
  }

  get topic(): string {
    return this.#topic.name
  }

  get checksVersions(): boolean {
    return this.#topic.deadLetters !== undefined
  }

  get unsettled(): number {
    return this.#unsettled
  }

  add(entry: Entry): void {
    const item = {
      message: entry.message,
      deliveryCount: 0,
      entry,
      group: this,
      settled: false,
    }
    entry.items.push(item)
    entry.unsettled += 1
    this.#unsettled += 1
    this.#waiting.push(item)
    this.wake()
  }

  join(consumer: Consumer<GroupItem>): void {
    this.#consumers.push(consumer)
    this.wake()
  }

  /** Ends the consumer's intake; what it has open stays with it. */
  leave(consumer: Consumer<GroupItem>): void {
    const index = this.#consumers.indexOf(consumer)
    if (index >= 0) this.#consumers.splice(index, 1)
  }

  /** What a consumer had open comes again in the old order, before what waits. */
  putBack(items: GroupItem[]): void {
    for (const item of items.reverse()) this.#waiting.unshift(item)
    this.wake()
  }

  wake(): void {
    if (!this.scheduled && this.canHandOver) this.#wake(this)
  }

  get canHandOver(): boolean {
    return this.#waiting.length > 0 && this.#consumers.some(consumer => consumer.hasRoom)
  }

  /** Hands over at most `limit` messages; returns how many it did. */
  handOver(limit: number): number {
    let handedOver = 0
    while (handedOver < limit && this.#waiting.length > 0) {
      const consumer = this.#nextConsumer()
      if (!consumer) break
      const item = this.#waiting.shift()
      if (!item || item.settled) continue
      handedOver += 1
      consumer.take(item)
    }
    return handedOver
  }

  ack(item: GroupItem): void {
    this.#settle(item)
  }

  release(item: GroupItem): void {
    this.#waiting.push(item)
    this.wake()
  }

  reject(item: GroupItem, reason: string): void {
    const { key, value, headers } = item.message
    this.#topic.deadLetters?.publish({
      key,
      value,
      headers: {
        ...headers,
        'longhaul-dead-reason': reason,
        'longhaul-dead-topic': this.topic,
      },
    })
    this.#settle(item)
  }

  /** The topic dropped it. It may stand anywhere in the queue; in front it would stay for ever without consumers. */
  forget(item: GroupItem): void {
    this.#settle(item)
    while (this.#waiting.first?.settled) this.#waiting.shift()
  }

  #settle(item: GroupItem): void {
    if (item.settled) return
    item.settled = true
    this.#unsettled -= 1
    this.#topic.settled(item.entry)
  }

  /** Round robin among those with room. */
  #nextConsumer(): Consumer<GroupItem> | undefined {
    const count = this.#consumers.length
    for (let step = 0; step < count; step += 1) {
      const index = (this.#turn + step) % count
      const consumer = this.#consumers[index]
      if (consumer?.hasRoom) {
        this.#turn = index + 1
        return consumer
      }
    }
    return undefined
  }
}

function bytesOf(message: Message): number {
  const { key, headers, valueBytes = Buffer.byteLength(message.value) } = message
  let bytes = ENTRY_OVERHEAD_BYTES + key.length + valueBytes
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0)
  return bytes
}

export function isDeadLetterTopic(name: string): boolean {
  return name.endsWith(deadLetterTopic(''))
}
