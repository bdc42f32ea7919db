import { Deque } from '../memory/deque.ts'
import type { Message } from '../port.ts'
import { offsetOf, placeAt } from './place.ts'
import { PlaceList } from './place-list.ts'
import type { Record } from './record.ts'
import type { Standing } from './standing.ts'

/**
 * A message of a partition from the time it was fetched until its record is
 * committed: see `PartitionWindow`.
 */
export interface Entry {
  readonly place: number
  /** Behind it, where the message after it may be. */
  readonly end: number
  readonly timestamp: string
  readonly key: string
  readonly bytes: number
  /** Let go once it is done: what is kept until the commit is only the place. */
  message: Message | undefined
  state: 'waiting' | 'open' | 'rejecting' | 'done' | 'forgotten'
  /** The watermark passed it although it was not done. */
  detached: boolean
  /** When it was first handed over; undefined before. */
  handedAtMs: number | undefined
  deliveryCount: number
}

export interface WindowOptions {
  /** Entries handed over and not settled at a time. */
  window: number
  /** How long one of them may hold the watermark back. */
  stragglerAfterMs: number
}

/** A partition fetches while fewer bytes than this wait to be handed over, and again once half of it does. */
const WAITING_BYTES = 128 * 1024

/**
 * What one consumer knows of one partition.
 *
 * An entry is `waiting` until it is handed over, then `open` until it is settled:
 * acknowledged it is `done`, released it waits again behind the others, rejected
 * it is `rejecting` until its dead letter is published, then `done`. The
 * *watermark* lies behind the entries that are done without a gap: what is below
 * it may be committed. Entries are kept until the commit, because whoever joins
 * the group anew is sent again everything that is not committed: what is known
 * already, by place, time and key, is dropped.
 *
 * A partition is *held* from its assignment until the next rebalance begins.
 * Only then is anything handed over or committed. When it went to another
 * consumer, what waited is forgotten, since the other one gets it; what is open
 * stays with its handler, and is dropped should the partition come back with it
 * meanwhile.
 *
 * `forgotten` is an entry that somebody else is responsible for: settling it
 * does nothing. That becomes of all entries when the partition begins anew, as
 * it does when its topic was deleted and created again: something else is where
 * they were, or the offsets went back below what we committed.
 *
 * An open entry that holds back others for too long is `detached`: the watermark
 * passes it, its place in the window is free, and it stays with its handler.
 * At most as many as the window holds are detached at a time, so that what is in
 * hand stays bounded.
 */
export class PartitionWindow {
  readonly topic: string
  /** Kafka's name of the topic. */
  readonly name: string
  readonly partition: number
  readonly #options: WindowOptions
  readonly #entries = new PlaceList<Entry>()
  /** Index of the first entry that the watermark has not passed. */
  #passed = 0
  readonly #waiting = new Deque<Entry>()
  #waitingBytes = 0
  /** Open and rejecting ones, without those that are detached. */
  #inHand = 0
  #detached = 0
  #full = false
  #fetching = true
  #held = false
  /**
   * Behind the last message admitted since the assignment; undefined before. The
   * watermark stays below it: beyond, what was released meanwhile may have left gaps.
   */
  #position: number | undefined
  #epoch = 0
  /** What is below was committed by us, or was never ours. */
  #floor = 0
  /** Messages of a record, in the mean of the latest; undefined before the first. */
  #perRecord: number | undefined

  constructor(place: { topic: string; name: string; partition: number }, options: WindowOptions) {
    this.topic = place.topic
    this.name = place.name
    this.partition = place.partition
    this.#options = options
  }

  get held(): boolean {
    return this.#held
  }

  /** Raised at every beginning and end of holding. */
  get epoch(): number {
    return this.#epoch
  }

  /** Whether more should be fetched: false from the bound of what waits until half of it. */
  get fetching(): boolean {
    if (this.#waitingBytes >= WAITING_BYTES) this.#fetching = false
    else if (this.#waitingBytes <= WAITING_BYTES / 2) this.#fetching = true
    return this.#fetching
  }

  /** Handed over and not settled, those that are detached included. */
  get unsettled(): number {
    return this.#inHand + this.#detached
  }

  get hasNext(): boolean {
    return this.#held && !this.#full && this.#waiting.length > 0
  }

  /** A rebalance began: the partition may go to another consumer. */
  suspend(): void {
    this.#held = false
    this.#epoch += 1
  }

  /** The partition is ours, for the first time or again. */
  assign(): void {
    this.#held = true
    this.#position = undefined
    this.#passed = 0
    this.#epoch += 1
  }

  /** The partition went to another consumer. */
  revoke(): void {
    this.suspend()
    for (let entry = this.#waiting.shift(); entry; entry = this.#waiting.shift()) {
      entry.state = 'forgotten'
    }
    this.#waitingBytes = 0
    this.#keep(entry => entry.state !== 'forgotten')
  }

  /**
   * Takes whole records that were fetched, in the order of their places. Returns how many
   * messages were dropped because they are known.
   */
  admit(records: readonly Record[]): number {
    const [oldest] = records
    if (!oldest) return 0
    // After an assignment, fetching begins at what the group committed.
    if (this.#position === undefined && oldest.place > this.#floor) this.#forgetBelow(oldest.place)
    if (oldest.place < this.#floor || this.#isElsewhere(records)) this.#beginAnew(oldest.place)
    this.#countRecords(records)
    let known = 0
    for (const record of records) {
      const index = this.#entries.indexOf(record.place)
      if (this.#entries.at(index)?.place === record.place) known += 1
      else this.#insert(index, record)
      this.#position = record.end
    }
    return known
  }

  /** The next entry to hand over, which is then open. */
  next(nowMs: number): (Entry & { message: Message }) | undefined {
    if (!this.hasNext) return undefined
    const entry = this.#waiting.shift()
    if (!entry?.message) return undefined
    this.#waitingBytes -= entry.bytes
    entry.state = 'open'
    entry.handedAtMs ??= nowMs
    entry.deliveryCount += 1
    this.#inHand += 1
    if (this.#inHand >= this.#options.window) this.#full = true
    return entry as Entry & { message: Message }
  }

  /** False when settling does nothing: it was settled before, or somebody else has it. */
  ack(entry: Entry): boolean {
    if (entry.state !== 'open') return false
    this.#finish(entry)
    return true
  }

  /**
   * `again`: it waits here once more. `elsewhere`: the watermark has passed it,
   * so that the caller must see to it that it comes again. `nothing`: see `ack`.
   */
  release(entry: Entry): 'again' | 'elsewhere' | 'nothing' {
    if (entry.state !== 'open') return 'nothing'
    if (entry.detached) {
      entry.state = 'rejecting'
      return 'elsewhere'
    }
    this.#leaveHand()
    if (this.#held) {
      entry.state = 'waiting'
      this.#wait(entry)
      return 'again'
    }
    // Not ours at present: whoever gets the partition is sent it, and so are we.
    entry.state = 'forgotten'
    this.#keep(kept => kept !== entry)
    return 'again'
  }

  /** Whether the message is to be published elsewhere; call `published` once it is. */
  reject(entry: Entry): boolean {
    if (entry.state !== 'open') return false
    entry.state = 'rejecting'
    return true
  }

  /** What was rejected, or released when it was detached, is safe elsewhere. */
  published(entry: Entry): void {
    if (entry.state === 'rejecting') this.#finish(entry)
  }

  /** Lets the watermark pass those that held it too long; returns them. */
  detachStragglers(nowMs: number): Entry[] {
    const detached: Entry[] = []
    while (this.#held && this.#detached < this.#options.window) {
      this.#pass()
      const entry = this.#entries.at(this.#passed)
      if (!entry || !this.#isPassable(entry)) break
      if (entry.state !== 'open' || entry.handedAtMs === undefined) break
      if (nowMs - entry.handedAtMs < this.#options.stragglerAfterMs) break
      if (!this.#holdsBackOthers()) break
      entry.detached = true
      this.#leaveHand()
      this.#detached += 1
      detached.push(entry)
    }
    return detached
  }

  /**
   * The offset to commit, when it is above the last one. After an assignment
   * undefined until something was admitted: everything that is not committed
   * comes again, and until then the group may be further than we are.
   */
  get committable(): number | undefined {
    if (!this.#held || this.#position === undefined) return undefined
    this.#pass()
    const last = this.#entries.at(this.#passed - 1)
    const offset = last && offsetOf(last.end)
    return offset !== undefined && offset > offsetOf(this.#floor) ? offset : undefined
  }

  /** Undefined while it is not known how far the group is. */
  get standing(): Standing | undefined {
    if (!this.#held || this.#position === undefined) return undefined
    // What was known before the assignment need not have come again yet.
    const fetched = Math.max(this.#position, this.#entries.last?.end ?? 0)
    return {
      offset: this.committable ?? offsetOf(this.#floor),
      position: offsetOf(fetched),
      unsettled: this.#waiting.length + this.#inHand,
      perRecord: this.#perRecord ?? 1,
    }
  }

  /** @param epoch that in which the commit was sent: the answer to an older one says nothing */
  committed(offset: number, epoch: number): void {
    if (epoch === this.#epoch) this.#forgetBelow(placeAt(offset))
  }

  /** The consumer ends: settling what is open does nothing any more. */
  close(): void {
    this.suspend()
    for (const entry of this.#entries.dropBelow(Number.POSITIVE_INFINITY)) entry.state = 'forgotten'
    this.#passed = 0
    this.#inHand = 0
    this.#detached = 0
  }

  #beginAnew(place: number): void {
    this.#forgetBelow(Number.POSITIVE_INFINITY)
    this.#floor = place
  }

  #forgetBelow(place: number): void {
    this.#floor = place
    const dropped = this.#entries.dropBelow(place)
    for (const entry of dropped) this.#forget(entry)
    this.#passed = Math.max(0, this.#passed - dropped.length)
  }

  /** Detached ones stay with their handlers, and keep their place among the detached. */
  #forget(entry: Entry): void {
    if (entry.detached) return
    if (entry.state === 'waiting') this.#dropWaiting(entry)
    if (entry.state === 'open' || entry.state === 'rejecting') this.#leaveHand()
    entry.state = 'forgotten'
  }

  #dropWaiting(dropped: Entry): void {
    for (let left = this.#waiting.length; left > 0; left -= 1) {
      const entry = this.#waiting.shift()
      if (!entry) return
      if (entry !== dropped) this.#waiting.push(entry)
    }
    this.#waitingBytes -= dropped.bytes
  }

  #finish(entry: Entry): void {
    if (entry.detached) this.#detached -= 1
    else this.#leaveHand()
    entry.state = 'done'
    entry.message = undefined
  }

  #leaveHand(): void {
    this.#inHand -= 1
    if (this.#inHand <= this.#options.window >> 1) this.#full = false
  }

  #wait(entry: Entry): void {
    this.#waiting.push(entry)
    this.#waitingBytes += entry.bytes
  }

  #insert(index: number, { place, end, timestamp, bytes, message }: Record): void {
    const entry: Entry = {
      place,
      end,
      timestamp,
      key: message.key,
      bytes,
      message,
      state: 'waiting',
      detached: false,
      handedAtMs: undefined,
      deliveryCount: 0,
    }
    this.#entries.insert(index, entry)
    this.#passed = Math.min(this.#passed, index)
    this.#wait(entry)
  }

  #countRecords(records: readonly Record[]): void {
    const offsets = new Set(records.map(({ place }) => offsetOf(place)))
    const mean = records.length / offsets.size
    const before = this.#perRecord ?? mean
    this.#perRecord = before + (mean - before) / 4
  }

  #pass(): void {
    for (;;) {
      const entry = this.#entries.at(this.#passed)
      if (!entry || !this.#isPassable(entry)) return
      if (entry.state !== 'done' && !entry.detached) return
      this.#passed += 1
    }
  }

  #isPassable({ place }: Entry): boolean {
    return this.#position !== undefined && place < this.#position
  }

  #holdsBackOthers(): boolean {
    for (let index = this.#passed + 1; index < this.#entries.length; index += 1) {
      if (this.#entries.at(index)?.state === 'done') return true
    }
    return false
  }

  /** Whether something else is now where we know messages. */
  #isElsewhere(records: readonly Record[]): boolean {
    const { last } = this.#entries
    if (!last || last.place < (records[0]?.place ?? 0)) return false
    return records.some(({ place, timestamp, message }) => {
      const known = this.#entries.at(this.#entries.indexOf(place))
      return known?.place === place && (known.timestamp !== timestamp || known.key !== message.key)
    })
  }

  #keep(isKept: (entry: Entry) => boolean): void {
    this.#entries.keep(isKept)
    this.#passed = 0
  }
}
