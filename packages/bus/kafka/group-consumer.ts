import type { Clock } from '@longhaul/contracts'
import type { Consumer, EachBatchPayload, Offsets } from 'kafkajs'
import { BusUnavailableError } from '../port.ts'
import { KafkaClient, type KafkaJsLog, type KafkaLogger, patientRetries } from './client.ts'
import type { KafkaConnection } from './connection.ts'
import { type Record, recordsOf } from './record.ts'
import { SilenceWatch } from './silence-watch.ts'

export interface GroupConsumerOptions {
  groupId: string
  /** Kafka's names. */
  topics: readonly string[]
  sessionTimeoutMs: number
}

export interface GroupConsumerDependencies {
  connection: KafkaConnection
  clock: Clock
  logger: KafkaLogger
  log: KafkaJsLog
  /** Creates the topics that are not there. */
  restoreTopics(): Promise<void>
  /** Whether some broker answers, for all that is known. */
  isReachable(): boolean
}

/** Told in this order: `assigned`, any number of `fetched`, `suspended`; then `assigned` again. */
export interface GroupListener {
  /** Whatever was assigned before and is not now has gone to another consumer. */
  assigned(partitions: ReadonlyMap<string, readonly number[]>): void
  /** A rebalance begins, or the consumer failed: nothing may be handed over or committed until `assigned`. */
  suspended(): void
  /** Nothing more is fetched until the promise resolves, and no heartbeat sent: it must be soon. */
  fetched(topic: string, partition: number, records: readonly Record[]): Promise<void> | undefined
  /** The consumer failed after it had joined; it is started again. */
  failed(): void
}

export type ConsumerState = 'joining' | 'running' | 'crashed' | 'stopped'

const HEARTBEAT_MS = 1_000
/** Also how long a fetch waits when all partitions are paused: kafkajs sleeps then. */
const FETCH_WAIT_MS = 250
/** Compressed. */
const FETCH_BYTES_PER_PARTITION = 32 * 1024
const FETCH_BYTES = 4 * 1024 * 1024
const GOODBYE_MS = 2_000
const FIRST_RESTART_MS = 200
const LONGEST_RESTART_MS = 5_000
/** What ran for longer than this has earned a quick restart. */
const STABLE_MS = 30_000

/**
 * A consumer of kafkajs that is kept alive.
 *
 * kafkajs gives up for good after errors that it takes for permanent, and starts
 * by itself after others; here every failure ends in a new consumer, after a
 * rest that doubles up to five seconds. Before it joins, topics that are gone
 * are created: one that is missing would stop all topics of the consumer.
 *
 * Fetching without having joined again is a failure: when joining fails while
 * the broker comes back, and the broker still knows the member from its log,
 * kafkajs goes on in the old generation, and tells nobody.
 *
 * A fetch that fails is a failure too, although kafkajs would go on: it may
 * mean that a topic was deleted and created again, and kafkajs would go on at
 * the old place in the new topic. A new consumer begins at what is committed,
 * which Kafka forgets with the topic.
 *
 * So is silence while brokers answer: of several brokers the one that
 * coordinates the group may be gone for good, and kafkajs goes on asking it for
 * a minute. While none answers it is left to ask, so that its membership
 * outlives a broker that starts again.
 */
export class GroupConsumer {
  readonly #dependencies: GroupConsumerDependencies
  readonly #options: GroupConsumerOptions
  readonly #listener: GroupListener
  #state: ConsumerState = 'joining'
  #sinceMs: number
  #heartbeatAtMs = 0
  #lastError: string | undefined
  #stopping = false
  #consumer: Consumer | undefined
  #commit: EachBatchPayload['commitOffsetsIfNecessary'] | undefined
  /** Ends the life of the consumer that is running. */
  #end: (error: Error | undefined) => void = () => {}
  #wake: () => void = () => {}
  readonly #running: Promise<void>
  #onJoined: () => void = () => {}
  readonly #joined: Promise<void>

  constructor(
    dependencies: GroupConsumerDependencies,
    options: GroupConsumerOptions,
    listener: GroupListener,
  ) {
    this.#dependencies = dependencies
    this.#options = options
    this.#listener = listener
    this.#sinceMs = dependencies.clock.now()
    this.#joined = new Promise(resolve => {
      this.#onJoined = resolve
    })
    this.#running = this.#run()
  }

  get state(): ConsumerState {
    return this.#state
  }

  get lastError(): string | undefined {
    return this.#lastError
  }

  /** Milliseconds that it has been neither running nor heard by the broker; 0 when all is well. */
  get silentMs(): number {
    const { clock } = this.#dependencies
    if (this.#state === 'running') {
      const silent = clock.now() - this.#heartbeatAtMs
      return silent > 3 * HEARTBEAT_MS ? silent : 0
    }
    return clock.now() - this.#sinceMs
  }

  /** Resolves when it joined its group for the first time, or after `timeoutMs`. */
  async joined(timeoutMs: number): Promise<void> {
    await this.#atMost(timeoutMs, this.#joined)
  }

  pause(topic: string, partition: number): void {
    if (this.#state === 'running') this.#consumer?.pause([{ topic, partitions: [partition] }])
  }

  resume(topic: string, partition: number): void {
    if (this.#state === 'running') this.#consumer?.resume([{ topic, partitions: [partition] }])
  }

  /**
   * Commits in the generation of the latest assignment, and tries once: a commit
   * that kafkajs repeats might be repeated in the next generation.
   */
  async commit(offsets: Offsets): Promise<void> {
    if (!this.#commit) throw new Error('nothing was fetched yet')
    await this.#commit(offsets)
  }

  /** Leaves the group; resolves once it has, or after a while. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#end(undefined)
    this.#wake()
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock } = this.#dependencies
    let failures = 0
    while (!this.#stopping) {
      const startedAt = clock.now()
      const error = await this.#live()
      if (this.#stopping) break
      failures = clock.now() - startedAt > STABLE_MS ? 1 : failures + 1
      this.#tell(error, failures)
      await this.#rest(Math.min(FIRST_RESTART_MS * 2 ** (failures - 1), LONGEST_RESTART_MS))
    }
    this.#become('stopped')
  }

  #tell(error: Error | undefined, failures: number): void {
    const hadJoined = this.#state === 'running'
    this.#become('crashed')
    // The 1st, 2nd, 4th, 8th … in a row: an outage must not flood the log.
    if ((failures & (failures - 1)) === 0) {
      const { logger } = this.#dependencies
      const { groupId } = this.#options
      logger.warn({ err: error, groupId, reason: this.#lastError }, 'a consumer failed; restarting')
    }
    if (hadJoined) this.#listener.failed()
  }

  /** One consumer from joining to its end; returns why it ended. */
  async #live(): Promise<Error | undefined> {
    const { connection, clock, log } = this.#dependencies
    const client = new KafkaClient(connection, log, patientRetries)
    const consumer = this.#consumerOf(client)
    this.#become('joining')
    const silence = new SilenceWatch(
      {
        clock,
        isUnheard: () => this.#state === 'running' && this.silentMs > 0,
        isReachable: () => this.#dependencies.isReachable(),
      },
      this.#options.sessionTimeoutMs,
      () => this.#end(new Error('its coordinator does not answer, and other brokers do')),
    )
    const ended = new Promise<Error | undefined>(resolve => {
      this.#end = error => {
        this.#end = () => {}
        silence.stop()
        this.#commit = undefined
        this.#listener.suspended()
        resolve(error)
      }
    })
    this.#watch(consumer)
    this.#start(consumer).catch(error => this.#end(error))
    const error = await ended
    this.#lastError = error ? reasonOf(error, client) : 'the consumer ended'
    this.#consumer = undefined
    await this.#atMost(GOODBYE_MS, consumer.disconnect())
    client.end()
    return error
  }

  #consumerOf({ kafka }: KafkaClient): Consumer {
    const { groupId, sessionTimeoutMs } = this.#options
    return kafka.consumer({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: 2 * sessionTimeoutMs,
      heartbeatInterval: Math.min(HEARTBEAT_MS, sessionTimeoutMs / 3),
      maxWaitTimeInMs: FETCH_WAIT_MS,
      maxBytesPerPartition: FETCH_BYTES_PER_PARTITION,
      maxBytes: FETCH_BYTES,
      allowAutoTopicCreation: false,
      retry: { ...patientRetries, restartOnFailure: async () => false },
    })
  }

  async #start(consumer: Consumer): Promise<void> {
    const end = this.#end
    await this.#dependencies.restoreTopics()
    await consumer.connect()
    await consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true })
    if (end !== this.#end) return
    this.#consumer = consumer
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async payload => {
        if (end === this.#end) await this.#take(payload)
      },
    })
    // It ended while it joined: kafkajs runs what it was told to stop before.
    if (end !== this.#end) await consumer.disconnect()
  }

  #take(payload: EachBatchPayload): Promise<void> | undefined {
    const { topic, partition, messages } = payload.batch
    const last = messages.at(-1)
    if (payload.isStale() || !last) return undefined
    this.#commit = payload.commitOffsetsIfNecessary
    const taken = this.#listener.fetched(topic, partition, messages.flatMap(recordsOf))
    payload.resolveOffset(last.offset)
    return taken
  }

  #watch(consumer: Consumer): void {
    const { CRASH, FETCH, FETCH_START, GROUP_JOIN, HEARTBEAT, REBALANCING } = consumer.events
    const end = this.#end
    const isCurrent = () => end === this.#end
    const fetching = new Set<number>()
    consumer.on(FETCH_START, ({ payload: { nodeId } }) => {
      if (!isCurrent()) return
      if (fetching.has(nodeId)) end(new Error('a fetch failed'))
      else if (this.#state === 'joining') end(new Error('it went on without joining again'))
      fetching.add(nodeId)
    })
    consumer.on(FETCH, ({ payload: { nodeId } }) => {
      fetching.delete(nodeId)
    })
    consumer.on(CRASH, ({ payload: { error } }) => {
      if (isCurrent()) end(error)
    })
    consumer.on(HEARTBEAT, () => {
      this.#heartbeatAtMs = this.#dependencies.clock.now()
    })
    consumer.on(REBALANCING, () => {
      if (!isCurrent()) return
      this.#listener.suspended()
      this.#become('joining')
    })
    consumer.on(GROUP_JOIN, ({ payload: { memberAssignment } }) => {
      if (!isCurrent()) return
      this.#heartbeatAtMs = this.#dependencies.clock.now()
      this.#become('running')
      this.#listener.assigned(new Map(Object.entries(memberAssignment)))
      this.#onJoined()
    })
  }

  #become(state: ConsumerState): void {
    if (state === this.#state) return
    this.#state = state
    this.#sinceMs = this.#dependencies.clock.now()
  }

  #rest(restMs: number): Promise<void> {
    return new Promise(resolve => {
      const cancel = this.#dependencies.clock.schedule(restMs, resolve)
      this.#wake = () => {
        cancel()
        resolve()
      }
    })
  }

  #atMost(timeoutMs: number, promise: Promise<unknown>): Promise<void> {
    return new Promise(resolve => {
      const cancel = this.#dependencies.clock.schedule(timeoutMs, resolve)
      const done = () => {
        cancel()
        resolve()
      }
      promise.then(done, done)
    })
  }
}

/** What topics are restored with has explained it already. */
function reasonOf(error: Error, client: KafkaClient): string {
  return error instanceof BusUnavailableError ? error.detail : client.explain(error)
}
