import type { Clock } from '@longhaul/contracts'
import type { PartitionWindow } from './partition-window.ts'

export interface Fetching {
  pause(topic: string, partition: number): void
  resume(topic: string, partition: number): void
}

const SOON_MS = 50

/**
 * Keeps partitions whose windows want no more from being fetched.
 *
 * Pausing at once would be slow: with all partitions paused kafkajs sleeps,
 * although what waits is mostly handed over within milliseconds. So the
 * consumer is held up for a moment first.
 */
export class FetchGate {
  readonly #clock: Clock
  readonly #fetching: () => Fetching
  readonly #paused = new Set<PartitionWindow>()
  /** Of windows that hold up the consumer: to be called when they do not any more. */
  readonly #letGo = new Map<PartitionWindow, () => void>()

  constructor(clock: Clock, fetching: () => Fetching) {
    this.#clock = clock
    this.#fetching = fetching
  }

  get paused(): number {
    return this.#paused.size
  }

  /** Resolves when the window wants more; when that is not soon, it is paused. */
  passed(window: PartitionWindow): Promise<void> | undefined {
    if (window.fetching) return undefined
    return new Promise(resolve => {
      const cancel = this.#clock.schedule(SOON_MS, () => {
        this.#letGo.delete(window)
        if (!window.fetching) this.#pause(window)
        resolve()
      })
      this.#letGo.set(window, () => {
        cancel()
        resolve()
      })
    })
  }

  /** Something of the window was handed over. */
  handedOver(window: PartitionWindow): void {
    if (!window.fetching) return
    if (this.#paused.has(window)) this.#resume(window)
    this.#letGo.get(window)?.()
    this.#letGo.delete(window)
  }

  /** After an assignment all are asked for what is not committed, however much waits. */
  open(): void {
    for (const window of this.#paused) this.#resume(window)
  }

  #pause(window: PartitionWindow): void {
    this.#paused.add(window)
    this.#fetching().pause(window.name, window.partition)
  }

  #resume(window: PartitionWindow): void {
    this.#paused.delete(window)
    this.#fetching().resume(window.name, window.partition)
  }
}
