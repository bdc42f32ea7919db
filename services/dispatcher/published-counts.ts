import type { Clock } from '@longhaul/contracts'
import type { ReleasedJob } from '@longhaul/store'
import { nameOf, type Published } from './allocate.ts'

/** Counting takes the longer, the more there is; it rests so much longer than it took. */
const REST = 30
/** What workers claim in that time must be on the bus; and on a busy server a count takes long by itself. */
const MOST_REST_MS = 100

/**
 * What is on the bus and unclaimed, by key: as last counted, with what was
 * released since. What workers have claimed meanwhile is not taken off, so it
 * is too much rather than too little.
 */
export class PublishedCounts {
  readonly #count: () => Promise<Published[]>
  readonly #clock: Clock
  #last = new Map<string, Published>()
  #countAgainAt = Number.NEGATIVE_INFINITY

  constructor(count: () => Promise<Published[]>, clock: Clock) {
    this.#count = count
    this.#clock = clock
  }

  /** Milliseconds until it is counted anew. */
  get restMs(): number {
    const rest = this.#countAgainAt - this.#clock.now()
    return rest > MOST_REST_MS ? 0 : Math.max(0, rest) // the wall clock may be set back
  }

  async read(): Promise<readonly Published[]> {
    if (this.restMs === 0) await this.#countAnew()
    return [...this.#last.values()]
  }

  released(jobs: readonly ReleasedJob[]): void {
    for (const { lane, tenantId, dispatchModel: model } of jobs) {
      const key = { lane, tenantId, model }
      const count = this.#last.get(nameOf(key))?.count ?? 0
      this.#last.set(nameOf(key), { ...key, count: count + 1 })
    }
  }

  async #countAnew(): Promise<void> {
    const startedAt = this.#clock.now()
    const counted = await this.#count()
    const endedAt = this.#clock.now()
    this.#last = new Map(counted.map(key => [nameOf(key), key]))
    this.#countAgainAt = endedAt + Math.min(MOST_REST_MS, REST * (endedAt - startedAt))
  }
}
