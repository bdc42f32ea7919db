import type { Delivery, Message } from '../port.ts'
import type { Entry, PartitionWindow } from './partition-window.ts'

/** Where deliveries are settled. */
export interface Settler {
  ack(window: PartitionWindow, entry: Entry): void
  release(window: PartitionWindow, entry: Entry): void
  reject(window: PartitionWindow, entry: Entry, reason: string): void
}

export class KafkaDelivery implements Delivery {
  readonly topic: string
  readonly message: Message
  readonly deliveryCount: number
  readonly #settler: Settler
  readonly #window: PartitionWindow
  readonly #entry: Entry

  constructor(settler: Settler, window: PartitionWindow, entry: Entry, message: Message) {
    this.#settler = settler
    this.#window = window
    this.#entry = entry
    this.topic = window.topic
    this.message = message
    this.deliveryCount = entry.deliveryCount
  }

  get isOpen(): boolean {
    return this.#entry.state === 'open'
  }

  ack(): void {
    this.#settler.ack(this.#window, this.#entry)
  }

  release(): void {
    this.#settler.release(this.#window, this.#entry)
  }

  reject(reason: string): void {
    this.#settler.reject(this.#window, this.#entry, reason)
  }
}
