/**
 * The bus carries jobs from the one who accepted them to the one who runs them.
 * It is dispatch, not truth: what it forgets, the dispatcher publishes again
 * from Postgres. Its shape is Kafka's; the memory driver keeps the same
 * promises within one process.
 */
export interface Message {
  /** Tells whose message it is, in logs and dead letters. */
  key: string
  /** JSON text. */
  readonly value: string
  /** Bytes of `value`, roughly, when they are known without having the text made. */
  readonly valueBytes?: number
  headers: MessageHeaders
}

export interface MessageHeaders {
  /** Version of the value's schema. A consumer that does not know it gets nothing: see `ConsumeOptions.versions`. */
  'longhaul-schema': string
  /** W3C Trace Context. */
  traceparent?: string
  [name: string]: string | undefined
}

/**
 * One message in the hands of a consumer, until exactly one of the three is
 * called; further calls do nothing.
 */
export interface Delivery {
  readonly topic: string
  readonly message: Message
  /** How often it was handed over, this time included; counted within the life of this process. */
  readonly deliveryCount: number
  /** Done: it does not come again, but after a crash before the acknowledgement was recorded. */
  ack(): void
  /** Not now: it comes again, to this consumer or another, behind what already waits (Kafka: what this consumer has fetched). */
  release(): void
  /** Never: it goes to the topic's dead letters (`<topic>.dead`) with the reason in a header; a dead letter is dropped. */
  reject(reason: string): void
}

export interface ConsumeOptions {
  topics: readonly string[]
  /** Each group gets every message; within a group each message has one consumer at a time. */
  group: string
  /** Deliveries of one topic (Kafka: of one partition) open at a time; at the bound the topic pauses, at half of it it resumes. */
  window: number
  /** `longhaul-schema` versions that `handle` understands; others go to the dead letters, where versions are not checked. */
  versions: readonly number[]
  /**
   * Takes the delivery over and returns soon: work goes on afterwards, and the
   * delivery is settled when it ends. A throw or a rejection releases it.
   */
  handle(delivery: Delivery): void | Promise<void>
}

export interface Subscription {
  /**
   * Ends the intake at once. Open deliveries may still be settled until
   * `timeoutMs` passed; what is open then comes again, and settling it late does
   * nothing. Resolves once nothing is open.
   */
  stop(timeoutMs: number): Promise<void>
}

export interface BusHealth {
  ok: boolean
  detail: string
}

export interface Bus {
  /** Whether messages survive this process. If not, whoever starts publishes the queued jobs again. */
  readonly durable: boolean
  /**
   * Creates what does not exist yet, dead letters included; publishing to or
   * consuming a topic that this process did not ask for is an error. When the
   * broker is away it resolves all the same, after some seconds at most: the
   * topics are known from then on, and are created once it is back.
   */
  ensureTopics(topics: readonly string[]): Promise<void>
  /**
   * Resolves once the bus has it; after a rejection it may have it all the same.
   * @throws {BusFullError} the topic holds as much as it may
   * @throws {BusUnavailableError} the broker cannot be reached; told within
   *   seconds, and at once while it is known to be away
   */
  publish(topic: string, message: Message): Promise<void>
  /** How many more messages the topic takes now, none while the broker is away; a hint, since others publish too. */
  room(topic: string): number
  /** Messages of the topic that the group has not settled; the last figure while the broker is away. */
  lag(topic: string, group: string): Promise<number>
  /**
   * Delivers at least once, in the order of publication (Kafka: within a partition).
   * A group that is new begins at the oldest message kept. When the broker is away it resolves all the same, and deliveries begin
   * once it is back.
   */
  consume(options: ConsumeOptions): Promise<Subscription>
  health(): BusHealth
  /** Safe to call twice. */
  stop(): Promise<void>
}

export class BusFullError extends Error {
  readonly code = 'bus_full'
  constructor(topic: string) {
    super(`topic ${topic} is full`)
    this.name = 'BusFullError'
  }
}

export class BusUnavailableError extends Error {
  readonly code = 'bus_unavailable'
  readonly detail: string
  constructor(detail: string, options?: { cause?: unknown }) {
    super(`the bus is unavailable: ${detail}`, options)
    this.detail = detail
    this.name = 'BusUnavailableError'
  }
}

export class UnknownTopicError extends Error {
  readonly code = 'unknown_topic'
  constructor(topic: string) {
    super(`topic ${topic} was not created: call ensureTopics first`)
    this.name = 'UnknownTopicError'
  }
}

export function deadLetterTopic(topic: string): string {
  return `${topic}.dead`
}
