import { AsyncLocalStorage } from 'node:async_hooks'
import { type Clock, systemClock } from '@longhaul/contracts'
import { Consumer, type ConsumerDependencies } from './memory/consumer.ts'
import { Deque } from './memory/deque.ts'
import {
  type Group,
  type GroupItem,
  isDeadLetterTopic,
  Topic,
  type TopicBounds,
} from './memory/topic.ts'
import {
  type Bus,
  type BusHealth,
  BusUnavailableError,
  type ConsumeOptions,
  deadLetterTopic,
  type Message,
  type Subscription,
  UnknownTopicError,
} from './port.ts'

export interface MemoryBusOptions {
  /** Unsettled messages that a topic keeps; default 20,000. Dead letters: the latest so many. */
  maxMessagesPerTopic?: number
  /** Their bytes, overhead included; default 64 MiB. */
  maxBytesPerTopic?: number
  logger?: { warn(fields: object, text: string): void }
  clock?: Clock
}

/** Messages handed over in one turn of the event loop, so that I/O gets its share. */
const SLICE = 256
/** …and by one group of one topic before the next group's turn. */
const GROUP_SLICE = 32

const DONE = Promise.resolve()

/** A bus within this process. What it holds is gone with the process: promise 2 of the design. */
export async function openMemoryBus(options: MemoryBusOptions = {}): Promise<MemoryBus> {
  return new MemoryBus(options)
}

/**
 * Where it differs from Kafka, within the port's promise:
 *
 * - `lag` counts exactly what a group has not settled. On Kafka it trails by some
 *   200 ms, and what was not fetched yet is an estimate.
 * - All messages of a topic are in one order, not only those of one partition.
 * - A group is known from its first `consume` on, and its topic keeps for it
 *   what it has not settled, also while it has no consumer: the topic may fill up.
 * - Messages are handed on as they are, not copied.
 */
export class MemoryBus implements Bus {
  readonly durable = false
  readonly #bounds: TopicBounds
  readonly #dependencies: ConsumerDependencies
  readonly #topics = new Map<string, Topic>()
  readonly #subscriptions = new Set<MemorySubscription>()
  /** Groups that may have something to hand over, each at most once. */
  readonly #ready = new Deque<Group>()
  /** Handlers run in the context of whoever opened the bus, not of some publisher's request. */
  readonly #inOwnContext = AsyncLocalStorage.snapshot()
  #serving = false
  #stopped = false

  constructor(options: MemoryBusOptions) {
    this.#bounds = {
      maxMessages: positive('maxMessagesPerTopic', options.maxMessagesPerTopic ?? 20_000),
      maxBytes: positive('maxBytesPerTopic', options.maxBytesPerTopic ?? 64 * 1024 * 1024),
    }
    this.#dependencies = {
      clock: options.clock ?? systemClock,
      logger: options.logger ?? { warn: () => {} },
    }
  }

  async ensureTopics(topics: readonly string[]): Promise<void> {
    this.#assertRunning()
    for (const name of topics) this.#ensureTopic(name)
  }

  publish(topic: string, message: Message): Promise<void> {
    try {
      this.#assertRunning()
      this.#topic(topic).publish(message)
      return DONE
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** @throws {UnknownTopicError} */
  room(topic: string): number {
    return this.#stopped ? 0 : this.#topic(topic).room
  }

  async lag(topic: string, group: string): Promise<number> {
    return this.#topic(topic).lag(group)
  }

  async consume(options: ConsumeOptions): Promise<Subscription> {
    this.#assertRunning()
    positive('window', options.window)
    const groups = Array.from(new Set(options.topics), name => this.#topic(name)).map(topic =>
      topic.group(options.group),
    )
    const subscription = new MemorySubscription(groups, options, this.#dependencies, () =>
      this.#subscriptions.delete(subscription),
    )
    this.#subscriptions.add(subscription)
    return subscription
  }

  health(): BusHealth {
    if (this.#stopped) return { ok: false, detail: 'stopped' }
    const topics = [...this.#topics.values()]
    const messages = topics.reduce((sum, { count }) => sum + count, 0)
    const bytes = topics.reduce((sum, topic) => sum + topic.bytes, 0)
    const full = topics.filter(({ room }) => room === 0).map(({ name }) => name)
    const facts = [
      `in memory: ${topics.length} topics, ${messages} messages, ${bytes} bytes`,
      ...(full.length > 0 ? [`full: ${full.join(', ')}`] : []),
      ...(this.droppedDeadLetters > 0 ? [`${this.droppedDeadLetters} dead letters dropped`] : []),
    ]
    return { ok: true, detail: facts.join('; ') }
  }

  /** Dead letters that had to make room for later ones, since the start. */
  get droppedDeadLetters(): number {
    let dropped = 0
    for (const topic of this.#topics.values()) dropped += topic.dropped
    return dropped
  }

  /** Forgets everything. Stop the subscriptions first to let open deliveries end. */
  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    await Promise.all(Array.from(this.#subscriptions, subscription => subscription.stop(0)))
    this.#topics.clear()
  }

  #assertRunning(): void {
    if (this.#stopped) throw new BusUnavailableError('it was stopped')
  }

  #topic(name: string): Topic {
    const topic = this.#topics.get(name)
    if (!topic) throw new UnknownTopicError(name)
    return topic
  }

  #ensureTopic(name: string): Topic {
    const known = this.#topics.get(name)
    if (known) return known
    const deadLetters = isDeadLetterTopic(name)
      ? undefined
      : this.#ensureTopic(deadLetterTopic(name))
    const topic = new Topic(name, deadLetters, this.#bounds, group => this.#schedule(group))
    this.#topics.set(name, topic)
    return topic
  }

  #schedule(group: Group): void {
    if (this.#stopped) return
    group.scheduled = true
    this.#ready.push(group)
    if (this.#serving) return
    this.#serving = true
    setImmediate(this.#serve)
  }

  readonly #serve = (): void => {
    this.#inOwnContext(() => this.#serveSlice())
    if (this.#ready.length > 0) setImmediate(this.#serve)
    else this.#serving = false
  }

  #serveSlice(): void {
    let left = SLICE
    while (left > 0) {
      const group = this.#ready.shift()
      if (!group) return
      group.scheduled = false
      left -= group.handOver(Math.min(left, GROUP_SLICE))
      group.wake()
    }
  }
}

class MemorySubscription implements Subscription {
  readonly #parts: Array<{ group: Group; consumer: Consumer<GroupItem> }>
  readonly #clock: Clock
  readonly #onStopped: () => void
  #intake = true
  #stopping: Promise<void> | undefined
  #onIdle: (() => void) | undefined

  constructor(
    groups: Group[],
    options: ConsumeOptions,
    dependencies: ConsumerDependencies,
    onStopped: () => void,
  ) {
    this.#clock = dependencies.clock
    this.#onStopped = onStopped
    this.#parts = groups.map(group => ({
      group,
      consumer: new Consumer(group, options, () => this.#consumerIdle(), dependencies),
    }))
    for (const { group, consumer } of this.#parts) group.join(consumer)
  }

  /** Called again it answers for the first call, whose timeout counts; 0 cuts it short. */
  stop(timeoutMs: number): Promise<void> {
    this.#endIntake()
    if (timeoutMs <= 0) this.#takeBack()
    this.#stopping ??= this.#drain(timeoutMs)
    return this.#stopping
  }

  async #drain(timeoutMs: number): Promise<void> {
    if (!this.#idle) {
      await new Promise<void>(resolve => {
        const cancel = this.#clock.schedule(timeoutMs, resolve)
        this.#onIdle = () => {
          cancel()
          resolve()
        }
      })
    }
    this.#takeBack()
    this.#onStopped()
  }

  get #idle(): boolean {
    return this.#parts.every(({ consumer }) => consumer.idle)
  }

  #endIntake(): void {
    if (!this.#intake) return
    this.#intake = false
    for (const { group, consumer } of this.#parts) group.leave(consumer)
  }

  #takeBack(): void {
    for (const { group, consumer } of this.#parts) group.putBack(consumer.takeBack())
  }

  #consumerIdle(): void {
    if (this.#onIdle && this.#idle) this.#onIdle()
  }
}

function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new RangeError(`${name} must be a positive integer, not ${value}`)
}
