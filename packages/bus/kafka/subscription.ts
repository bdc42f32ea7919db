import { AsyncLocalStorage } from 'node:async_hooks'
import { type Clock, sleep } from '@longhaul/contracts'
import type { Metrics } from '@longhaul/telemetry'
import { isDeadLetterTopic } from '../memory/topic.ts'
import { type ConsumeOptions, deadLetterTopic, type Message, type Subscription } from '../port.ts'
import type { KafkaLogger } from './client.ts'
import { Committer } from './committer.ts'
import { KafkaDelivery, type Settler } from './delivery.ts'
import { FetchGate } from './fetch-gate.ts'
import type { GroupConsumer, GroupListener } from './group-consumer.ts'
import { HandlerRest } from './handler-rest.ts'
import { type Entry, PartitionWindow } from './partition-window.ts'
import { offsetOf } from './place.ts'
import type { Record } from './record.ts'

export type BusMetrics = Pick<
  Metrics,
  'busRebalances' | 'busConsumerFailures' | 'busRepeatsDropped' | 'busStragglers'
>

export interface SubscriptionDependencies {
  clock: Clock
  logger: KafkaLogger
  metrics: BusMetrics | undefined
  startConsumer(listener: GroupListener): GroupConsumer
  publish(topic: string, message: Message): Promise<void>
  /** Our name of a topic of Kafka's. */
  topicOf(name: string): string
  onStopped(): void
}

export interface SubscriptionOptions {
  commitIntervalMs: number
  stragglerAfterMs: number
}

/** Messages handed over in one turn of the event loop, so that I/O gets its share. */
const SLICE = 256
/** …and of one partition before the next one's turn. */
const PARTITION_SLICE = 32
const PUBLISH_AGAIN_MS = 500

/**
 * One consumer of a group, with a window for each of its partitions.
 *
 * What the consumer fetched waits in its window. Handlers are called from here,
 * in turns of the event loop of their own, so that the consumer's heartbeats
 * depend on no handler. Commits go out together, while there is something to
 * commit, and at once when a rebalance begins.
 */
export class KafkaSubscription implements Subscription, GroupListener, Settler {
  readonly group: string
  readonly consumer: GroupConsumer
  readonly #dependencies: SubscriptionDependencies
  readonly #consume: ConsumeOptions
  readonly #options: SubscriptionOptions
  readonly #versions: ReadonlySet<string>
  readonly #windows = new Map<string, PartitionWindow>()
  readonly #gate: FetchGate
  readonly #rest: HandlerRest
  readonly #committer: Committer
  /** Handlers run in the context of whoever consumes, not of some delivery's. */
  readonly #inOwnContext = AsyncLocalStorage.snapshot()
  readonly #ending = new AbortController()
  #intake = true
  #pumping = false
  #turn = 0
  #cancelTick: (() => void) | undefined
  #stopping: Promise<void> | undefined
  #onSettled: (() => void) | undefined

  constructor(
    dependencies: SubscriptionDependencies,
    consume: ConsumeOptions,
    options: SubscriptionOptions,
  ) {
    this.#dependencies = dependencies
    this.#consume = consume
    this.#options = options
    this.group = consume.group
    this.#versions = new Set(consume.versions.map(String))
    this.#rest = new HandlerRest(dependencies, () => this.#pump())
    this.#committer = new Committer(
      () => this.#windows.values(),
      offsets => this.consumer.commit(offsets),
    )
    this.#gate = new FetchGate(dependencies.clock, () => this.consumer)
    this.consumer = dependencies.startConsumer(this)
  }

  /** Partitions that fetch no more, since enough waits. */
  get paused(): number {
    return this.#gate.paused
  }

  get unsettled(): number {
    let unsettled = 0
    for (const window of this.#windows.values()) unsettled += window.unsettled
    return unsettled
  }

  /** Called again it answers for the first call, whose timeout counts; 0 cuts it short. */
  stop(timeoutMs: number): Promise<void> {
    this.#intake = false
    this.#rest.cancel()
    if (timeoutMs <= 0) this.#onSettled?.()
    this.#stopping ??= this.#drain(timeoutMs)
    return this.#stopping
  }

  assigned(partitions: ReadonlyMap<string, readonly number[]>): void {
    this.#dependencies.metrics?.busRebalances.add(1, { group: this.group })
    const assigned = new Set<PartitionWindow>()
    for (const [topic, numbers] of partitions) {
      for (const partition of numbers) assigned.add(this.#window(topic, partition))
    }
    for (const window of this.#windows.values()) {
      if (assigned.has(window)) window.assign()
      else window.revoke()
    }
    this.#gate.open()
    this.#pump()
    this.#scheduleTick()
  }

  suspended(): void {
    void this.#committer.commit()
    for (const window of this.#windows.values()) window.suspend()
  }

  fetched(name: string, partition: number, records: readonly Record[]): Promise<void> | undefined {
    const window = this.#window(name, partition)
    if (!window.held) return undefined
    const repeats = window.admit(records)
    if (repeats > 0) {
      this.#dependencies.metrics?.busRepeatsDropped.add(repeats, { group: this.group })
    }
    this.#pump()
    this.#scheduleTick()
    return this.#gate.passed(window)
  }

  failed(): void {
    this.#dependencies.metrics?.busConsumerFailures.add(1, { group: this.group })
  }

  ack(window: PartitionWindow, entry: Entry): void {
    if (this.#ended || !window.ack(entry)) return
    this.#rest.succeeded()
    this.#afterSettling(window)
  }

  release(window: PartitionWindow, entry: Entry): void {
    if (this.#ended) return
    const { message } = entry
    const outcome = window.release(entry)
    if (outcome === 'nothing') return
    if (outcome === 'elsewhere' && message) {
      void this.#publishElsewhere(window, entry, window.topic, message)
    }
    this.#afterSettling(window)
  }

  reject(window: PartitionWindow, entry: Entry, reason: string): void {
    if (this.#ended) return
    if (isDeadLetterTopic(window.topic)) {
      this.ack(window, entry)
      return
    }
    const { message } = entry
    if (!window.reject(entry) || !message) return
    const letter = {
      ...message,
      headers: {
        ...message.headers,
        'longhaul-dead-reason': reason,
        'longhaul-dead-topic': window.topic,
        'longhaul-dead-partition': String(window.partition),
        'longhaul-dead-offset': String(offsetOf(entry.place)),
      },
    }
    void this.#publishElsewhere(window, entry, deadLetterTopic(window.topic), letter)
  }

  get #ended(): boolean {
    return this.#ending.signal.aborted
  }

  #window(name: string, partition: number): PartitionWindow {
    const key = `${name} ${partition}`
    const known = this.#windows.get(key)
    if (known) return known
    const window = new PartitionWindow(
      { topic: this.#dependencies.topicOf(name), name, partition },
      { window: this.#consume.window, stragglerAfterMs: this.#options.stragglerAfterMs },
    )
    this.#windows.set(key, window)
    return window
  }

  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    setImmediate(() => {
      this.#pumping = false
      this.#inOwnContext(() => this.#handOverSlice())
    })
  }

  #handOverSlice(): void {
    const windows = [...this.#windows.values()]
    let left = SLICE
    for (let step = 0; step < windows.length && left > 0; step += 1) {
      const window = windows[(this.#turn + step) % windows.length]
      if (window?.hasNext) left -= this.#handOver(window, Math.min(left, PARTITION_SLICE))
    }
    this.#turn += 1
    if (this.#mayHandOver && windows.some(({ hasNext }) => hasNext)) this.#pump()
  }

  get #mayHandOver(): boolean {
    return this.#intake && !this.#rest.resting
  }

  #handOver(window: PartitionWindow, limit: number): number {
    let handedOver = 0
    while (handedOver < limit && this.#mayHandOver) {
      const entry = window.next(this.#dependencies.clock.now())
      if (!entry) break
      handedOver += 1
      this.#handle(new KafkaDelivery(this, window, entry, entry.message))
    }
    this.#gate.handedOver(window)
    if (handedOver > 0) this.#scheduleTick()
    return handedOver
  }

  #handle(delivery: KafkaDelivery): void {
    const version = delivery.message.headers['longhaul-schema'] as string | undefined
    if (!isDeadLetterTopic(delivery.topic) && !(version && this.#versions.has(version))) {
      delivery.reject(
        version ? `unknown schema version ${version}` : 'no schema version in the headers',
      )
      return
    }
    try {
      const going = this.#consume.handle(delivery)
      if (going) going.catch(error => this.#handlerThrew(delivery, error))
    } catch (error) {
      this.#handlerThrew(delivery, error)
    }
  }

  #handlerThrew(delivery: KafkaDelivery, error: unknown): void {
    this.#rest.threw(delivery, error)
    delivery.release()
  }

  #afterSettling(window: PartitionWindow): void {
    if (window.hasNext) this.#pump()
    this.#scheduleTick()
    if (this.#onSettled && this.unsettled === 0) this.#onSettled()
  }

  /** Until it is published: the message has no other place meanwhile. */
  async #publishElsewhere(
    window: PartitionWindow,
    entry: Entry,
    topic: string,
    message: Message,
  ): Promise<void> {
    const { clock, logger, publish } = this.#dependencies
    for (let attempt = 1; !this.#ended; attempt += 1) {
      try {
        await publish(topic, message)
        break
      } catch (error) {
        if (attempt === 1) logger.warn({ err: error, topic }, 'publishing failed; trying again')
        await sleep(clock, PUBLISH_AGAIN_MS, this.#ending.signal)
      }
    }
    if (this.#ended) return
    window.published(entry)
    this.#afterSettling(window)
  }

  #scheduleTick(): void {
    if (this.#cancelTick || this.#ended) return
    this.#cancelTick = this.#dependencies.clock.schedule(this.#options.commitIntervalMs, () => {
      this.#cancelTick = undefined
      this.#detachStragglers()
      void this.#committer.commit().then(isDone => {
        if (!isDone || this.unsettled > 0) this.#scheduleTick()
      })
    })
  }

  #detachStragglers(): void {
    const { clock, logger, metrics } = this.#dependencies
    for (const window of this.#windows.values()) {
      for (const { key, place } of window.detachStragglers(clock.now())) {
        const { topic, partition } = window
        metrics?.busStragglers.add(1, { group: this.group })
        logger.warn(
          { topic, partition, offset: offsetOf(place), key, group: this.group },
          'a delivery is open for so long that it was detached: its offset is committed without it',
        )
        if (window.hasNext) this.#pump()
      }
    }
  }

  async #drain(timeoutMs: number): Promise<void> {
    const { clock, onStopped } = this.#dependencies
    if (timeoutMs > 0 && this.unsettled > 0) {
      await new Promise<void>(resolve => {
        const cancel = clock.schedule(timeoutMs, resolve)
        this.#onSettled = () => {
          cancel()
          resolve()
        }
      })
    }
    this.#ending.abort()
    this.#cancelTick?.()
    await this.#committer.last(clock)
    for (const window of this.#windows.values()) window.close()
    await this.consumer.stop()
    onStopped()
  }
}
