import type { Delivery } from '@longhaul/bus'

type Handling = (delivery: Delivery) => void | Promise<void>

/** A handler that remembers what it was given, and tells when it has been given enough. */
export class DeliveryRecorder {
  readonly deliveries: Delivery[] = []
  readonly #handling: Handling
  readonly #waiting: Array<{ count: number; resolve: () => void }> = []

  /** @param handling what to do with each; by default it stays open */
  constructor(handling: Handling = () => {}) {
    this.#handling = handling
  }

  readonly handle = (delivery: Delivery): void | Promise<void> => {
    this.deliveries.push(delivery)
    for (const { count, resolve } of this.#waiting) {
      if (this.deliveries.length >= count) resolve()
    }
    return this.#handling(delivery)
  }

  get keys(): string[] {
    return this.deliveries.map(({ message }) => message.key)
  }

  get values(): string[] {
    return this.deliveries.map(({ message }) => message.value)
  }

  /** The deliveries so far, once there are `count`. */
  async handed(count: number): Promise<Delivery[]> {
    if (this.deliveries.length < count) {
      await new Promise<void>(resolve => this.#waiting.push({ count, resolve }))
    }
    return this.deliveries
  }

  /** The delivery number `index`, counted from 0, once it is there. */
  async delivery(index: number): Promise<Delivery> {
    const delivery = (await this.handed(index + 1))[index]
    if (!delivery) throw new Error(`no delivery ${index}`)
    return delivery
  }
}

export function acknowledgeAll(): DeliveryRecorder {
  return new DeliveryRecorder(delivery => delivery.ack())
}

/** Does `first` with the first delivery, and acknowledges the others. */
export function onFirst(first: Handling): DeliveryRecorder {
  let isFirst = true
  return new DeliveryRecorder(delivery => {
    if (!isFirst) return delivery.ack()
    isFirst = false
    return first(delivery)
  })
}
