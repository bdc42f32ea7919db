import { randomUUID } from 'node:crypto'
import { discardFile } from '@longhaul/batches'
import type { Blobs } from '@longhaul/blobs'
import type { Bus } from '@longhaul/bus'
import { type Clock, type Config, SUBMITTED_TOPIC } from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'
import type { LiveView } from '@longhaul/routing'
import type { Pause } from '@longhaul/runtime'
import { ROUND_ROWS, type Store } from '@longhaul/store'
import type { RedispatchReason, Telemetry } from '@longhaul/telemetry'
import { BatchKeeper } from './batches/keeper.ts'
import { Releases } from './releases.ts'
import { Rounds } from './rounds.ts'

export interface DispatcherDependencies {
  bus: Bus
  store: Store
  blobs: Blobs
  coordination: Coordination
  telemetry: Telemetry
  clock: Clock
  live: LiveView
  pause?: Pause | undefined
}

export interface DispatcherOptions {
  /** Written into leases of batches: unique among the dispatchers that run at a time. */
  owner?: string
  /** Owners of leases that are known to be dead: earlier lives of this process. */
  deadOwners?: readonly string[]
}

const WATCH_MS = 1_000
const HOUSEKEEPING_MS = 60_000
const RETRY_MS = 1_000
/** How long an upload may take, and the removal of a file; what is older was left behind. */
const FILE_PATIENCE_MS = 86_400_000
/** Of a lease: longer than the third of it after which workers renew. */
const GRACE = 0.5

/**
 * The only one that releases work held in Postgres. Loops of bounded rounds:
 * release what is due, as far as the bus has room; watch for what got stuck
 * (leases, deadlines, lost messages); keep house (partitions, old keys, files);
 * and take batches from step to step.
 */
export class Dispatcher {
  readonly name = 'dispatcher'
  readonly #dependencies: DispatcherDependencies
  #config: Config
  /** While Postgres was away nobody could renew a lease: workers get the time to, before theirs are taken. */
  #reclaimFrom = 0
  readonly #options: DispatcherOptions
  readonly #loops: { release: Rounds; watch: Rounds; housekeeping: Rounds; batches: Rounds }
  readonly #releases: Releases
  readonly #batches: BatchKeeper
  readonly #unsubscribe: Array<() => void> = []

  constructor(
    dependencies: DispatcherDependencies,
    config: Config,
    options: DispatcherOptions = {},
  ) {
    this.#dependencies = dependencies
    this.#config = config
    this.#options = options
    this.#releases = new Releases(dependencies)
    this.#batches = new BatchKeeper(dependencies, config, {
      owner: options.owner ?? `dispatcher-${randomUUID()}`,
      wake: () => this.#loops.batches.wake(),
    })
    this.#loops = {
      release: this.#rounds('release', () => this.#releases.round(this.#config)),
      watch: this.#rounds('watch', signal => this.#watch(signal)),
      housekeeping: this.#rounds('housekeeping', () => this.#keepHouse()),
      batches: this.#rounds('batches', () => this.#batches.round()),
    }
  }

  /** First puts back what an earlier life left on a bus that forgets, and under leases that nobody holds. */
  async start(): Promise<void> {
    const { bus, coordination } = this.#dependencies
    await bus.ensureTopics([SUBMITTED_TOPIC])
    await this.#resume()
    const wake = () => this.#loops.release.wake()
    this.#unsubscribe.push(
      coordination.broadcasts.on('work-pending', wake),
      coordination.broadcasts.on('job-changed', ({ status }) => {
        if (status === 'pending') wake()
      }),
      coordination.broadcasts.on('batch-changed', () => {
        wake()
        this.#loops.batches.wake()
      }),
    )
    for (const loop of Object.values(this.#loops)) loop.start()
  }

  /** From the next round on. */
  reconfigure(config: Config): void {
    this.#config = config
    this.#batches.reconfigure(config)
  }

  health(): { ok: boolean; detail: string } {
    const failing = Object.entries(this.#loops).filter(([, loop]) => loop.failing)
    return failing.length === 0
      ? { ok: true, detail: 'dispatching' }
      : { ok: false, detail: `failing: ${failing.map(([name]) => name).join(', ')}` }
  }

  async stop(_budgetMs: number): Promise<void> {
    for (const end of this.#unsubscribe.splice(0)) end()
    await Promise.all([
      ...Object.values(this.#loops).map(loop => loop.stop()),
      this.#batches.stop(),
    ])
  }

  async #resume(): Promise<void> {
    const { bus, store } = this.#dependencies
    for (const owner of this.#options.deadOwners ?? []) {
      await store.batchWork.releaseAllOf(owner)
      await this.#inRounds('startup', async () => {
        const jobs = await store.dispatch.reclaimOwned(owner, this.#config.retry.max_lost)
        return jobs.length
      })
    }
    if (!bus.durable) await this.#inRounds('startup', () => store.dispatch.requeuePublished())
  }

  async #watch(signal: AbortSignal): Promise<number> {
    const { store, clock } = this.#dependencies
    if (this.#loops.watch.failing) this.#reclaimFrom = clock.now() + this.#config.lease * GRACE
    const { redispatch_after } = this.#config.dispatch
    const stuck = await store.dispatch.stuck(redispatch_after)
    if (stuck.leasesExpired && clock.now() >= this.#reclaimFrom) {
      await this.#inRounds('lease-expired', () => this.#reclaim(), signal)
    }
    if (stuck.overdue) await this.#inRounds(undefined, () => this.#expire(), signal)
    if (stuck.stranded) {
      const requeue = () => store.dispatch.requeueStranded(redispatch_after)
      await this.#inRounds('unclaimed', requeue, signal)
    }
    return WATCH_MS
  }

  async #reclaim(): Promise<number> {
    const { store, coordination, telemetry } = this.#dependencies
    const jobs = await store.dispatch.reclaimExpired(this.#config.retry.max_lost)
    // Whoever held them may still be calling.
    for (const { jobId, fence } of jobs) {
      coordination.broadcasts.send('job-cancelled', { jobId, fence })
    }
    const failed = jobs.filter(job => job.failed)
    for (const { jobId } of failed) {
      coordination.broadcasts.send('job-finished', { jobId, status: 'failed' })
    }
    if (failed.length > 0) {
      telemetry.metrics.jobsFinished.add(failed.length, { status: 'failed', model: 'none' })
      coordination.broadcasts.send('event-pending', { count: failed.length })
    }
    return jobs.length
  }

  async #expire(): Promise<number> {
    const { store, coordination, telemetry } = this.#dependencies
    const expired = await store.dispatch.expireOverdue()
    for (const jobId of expired) {
      coordination.broadcasts.send('job-cancelled', { jobId })
      coordination.broadcasts.send('job-finished', { jobId, status: 'expired' })
    }
    if (expired.length > 0) {
      telemetry.metrics.jobsFinished.add(expired.length, { status: 'expired', model: 'none' })
      coordination.broadcasts.send('event-pending', { count: expired.length })
    }
    return expired.length
  }

  async #keepHouse(): Promise<number> {
    const { store, clock, telemetry } = this.#dependencies
    await store.partitions.ensure(clock.now())
    const dropped = await store.partitions.dropOld(clock.now(), this.#config.retention.days)
    if (dropped.length > 0) telemetry.logger.info({ days: dropped }, 'dropped old partitions')
    await store.dispatch.forgetIdempotencyKeys()
    await store.batches.forget(this.#config.retention.days)
    await this.#sweepFiles()
    return HOUSEKEEPING_MS
  }

  /** Expired files, and what uploads and removals left behind that were interrupted. */
  async #sweepFiles(): Promise<void> {
    const { store } = this.#dependencies
    for (;;) {
      const ids = await store.files.sweep(FILE_PATIENCE_MS)
      for (const id of ids) await discardFile(this.#dependencies, id)
      if (ids.length === 0) return
    }
  }

  /** Repeats a bounded statement while it finds full rounds. */
  async #inRounds(
    reason: RedispatchReason | undefined,
    act: () => Promise<number>,
    signal?: AbortSignal,
  ): Promise<void> {
    for (;;) {
      const moved = await act()
      if (moved > 0 && reason)
        this.#dependencies.telemetry.metrics.jobsRedispatched.add(moved, { reason })
      if (moved > 0) this.#loops.release.wake()
      if (moved < ROUND_ROWS || signal?.aborted) return
    }
  }

  #rounds(name: string, act: (signal: AbortSignal) => Promise<number>): Rounds {
    const { clock, telemetry } = this.#dependencies
    return new Rounds(act, clock, {
      retryMs: RETRY_MS,
      onError: error =>
        telemetry.logger.warn({ err: error, loop: name }, 'a round failed; trying again'),
    })
  }
}
