import type { Bus, Delivery, Message } from '@longhaul/bus'
import { eventually } from '../conformance/eventually.ts'

/** What was published and what was handed over, by key. */
export class Ledger {
  readonly published = new Set<string>()
  readonly handed = new Map<string, number>()
  /** Handed over and not settled, by whichever consumer. */
  readonly open = new Set<Delivery>()
  refused = 0
  #next = 0

  /** Publishes the next message, each with a key of its own; never rejects. */
  async publish(bus: Bus, topic: string, text?: string): Promise<void> {
    const key = `${topic} ${this.#next}`
    this.#next += 1
    try {
      await bus.publish(topic, message(key, text))
      this.published.add(key)
    } catch {
      this.refused += 1
    }
  }

  /** At once, so that they travel in packs. */
  async publishMany(bus: Bus, topic: string, count: number, text?: string): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.publish(bus, topic, text)))
  }

  /** One after another: each has an offset of its own, in this order. */
  async publishEach(bus: Bus, topic: string, count: number, text?: string): Promise<void> {
    for (let sent = 0; sent < count; sent += 1) await this.publish(bus, topic, text)
  }

  /** A handler that acknowledges `workMs` after the hand-over. */
  readonly work =
    (workMs: number) =>
    (delivery: Delivery): void => {
      this.take(delivery)
      setTimeout(() => this.ack(delivery), workMs)
    }

  take(delivery: Delivery): void {
    const { key } = delivery.message
    this.handed.set(key, (this.handed.get(key) ?? 0) + 1)
    this.open.add(delivery)
  }

  ack(delivery: Delivery): void {
    this.open.delete(delivery)
    delivery.ack()
  }

  /** Messages that were to be published, whatever came of it. */
  get tried(): number {
    return this.#next
  }

  get missing(): string[] {
    return [...this.published].filter(key => !this.handed.has(key))
  }

  /** Hand-overs beyond the first of each message. */
  get repeats(): number {
    let repeats = 0
    for (const times of this.handed.values()) repeats += times - 1
    return repeats
  }

  async complete(patienceMs?: number): Promise<void> {
    await eventually(
      () => this.missing.length,
      missing => missing === 0,
      patienceMs,
    )
  }
}

export function message(key: string, text = ''): Message {
  return { key, value: JSON.stringify({ text }), headers: { 'longhaul-schema': '1' } }
}

/** Publishes one message every `everyMs` until it is stopped. */
export function startLoad(
  ledger: Ledger,
  bus: Bus,
  topic: string,
  everyMs: number,
): { stop(): Promise<void> } {
  const under = new Set<Promise<void>>()
  const timer = setInterval(() => {
    const publishing = ledger.publish(bus, topic).finally(() => under.delete(publishing))
    under.add(publishing)
  }, everyMs)
  return {
    stop: async () => {
      clearInterval(timer)
      await Promise.all(under)
    },
  }
}

export function seconds(count: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, count * 1_000))
}
