import { type Clock, type JobStatus, jobStatuses } from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'
import type { Store } from '@longhaul/store'
import type { Logger } from '@longhaul/telemetry'
import { overloaded } from './answer.ts'

export interface JobWatchDependencies {
  broadcasts: Coordination['broadcasts']
  reads: Pick<Store['reads'], 'statuses'>
  clock: Clock
  logger: Logger
}

/** Broadcasts may get lost, so Postgres is asked as well, for all watched jobs at once. */
const RECHECK_MS = 1_000
/** Those above are refused. */
export const MAX_WATCHERS = 10_000

/**
 * Wakes those who wait for a job: long-polls and event streams. They hold a
 * timer and an entry here, no connection to the database.
 */
export class JobWatch {
  readonly #dependencies: JobWatchDependencies
  readonly #watchers = new Map<string, Set<Watcher>>()
  #stopping = false
  #unsubscribe: Array<() => void> = []
  #count = 0
  #rechecking = false

  constructor(dependencies: JobWatchDependencies) {
    this.#dependencies = dependencies
  }

  start(): void {
    const { broadcasts } = this.#dependencies
    const wake = ({ jobId, status }: { jobId: string; status: string }) =>
      this.#wake(
        jobId,
        jobStatuses.find(known => known === status),
      )
    this.#unsubscribe = [broadcasts.on('job-finished', wake), broadcasts.on('job-changed', wake)]
  }

  /** Ends every wait; those who wait answer with what there is. */
  stop(): void {
    this.#stopping = true
    for (const end of this.#unsubscribe.splice(0)) end()
    for (const jobId of this.#watchers.keys()) this.#wake(jobId)
  }

  get stopping(): boolean {
    return this.#stopping
  }

  /** How many wait. */
  get count(): number {
    return this.#count
  }

  /**
   * Open it before reading the job, so that no change falls between; close it
   * in the end.
   * @throws {LonghaulError} overloaded
   */
  open(jobId: string): Watcher {
    if (this.#count >= MAX_WATCHERS) {
      throw overloaded('Too many requests wait for jobs here. Try again in a second, or poll.')
    }
    const watcher = new Watcher(this.#dependencies.clock, () => this.#close(jobId, watcher))
    const others = this.#watchers.get(jobId)
    if (others) others.add(watcher)
    else this.#watchers.set(jobId, new Set([watcher]))
    this.#count += 1
    this.#recheck()
    return watcher
  }

  #close(jobId: string, watcher: Watcher): void {
    const watchers = this.#watchers.get(jobId)
    if (!watchers?.delete(watcher)) return
    this.#count -= 1
    if (watchers.size === 0) this.#watchers.delete(jobId)
  }

  #wake(jobId: string, told?: JobStatus): void {
    for (const watcher of this.#watchers.get(jobId) ?? []) watcher.wake(told)
  }

  /** Runs while somebody waits. */
  #recheck(): void {
    if (this.#rechecking) return
    this.#rechecking = true
    this.#dependencies.clock.schedule(RECHECK_MS, () => {
      void this.#compare().finally(() => {
        this.#rechecking = false
        if (this.#count > 0 && !this.stopping) this.#recheck()
      })
    })
  }

  async #compare(): Promise<void> {
    if (this.#count === 0 || this.stopping) return
    const { reads, logger } = this.#dependencies
    try {
      const jobIds = [...this.#watchers.keys()]
      const statuses = await reads.statuses(jobIds)
      // One that is gone wakes too: it was removed, or PostgreSQL crashed before it was durable.
      for (const jobId of jobIds) {
        const status = statuses.get(jobId)
        for (const watcher of this.#watchers.get(jobId) ?? []) {
          if (watcher.seen !== status || status === undefined) watcher.wake()
        }
      }
    } catch (error) {
      logger.debug({ err: error }, 'watched jobs could not be read; trying again')
    }
  }
}

/** One who waits for one job. */
export class Watcher {
  /** The status that the one who waits knows. */
  seen: JobStatus | undefined
  /** What a broadcast said that the job is by now; undefined when it was something else that woke. */
  told: JobStatus | undefined
  readonly #clock: Clock
  readonly #onClose: () => void
  #woken = false
  #finish: (() => void) | undefined

  constructor(clock: Clock, onClose: () => void) {
    this.#clock = clock
    this.#onClose = onClose
  }

  wake(told?: JobStatus): void {
    this.told = told
    this.#woken = true
    this.#finish?.()
  }

  /**
   * Resolves when the job may have changed since the last call, the watch
   * stops, `signal` aborts, or `timeoutMs` has passed.
   */
  async changed(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#woken && !signal.aborted) await this.#wait(timeoutMs, signal)
    this.#woken = false
  }

  close(): void {
    this.#onClose()
  }

  #wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const finish = () => {
        cancel()
        signal.removeEventListener('abort', finish)
        this.#finish = undefined
        resolve()
      }
      const cancel = this.#clock.schedule(timeoutMs, finish)
      signal.addEventListener('abort', finish, { once: true })
      this.#finish = finish
    })
  }
}
