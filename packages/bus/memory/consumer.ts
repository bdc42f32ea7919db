import type { Clock } from '@longhaul/contracts'
import type { ConsumeOptions, Delivery, Message } from '../port.ts'

/** A message as one group sees it. */
export interface Item {
  readonly message: Message
  /** How often it was handed over. */
  deliveryCount: number
}

/** Where a consumer's messages come from, and where their outcomes go. */
export interface Source<I extends Item> {
  readonly topic: string
  /** Whether versions are checked; dead letters are by nature what nobody understands. */
  readonly checksVersions: boolean
  ack(item: I): void
  release(item: I): void
  reject(item: I, reason: string): void
  /** The consumer has room again. */
  wake(): void
}

export interface ConsumerLogger {
  warn(fields: object, text: string): void
}

export interface ConsumerDependencies {
  clock: Clock
  logger: ConsumerLogger
}

const LONGEST_REST_MS = 1_000

/**
 * What one subscription takes from one topic.
 *
 * It has room until `window` deliveries are open, and again once half of them
 * are settled. A handler that throws gets a rest that doubles up to a second
 * and ends at the first acknowledgement: what it threw back comes again at
 * once, and a handler that always throws would otherwise spin.
 */
export class Consumer<I extends Item> {
  readonly #source: Source<I>
  readonly #options: ConsumeOptions
  readonly #dependencies: ConsumerDependencies
  readonly #versions: ReadonlySet<string>
  /** In the order in which they were handed over. */
  readonly #open = new Set<MemoryDelivery<I>>()
  readonly #onIdle: () => void
  #paused = false
  #throwsInARow = 0
  #endRest: (() => void) | undefined

  /** @param onIdle called whenever the last open delivery is settled */
  constructor(
    source: Source<I>,
    options: ConsumeOptions,
    onIdle: () => void,
    dependencies: ConsumerDependencies,
  ) {
    this.#source = source
    this.#options = options
    this.#onIdle = onIdle
    this.#dependencies = dependencies
    this.#versions = new Set(options.versions.map(String))
  }

  get hasRoom(): boolean {
    return !this.#paused && !this.#endRest
  }

  get idle(): boolean {
    return this.#open.size === 0
  }

  take(item: I): void {
    const version = item.message.headers['longhaul-schema'] as string | undefined
    if (this.#source.checksVersions && !(version && this.#versions.has(version))) {
      this.#source.reject(
        item,
        version ? `unknown schema version ${version}` : 'no schema version in the headers',
      )
      return
    }
    item.deliveryCount += 1
    const delivery = new MemoryDelivery(this, this.#source.topic, item)
    this.#open.add(delivery)
    if (this.#open.size >= this.#options.window) this.#paused = true
    try {
      const going = this.#options.handle(delivery)
      if (going) going.catch(error => this.#handlerThrew(delivery, error))
    } catch (error) {
      this.#handlerThrew(delivery, error)
    }
  }

  ack(delivery: MemoryDelivery<I>): void {
    if (!this.#close(delivery)) return
    this.#throwsInARow = 0
    this.#source.ack(delivery.item)
    this.#afterSettle()
  }

  release(delivery: MemoryDelivery<I>): void {
    if (!this.#close(delivery)) return
    this.#source.release(delivery.item)
    this.#afterSettle()
  }

  reject(delivery: MemoryDelivery<I>, reason: string): void {
    if (!this.#close(delivery)) return
    this.#source.reject(delivery.item, reason)
    this.#afterSettle()
  }

  /** Takes from the consumer what it has not settled, oldest first; settling it later does nothing. */
  takeBack(): I[] {
    const items = Array.from(this.#open, ({ item }) => item)
    this.#open.clear()
    this.#cancelRest()
    this.#onIdle()
    return items
  }

  /** False when it was settled before, or taken back. */
  #close(delivery: MemoryDelivery<I>): boolean {
    if (!this.#open.delete(delivery)) return false
    if (this.#open.size <= this.#options.window >> 1) this.#paused = false
    return true
  }

  #afterSettle(): void {
    if (this.hasRoom) this.#source.wake()
    if (this.#open.size === 0) this.#onIdle()
  }

  #handlerThrew(delivery: MemoryDelivery<I>, error: unknown): void {
    const { deliveryCount } = delivery
    // The 1st, 2nd, 4th, 8th … time: a message that always fails must not flood the log.
    if ((deliveryCount & (deliveryCount - 1)) === 0) {
      this.#dependencies.logger.warn(
        { err: error, topic: delivery.topic, key: delivery.message.key, deliveryCount },
        'the handler of a message threw',
      )
    }
    if (!this.#open.has(delivery)) return
    this.#rest()
    this.release(delivery)
  }

  #rest(): void {
    if (this.#endRest) return
    const restMs = Math.min(2 ** this.#throwsInARow, LONGEST_REST_MS)
    this.#throwsInARow += 1
    this.#endRest = this.#dependencies.clock.schedule(restMs, () => {
      this.#endRest = undefined
      if (this.hasRoom) this.#source.wake()
    })
  }

  #cancelRest(): void {
    this.#endRest?.()
    this.#endRest = undefined
  }
}

class MemoryDelivery<I extends Item> implements Delivery {
  readonly topic: string
  readonly message: Message
  readonly deliveryCount: number
  readonly item: I
  readonly #consumer: Consumer<I>

  constructor(consumer: Consumer<I>, topic: string, item: I) {
    this.#consumer = consumer
    this.topic = topic
    this.item = item
    this.message = item.message
    this.deliveryCount = item.deliveryCount
  }

  ack(): void {
    this.#consumer.ack(this)
  }

  release(): void {
    this.#consumer.release(this)
  }

  reject(reason: string): void {
    this.#consumer.reject(this, reason)
  }
}
