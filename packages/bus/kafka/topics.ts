import type { Clock } from '@longhaul/contracts'
import type { Admin } from 'kafkajs'
import { isDeadLetterTopic } from '../memory/topic.ts'
import { BusUnavailableError, deadLetterTopic } from '../port.ts'
import type { KafkaAdmin } from './admin.ts'
import { isKafkaError } from './connection-fault.ts'
import { kafkaTopic } from './topic-name.ts'

export interface TopicOptions {
  topicPrefix: string
  partitions: number
  replication: number
}

export interface TopicDependencies {
  admin: KafkaAdmin
  clock: Clock
  logger: { warn(fields: object, text: string): void }
}

const ANSWER_MS = 5_000
const FIRST_RETRY_MS = 200
const LONGEST_RETRY_MS = 2_000

/** The topics that this process asked for. They are created as soon as a broker can be reached. */
export class Topics {
  readonly #dependencies: TopicDependencies
  readonly #options: TopicOptions
  /** Our name → Kafka's. */
  readonly #names = new Map<string, string>()
  readonly #missing = new Set<string>()
  #creating: Promise<void> | undefined
  #failure: string | undefined
  #stopped = false
  #wake: () => void = () => {}

  constructor(dependencies: TopicDependencies, options: TopicOptions) {
    this.#dependencies = dependencies
    this.#options = options
  }

  knows(topic: string): boolean {
    return this.#names.has(topic)
  }

  nameOf(topic: string): string {
    return this.#names.get(topic) ?? kafkaTopic(this.#options.topicPrefix, topic)
  }

  /** How many are still to be created. */
  get missing(): number {
    return this.#missing.size
  }

  /** Why some could not be created. */
  get failure(): string | undefined {
    return this.#missing.size === 0 ? undefined : this.#failure
  }

  /** Resolves once they exist, dead letters included, or after `timeoutMs`; creating them goes on then. */
  async ensure(topics: readonly string[], timeoutMs: number): Promise<void> {
    for (const topic of topics) {
      this.#want(topic)
      if (!isDeadLetterTopic(topic)) this.#want(deadLetterTopic(topic))
    }
    if (this.#missing.size === 0) return
    this.#creating ??= this.#createMissing()
    if (timeoutMs <= 0) return
    await new Promise<void>(resolve => {
      const cancel = this.#dependencies.clock.schedule(timeoutMs, resolve)
      void this.#creating?.then(resolve).finally(cancel)
    })
  }

  /** Creates those that are gone, or were never created. */
  async restore(topics: readonly string[]): Promise<void> {
    const partitionsOf = new Map(
      topics.map(topic => [this.nameOf(topic), this.#partitionsOf(topic)]),
    )
    await this.#dependencies.admin.ask(ANSWER_MS, async admin => {
      const existing = new Set(await admin.listTopics())
      const missing = [...partitionsOf].filter(([name]) => !existing.has(name))
      if (missing.length === 0) return
      await this.#create(admin, missing)
    })
    for (const topic of topics) this.#missing.delete(topic)
  }

  async #create(admin: Admin, topics: ReadonlyArray<[name: string, partitions: number]>) {
    const { replication } = this.#options
    try {
      await admin.createTopics({
        topics: topics.map(([topic, numPartitions]) => ({
          topic,
          numPartitions,
          replicationFactor: replication,
        })),
        timeout: ANSWER_MS,
      })
    } catch (error) {
      if (!isKafkaError(error, 'INVALID_REPLICATION_FACTOR')) throw error
      const { brokers } = await admin.describeCluster()
      throw new Error(
        `kafka.replication is ${replication}, and the cluster has ${brokers.length} ` +
          `${brokers.length === 1 ? 'broker' : 'brokers'} — start more, or lower it`,
        { cause: error },
      )
    }
  }

  /** Creates all that this process knows and that are gone. */
  restoreAll(): Promise<void> {
    return this.restore([...this.#names.keys()])
  }

  stop(): void {
    this.#stopped = true
    this.#wake()
  }

  /** Dead letters are few, and read by people: one partition, since a broker takes long to make each. */
  #partitionsOf(topic: string): number {
    return isDeadLetterTopic(topic) ? 1 : this.#options.partitions
  }

  #want(topic: string): void {
    if (this.#names.has(topic)) return
    this.#names.set(topic, kafkaTopic(this.#options.topicPrefix, topic))
    this.#missing.add(topic)
  }

  async #createMissing(): Promise<void> {
    const { clock, logger } = this.#dependencies
    let retryMs = FIRST_RETRY_MS
    while (this.#missing.size > 0 && !this.#stopped) {
      try {
        await this.restore([...this.#missing])
      } catch (error) {
        this.#failure = error instanceof BusUnavailableError ? error.detail : String(error)
        if (retryMs === FIRST_RETRY_MS) {
          logger.warn({ err: error }, 'topics could not be created; trying again')
        }
        await new Promise<void>(resolve => {
          const cancel = clock.schedule(retryMs, resolve)
          this.#wake = () => {
            cancel()
            resolve()
          }
        })
        retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)
      }
    }
    this.#creating = undefined
  }
}
