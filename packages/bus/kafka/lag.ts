import type { Clock } from '@longhaul/contracts'
import type { KafkaAdmin } from './admin.ts'
import { messagesLeft } from './standing.ts'

export interface LagDependencies {
  admin: KafkaAdmin
  clock: Clock
  nameOf(topic: string): string
  groupIdOf(group: string): string
}

interface Known {
  messages: number
  readAtMs: number
}

interface PartitionEnd {
  low: number
  high: number
}

const ANSWER_MS = 2_000
/** Instead of an offset, in answers of Kafka. */
const NOTHING_COMMITTED = '-1'
/** Longer than this nobody waits for a figure; it is there the next time. */
const PATIENCE_MS = 1_000
/** After a failure nobody is asked for so long: figures are not worth waiting for. */
const REST_MS = 2_000

/**
 * Reads how far groups are behind. What is asked for at the same time is read
 * together, and is good for a while: asking costs the broker and us some
 * milliseconds per topic. While no answer can be had, the last one stands.
 */
export class LagReader {
  readonly #dependencies: LagDependencies
  readonly #maxAgeMs: number
  readonly #known = new Map<string, Map<string, Known>>()
  #wanted = new Map<string, Set<string>>()
  #reading: Promise<void> | undefined
  #restUntilMs = 0

  constructor(dependencies: LagDependencies, options: { maxAgeMs: number }) {
    this.#dependencies = dependencies
    this.#maxAgeMs = options.maxAgeMs
  }

  async lag(topic: string, group: string): Promise<number> {
    const now = this.#dependencies.clock.now()
    const known = this.#known.get(group)?.get(topic)
    if (known && now - known.readAtMs < this.#maxAgeMs) return known.messages
    if (now < this.#restUntilMs) return known?.messages ?? 0
    let topics = this.#wanted.get(group)
    if (!topics) {
      topics = new Set()
      this.#wanted.set(group, topics)
    }
    topics.add(topic)
    await this.#within(this.#read())
    return this.#known.get(group)?.get(topic)?.messages ?? 0
  }

  #within(read: Promise<void>): Promise<void> {
    return new Promise(resolve => {
      const cancel = this.#dependencies.clock.schedule(PATIENCE_MS, resolve)
      void read.then(resolve).finally(cancel)
    })
  }

  /** Resolves when what is wanted now has been read, which may be after what is being read. */
  #read(): Promise<void> {
    const next = (this.#reading ?? Promise.resolve()).then(() => this.#readWanted())
    this.#reading = next
    return next
  }

  async #readWanted(): Promise<void> {
    const wanted = this.#wanted
    if (wanted.size === 0) return
    this.#wanted = new Map()
    const { clock } = this.#dependencies
    if (clock.now() < this.#restUntilMs) return
    try {
      const ends = await this.#readEnds(new Set([...wanted.values()].flatMap(set => [...set])))
      for (const [group, topics] of wanted) await this.#readGroup(group, [...topics], ends)
    } catch {
      this.#restUntilMs = clock.now() + REST_MS
    }
  }

  /** Of the topics that are there: for one that was deleted the last figure stands. */
  async #readEnds(topics: ReadonlySet<string>): Promise<ReadonlyMap<string, PartitionEnd[]>> {
    const { admin, nameOf } = this.#dependencies
    const ends = new Map<string, PartitionEnd[]>()
    let failure: unknown
    for (const topic of topics) {
      try {
        const partitions = await admin.ask(ANSWER_MS, kafka =>
          kafka.fetchTopicOffsets(nameOf(topic)),
        )
        ends.set(
          topic,
          partitions
            .toSorted((a, b) => a.partition - b.partition)
            .map(({ low, high }) => ({ low: Number(low), high: Number(high) })),
        )
      } catch (error) {
        failure = error
      }
    }
    if (ends.size === 0) throw failure
    return ends
  }

  async #readGroup(
    group: string,
    topics: string[],
    ends: ReadonlyMap<string, PartitionEnd[]>,
  ): Promise<void> {
    const { admin, clock, nameOf, groupIdOf } = this.#dependencies
    const answers = await admin.ask(ANSWER_MS, kafka =>
      kafka.fetchOffsets({ groupId: groupIdOf(group), topics: topics.map(nameOf) }),
    )
    const known = this.#known.get(group) ?? new Map<string, Known>()
    this.#known.set(group, known)
    for (const topic of topics.filter(each => ends.has(each))) {
      const committed = answers.find(answer => answer.topic === nameOf(topic))?.partitions ?? []
      const ofPartition = new Map(committed.map(commit => [commit.partition, commit]))
      const messages = (ends.get(topic) ?? []).reduce((sum, end, partition) => {
        const { offset = NOTHING_COMMITTED, metadata = null } = ofPartition.get(partition) ?? {}
        return sum + messagesLeft({ ...end, offset: Number(offset), metadata })
      }, 0)
      known.set(topic, { messages, readAtMs: clock.now() })
    }
  }
}
