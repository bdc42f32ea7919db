import { type Clock, systemClock } from '@longhaul/contracts'
import { KafkaAdmin } from './kafka/admin.ts'
import { type KafkaJsLog, type KafkaLogger, kafkaJsLog } from './kafka/client.ts'
import type { KafkaConnection } from './kafka/connection.ts'
import { GroupConsumer } from './kafka/group-consumer.ts'
import { LagReader } from './kafka/lag.ts'
import { connectSender } from './kafka/producer.ts'
import { SendQueue } from './kafka/send-queue.ts'
import { type BusMetrics, KafkaSubscription } from './kafka/subscription.ts'
import { assertTopicPrefix } from './kafka/topic-name.ts'
import { Topics } from './kafka/topics.ts'
import {
  type Bus,
  type BusHealth,
  BusUnavailableError,
  type ConsumeOptions,
  type Message,
  type Subscription,
  UnknownTopicError,
} from './port.ts'

export interface KafkaBusOptions extends KafkaConnection {
  /** Before the names of topics and groups, so that several installations can share brokers; default none. */
  topicPrefix?: string
  /** Of the topics that are created; default 6. More of them let more consumers of a group work. */
  partitions?: number
  /** Copies of each partition; default 1. */
  replication?: number
  /**
   * After so long without a heartbeat the broker gives a consumer's partitions
   * to others; default 10 s. Brokers take 6 s or more unless configured otherwise.
   */
  sessionTimeoutMs?: number
  /** How often what is done is committed; default 200 ms. */
  commitIntervalMs?: number
  /** How long one delivery may hold back the commits of others; default 60 s. */
  stragglerAfterMs?: number
  /** Messages that wait to be sent; default 10,000. */
  maxUnsent?: number
  /** Their bytes; default 32 MiB. */
  maxUnsentBytes?: number
  /** A message that is not acknowledged after so long is refused; default 5 s. */
  publishTimeoutMs?: number
  /** How old the figures of `lag` may be; default 2 s. */
  lagMaxAgeMs?: number
  clock?: Clock
  logger?: KafkaLogger
  metrics?: BusMetrics
}

/** How long to wait for what goes on by itself when it takes longer. */
const PATIENCE_MS = 5_000
/** What a connection that is given up may take to fail. */
const SAYING_WHY_MS = 1_000
const PROBE_EVERY_MS = 5_000
const PROBE_ANSWER_MS = 3_000

/**
 * A bus on Kafka. The brokers need not be there: what cannot be done yet is
 * tried until it can, and `health` says so meanwhile. Resolves when the first
 * attempt to connect has succeeded or failed.
 */
export async function openKafkaBus(options: KafkaBusOptions): Promise<Bus> {
  const bus = new KafkaBus(options)
  await bus.tried()
  return bus
}

/**
 * Where it differs from the memory bus, within the port's promise:
 *
 * - Messages that are sent together travel in packs, a record for several, and
 *   packs go to one partition after another: order is kept within a partition only.
 * - `lag` is what the consumers told with their latest commits, every
 *   `commitIntervalMs`, and an estimate of what they have not fetched yet, by how
 *   many messages their latest records held. The figure is up to `lagMaxAgeMs`
 *   old. While no broker answers it is the last one.
 * - `release` brings a message again behind what this consumer has fetched.
 * - A subscription that is being stopped keeps its partitions until its open
 *   deliveries are settled or its time is up; nobody else gets them before.
 * - A delivery that is open for longer than `stragglerAfterMs` while others
 *   behind it are done is detached: should this process die with it, it does not
 *   come again. Released it is published again.
 */
class KafkaBus implements Bus {
  readonly durable = true
  readonly #connection: KafkaConnection
  readonly #prefix: string
  readonly #clock: Clock
  readonly #logger: KafkaLogger
  readonly #log: KafkaJsLog
  readonly #options: KafkaBusOptions
  readonly #admin: KafkaAdmin
  /** Apart, since it asks for topics by name: see `KafkaAdmin`. */
  readonly #lagAdmin: KafkaAdmin
  readonly #topics: Topics
  readonly #lag: LagReader
  readonly #connectMs: number
  readonly #queue: SendQueue
  readonly #subscriptions = new Set<KafkaSubscription>()
  #cancelProbe: () => void = () => {}
  #stopping: Promise<void> | undefined

  constructor(options: KafkaBusOptions) {
    const { topicPrefix = '', brokers, clientId, tls, sasl } = options
    assertTopicPrefix(topicPrefix)
    this.#options = options
    this.#prefix = topicPrefix
    this.#connection = { brokers, clientId, ...(tls && { tls }), ...(sasl && { sasl }) }
    this.#clock = options.clock ?? systemClock
    this.#logger = options.logger ?? { warn: () => {} }
    this.#log = kafkaJsLog(this.#logger)
    const common = { clock: this.#clock, logger: this.#logger, log: this.#log }
    this.#admin = new KafkaAdmin(this.#connection, common)
    this.#lagAdmin = new KafkaAdmin(this.#connection, common)
    this.#topics = new Topics(
      { ...common, admin: this.#admin },
      {
        topicPrefix,
        partitions: options.partitions ?? 6,
        replication: options.replication ?? 1,
      },
    )
    this.#lag = new LagReader(
      {
        admin: this.#lagAdmin,
        clock: this.#clock,
        nameOf: topic => this.#topics.nameOf(topic),
        groupIdOf: group => this.#groupId(group),
      },
      { maxAgeMs: options.lagMaxAgeMs ?? 2_000 },
    )
    this.#connectMs = options.publishTimeoutMs ?? PATIENCE_MS
    this.#queue = this.#openQueue(this.#connectMs)
    this.#probe()
  }

  tried(): Promise<void> {
    return this.#queue.tried(this.#connectMs + SAYING_WHY_MS)
  }

  async ensureTopics(topics: readonly string[]): Promise<void> {
    this.#assertRunning()
    await this.#topics.ensure(topics, this.#patienceMs)
  }

  publish(topic: string, message: Message): Promise<void> {
    if (!this.#stopping && !this.#topics.knows(topic)) {
      return Promise.reject(new UnknownTopicError(topic))
    }
    return this.#queue.publish(topic, message)
  }

  /** @throws {UnknownTopicError} */
  room(topic: string): number {
    this.#assertKnown(topic)
    return this.#queue.room
  }

  async lag(topic: string, group: string): Promise<number> {
    this.#assertKnown(topic)
    return this.#lag.lag(topic, group)
  }

  /** Resolves when the consumer has joined its group, or after some seconds in which it could not. */
  async consume(options: ConsumeOptions): Promise<Subscription> {
    this.#assertRunning()
    if (!Number.isSafeInteger(options.window) || options.window < 1) {
      throw new RangeError(`window must be a positive integer, not ${options.window}`)
    }
    const topics = [...new Set(options.topics)]
    for (const topic of topics) this.#assertKnown(topic)
    const subscription = this.#subscribe({ ...options, topics })
    this.#subscriptions.add(subscription)
    if (this.#patienceMs > 0) await subscription.consumer.joined(this.#patienceMs)
    return subscription
  }

  /** While nobody can publish, whoever waited would be kept from its start, most likely in vain. */
  get #patienceMs(): number {
    return this.#queue.state === 'up' ? PATIENCE_MS : 0
  }

  health(): BusHealth {
    if (this.#stopping) return { ok: false, detail: 'stopped' }
    const faults: string[] = []
    const told = new Set<string | undefined>()
    const tell = (what: string, why: string | undefined) => {
      faults.push(why === undefined || told.has(why) ? what : `${what}: ${why}`)
      told.add(why)
    }
    if (this.#queue.state !== 'up') tell('not connected', this.#queue.failure)
    const { failure, missing } = this.#topics
    if (failure !== undefined) tell(`${missing} topics are not created yet`, failure)
    const consumers = Array.from(this.#subscriptions, subscription => {
      const { state, silentMs, lastError } = subscription.consumer
      const isOk = state !== 'crashed' && silentMs < this.#sessionTimeoutMs
      const detail = `${subscription.group} ${state}${subscription.paused > 0 ? `, ${subscription.paused} partitions paused` : ''}`
      if (!isOk) tell(`consumer ${detail}`, lastError)
      return detail
    })
    if (faults.length > 0) return { ok: false, detail: faults.join('; ') }
    return {
      ok: true,
      detail: [`on Kafka: ${this.#queue.unsent} unsent`, ...consumers].join('; '),
    }
  }

  /** Sends what waits. Stop the subscriptions first to let open deliveries end. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#cancelProbe()
    this.#topics.stop()
    await Promise.all(Array.from(this.#subscriptions, subscription => subscription.stop(0)))
    await this.#queue.stop()
    await Promise.all([this.#admin.stop(), this.#lagAdmin.stop()])
  }

  get #sessionTimeoutMs(): number {
    return this.#options.sessionTimeoutMs ?? 10_000
  }

  #groupId(group: string): string {
    return this.#prefix + group
  }

  #openQueue(publishTimeoutMs: number): SendQueue {
    return new SendQueue(
      {
        connect: () =>
          connectSender(this.#connection, this.#log, {
            nameOf: topic => this.#topics.nameOf(topic),
            timeoutMs: publishTimeoutMs,
          }),
        clock: this.#clock,
        logger: this.#logger,
        onSlow: () => void this.#topics.restoreAll().catch(() => {}),
      },
      {
        maxUnsent: this.#options.maxUnsent ?? 10_000,
        maxUnsentBytes: this.#options.maxUnsentBytes ?? 32 * 1024 * 1024,
        publishTimeoutMs,
      },
    )
  }

  #subscribe(options: ConsumeOptions): KafkaSubscription {
    const nameOf = (topic: string) => this.#topics.nameOf(topic)
    const topicOf = new Map(options.topics.map(topic => [nameOf(topic), topic]))
    const subscription: KafkaSubscription = new KafkaSubscription(
      {
        clock: this.#clock,
        logger: this.#logger,
        metrics: this.#options.metrics,
        startConsumer: listener =>
          new GroupConsumer(
            {
              connection: this.#connection,
              clock: this.#clock,
              logger: this.#logger,
              log: this.#log,
              restoreTopics: () => this.#topics.restore(options.topics),
              isReachable: () => this.#queue.state === 'up',
            },
            {
              groupId: this.#groupId(options.group),
              topics: [...topicOf.keys()],
              sessionTimeoutMs: this.#sessionTimeoutMs,
            },
            listener,
          ),
        publish: (topic, message) => this.#queue.publish(topic, message),
        topicOf: name => topicOf.get(name) ?? name,
        onStopped: () => this.#subscriptions.delete(subscription),
      },
      options,
      {
        commitIntervalMs: this.#options.commitIntervalMs ?? 200,
        stragglerAfterMs: this.#options.stragglerAfterMs ?? 60_000,
      },
    )
    return subscription
  }

  /** Tells that the broker is away before the first message has waited for it in vain. */
  #probe(): void {
    this.#cancelProbe = this.#clock.schedule(PROBE_EVERY_MS, () => {
      void this.#admin
        .ask(PROBE_ANSWER_MS, admin => admin.describeCluster())
        .catch(error => this.#queue.lost(error))
        .then(() => {
          if (!this.#stopping) this.#probe()
        })
    })
  }

  #assertRunning(): void {
    if (this.#stopping) throw new BusUnavailableError('it was stopped')
  }

  #assertKnown(topic: string): void {
    if (!this.#topics.knows(topic)) throw new UnknownTopicError(topic)
  }
}
