import type { Clock } from '@longhaul/contracts'

/** A request that takes this long holds a slot that others could use. */
const SLOW_MS = 2_000
/** How long an event waits for a receiver that holds its share of slots. */
export const SLOW_RECEIVER_PAUSE_MS = 5_000
/** Share of all slots that slow requests to one receiver may hold. */
const SHARE = 0.25

/**
 * Counts requests that take long, by receiver, so that one that hangs does not
 * hold every slot while others wait. Receivers that answer soon may use all.
 */
export class SlowReceivers {
  readonly #clock: Clock
  readonly #limit: number
  readonly #slow: Map<string, number> = new Map()

  /** @param concurrency slots of this process */
  constructor(clock: Clock, concurrency: number) {
    this.#clock = clock
    this.#limit = Math.max(1, Math.floor(concurrency * SHARE))
  }

  holdsItsShare(url: string): boolean {
    return (this.#slow.get(url) ?? 0) >= this.#limit
  }

  /** A request begins; call the result once when it ends. */
  begin(url: string): () => void {
    let slow = false
    const cancel = this.#clock.schedule(SLOW_MS, () => {
      slow = true
      this.#add(url, 1)
    })
    return () => {
      cancel()
      if (slow) this.#add(url, -1)
    }
  }

  #add(url: string, change: 1 | -1): void {
    const count = (this.#slow.get(url) ?? 0) + change
    if (count > 0) this.#slow.set(url, count)
    else this.#slow.delete(url)
  }
}
