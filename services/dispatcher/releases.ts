import type { Bus } from '@longhaul/bus'
import { type Clock, type Config, SUBMITTED_TOPIC } from '@longhaul/contracts'
import type { LiveView } from '@longhaul/routing'
import { type DueKey, RELEASE_ROWS, type Store } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'
import { allocate, type Due } from './allocate.ts'
import { PublishedBounds } from './published-bounds.ts'
import { PublishedCounts } from './published-counts.ts'
import { publishReleased } from './publishing.ts'
import { Shares } from './shares.ts'

export interface ReleaseDependencies {
  bus: Bus
  store: Store
  telemetry: Telemetry
  clock: Clock
  live: LiveView
}

/** While work waits for room on the bus. */
const BUSY_MS = 20
/** While nothing is due: the longest that a broadcast which got lost goes unnoticed. */
const IDLE_MS = 500
/**
 * A model that is out for less is waited for: what is published for it meanwhile
 * would only come back, and all of a backlog with it.
 */
const SHORT_HOLD_MS = 5_000

/** Releases what is due: shares each round, makes its jobs `queued`, publishes them. */
export class Releases {
  readonly #dependencies: ReleaseDependencies
  readonly #bounds = new PublishedBounds()
  readonly #shares = new Shares()
  readonly #published: PublishedCounts

  constructor(dependencies: ReleaseDependencies) {
    this.#dependencies = dependencies
    const { store, clock } = dependencies
    this.#published = new PublishedCounts(() => store.dispatch.published(), clock)
  }

  /** @returns milliseconds until the next round, at the latest */
  async round(config: Config): Promise<number> {
    const { store, bus, clock } = this.#dependencies
    const { keys, nextAt } = await store.dispatch.due()
    if (keys.length === 0) return this.#until(nextAt)
    const [waiting, published] = await Promise.all([this.#open(keys), this.#published.read()])
    if (waiting.length === 0) return this.#until(nextAt)
    const due = waiting.filter(({ model }) => !this.#isOutBriefly(model, config))
    const most = config.dispatch.published_per_key
    this.#bounds.observe(due, published, { now: clock.now(), most })
    const budget = Math.min(RELEASE_ROWS, bus.room(SUBMITTED_TOPIC))
    const quotas = allocate(due, published, {
      budget,
      bound: key => this.#bounds.of(key, most),
      laneWeights: config.lanes,
      shares: this.#shares,
    })
    const jobs = quotas.length === 0 ? [] : await store.dispatch.release(quotas)
    this.#published.released(jobs)
    await publishReleased(this.#dependencies, jobs)
    return jobs.length >= budget ? 0 : Math.max(BUSY_MS, this.#published.restMs)
  }

  /** Without batches that are held: paused, or not (or no longer) in progress. */
  async #open(keys: readonly DueKey[]): Promise<Due[]> {
    const { store } = this.#dependencies
    const batchIds = new Set(keys.flatMap(({ batchId }) => batchId ?? []))
    const terms = await store.batchWork.termsOf([...batchIds])
    return keys.flatMap(key => {
      const ofBatch = key.batchId === null ? WITHOUT_BATCH : terms.get(key.batchId)
      return ofBatch?.open ? [{ ...key, priority: ofBatch.priority }] : []
    })
  }

  #isOutBriefly(model: string, { models }: Config): boolean {
    const { live, clock } = this.#dependencies
    const now = clock.now()
    const asked = model === '' ? Object.keys(models) : [model]
    return asked.every(name => {
      const { openUntil = 0 } = live.of(name)
      return openUntil > now && openUntil - now < SHORT_HOLD_MS
    })
  }

  #until(nextDueAt: number | undefined): number {
    if (nextDueAt === undefined) return IDLE_MS
    return Math.min(IDLE_MS, Math.max(0, nextDueAt - this.#dependencies.clock.now()))
  }
}

const WITHOUT_BATCH = { priority: 0, open: true }
