import { type Config, sleep } from '@longhaul/contracts'
import { SubmissionReader } from '@longhaul/intake'
import { createRouter } from '@longhaul/routing'
import { createReceiverPolicy } from '@longhaul/runtime'
import type { ClaimedBatch } from '@longhaul/store'
import { cancelBatch } from './cancelling.ts'
import { finishBatch } from './finishing.ts'
import type { BatchDependencies, BatchStep } from './step.ts'
import { beginBatch } from './validating.ts'

export interface BatchKeeperOptions {
  /** Written into leases: unique among the dispatchers that run at a time. */
  owner: string
  /** Begins the next round at once. */
  wake: () => void
}

/** Batches that one process works on at a time, and how many more when they are to be cancelled: that cannot wait. */
const MOST_AT_A_TIME = 4
const MOST_WITH_CANCELLED = 8
const LEASE_MS = 15_000
const RENEW_MS = 5_000
/** While batches run: how soon it is noticed that the last line of one has ended. */
const BUSY_MS = 250
const IDLE_MS = 1_000
/** After a step that failed, so that it does not spin. */
const RETRY_MS = 2_000

/**
 * Takes batches from step to step (see `Batches` in packages/store). A batch is
 * worked on under a lease: when the process dies, another goes on from what is
 * recorded.
 */
export class BatchKeeper {
  readonly #dependencies: BatchDependencies
  readonly #options: BatchKeeperOptions
  readonly #stopping = new AbortController()
  readonly #underWay = new Set<Promise<void>>()
  #config: Config
  #reader: SubmissionReader

  constructor(dependencies: BatchDependencies, config: Config, options: BatchKeeperOptions) {
    this.#dependencies = dependencies
    this.#options = options
    this.#config = config
    this.#reader = readerOf(config, dependencies)
  }

  /** For steps that begin from now on. */
  reconfigure(config: Config): void {
    this.#config = config
    this.#reader = readerOf(config, this.#dependencies)
  }

  /** @returns milliseconds until the next round, at the latest */
  async round(): Promise<number> {
    const { batchWork } = this.#dependencies.store
    if (this.#underWay.size === 0 && !(await batchWork.anyOpen())) return IDLE_MS
    await this.#claim(MOST_WITH_CANCELLED, 'cancelling')
    await this.#claim(MOST_AT_A_TIME, 'any')
    const running = await batchWork.keepCounts()
    return running > 0 || this.#underWay.size > 0 ? BUSY_MS : IDLE_MS
  }

  async #claim(most: number, which: 'any' | 'cancelling'): Promise<void> {
    const room = most - this.#underWay.size
    if (room <= 0) return
    const { batchWork } = this.#dependencies.store
    const batches = await batchWork.claim(this.#options.owner, LEASE_MS, room, which)
    for (const batch of batches) this.#begin(batch)
  }

  /** Steps under way end where they are; whoever comes next goes on. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#underWay)
  }

  #begin(batch: ClaimedBatch): void {
    const step = this.#run(batch).finally(() => {
      this.#underWay.delete(step)
      this.#options.wake()
    })
    this.#underWay.add(step)
  }

  /** Never rejects. */
  async #run(batch: ClaimedBatch): Promise<void> {
    const { store, telemetry, clock } = this.#dependencies
    const { owner } = this.#options
    const held = new AbortController()
    const signal = AbortSignal.any([held.signal, this.#stopping.signal])
    const renewing = this.#renew(batch.id, held, signal)
    try {
      await this.#step(batch, signal)
    } catch (error) {
      if (!signal.aborted) {
        telemetry.logger.warn({ err: error, batchId: batch.id }, 'a batch waits; trying again')
        await sleep(clock, RETRY_MS, signal)
      }
    } finally {
      held.abort()
      await renewing
      // What is not released falls free with its lease.
      await store.batchWork.release(batch.id, owner).catch(() => {})
    }
  }

  async #step(batch: ClaimedBatch, signal: AbortSignal): Promise<void> {
    const step: BatchStep = {
      ...this.#dependencies,
      config: this.#config,
      reader: this.#reader,
      owner: this.#options.owner,
      signal,
    }
    if (batch.status === 'validating') return beginBatch(step, batch, createRouter(this.#config))
    if (batch.status === 'cancelling') await cancelBatch(step, batch)
    return finishBatch(step, batch)
  }

  async #renew(id: string, held: AbortController, signal: AbortSignal): Promise<void> {
    const { store, clock, telemetry } = this.#dependencies
    while (!signal.aborted) {
      await sleep(clock, RENEW_MS, signal)
      if (signal.aborted) return
      try {
        if (!(await store.batchWork.renew(id, this.#options.owner, LEASE_MS))) held.abort()
      } catch (error) {
        telemetry.logger.warn({ err: error, batchId: id }, 'the lease of a batch was not renewed')
      }
    }
  }
}

/** Lines bring no webhooks. */
function readerOf(config: Config, { coordination }: BatchDependencies): SubmissionReader {
  const receiverPolicy = createReceiverPolicy([])
  return new SubmissionReader({ config, receiverPolicy, live: coordination.live })
}
