import { type Clock, type JobStatus, sleep, type TerminalStatus } from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'
import {
  type Settled,
  type Settlement,
  type Store,
  StoreBusyError,
  StoreUnavailableError,
} from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'

const FIRST_RETRY_MS = 100
const LONGEST_RETRY_MS = 2_000

export interface RecorderDependencies {
  store: Store
  coordination: Coordination
  telemetry: Telemetry
  clock: Clock
}

/**
 * Records what became of a call. A result was paid for, so it is held while
 * Postgres is away, and recorded when it is back if the lease still stands; the
 * number held is bounded by the worker's window.
 */
export class Recorder {
  readonly #dependencies: RecorderDependencies
  readonly #stopping: AbortSignal

  /** @param stopping gives up on what cannot be recorded; those jobs' leases will end */
  constructor(dependencies: RecorderDependencies, stopping: AbortSignal) {
    this.#dependencies = dependencies
    this.#stopping = stopping
  }

  /** @throws the store's error, when it is not one of being away, or when stopping */
  async settle(settlement: Settlement): Promise<Settled> {
    const { store, clock, telemetry } = this.#dependencies
    for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 2, LONGEST_RETRY_MS)) {
      try {
        let settled = await store.jobs.settle(settlement)
        // The answer to an earlier try may have been lost, but not what it did.
        if (
          !settled.applied &&
          wait > FIRST_RETRY_MS &&
          (await store.jobs.wasSettled(settlement))
        ) {
          settled = { applied: true, eventWritten: false }
        }
        this.#tell(settlement, settled)
        return settled
      } catch (error) {
        const away = error instanceof StoreUnavailableError || error instanceof StoreBusyError
        if (!away || this.#stopping.aborted) throw error
        telemetry.logger.warn({ err: error, jobId: settlement.jobId }, 'not recorded yet')
        await sleep(clock, wait, this.#stopping)
      }
    }
  }

  #tell({ jobId, to, attempt }: Settlement, settled: Settled): void {
    const { coordination, telemetry } = this.#dependencies
    if (!settled.applied) {
      if (attempt?.outcome === 'succeeded') telemetry.metrics.zombieResults.add(1, {})
      return
    }
    if (isEnd(to)) {
      telemetry.metrics.jobsFinished.add(1, { status: to, model: attempt?.model ?? 'none' })
      coordination.broadcasts.send('job-finished', { jobId, status: to })
    } else {
      if (to === 'pending' && attempt && attempt.outcome !== 'released') {
        telemetry.metrics.jobsRedispatched.add(1, { reason: 'retry' })
      }
      coordination.broadcasts.send('job-changed', { jobId, status: to })
    }
    if (settled.eventWritten) coordination.broadcasts.send('event-pending', { count: 1 })
  }
}

function isEnd(status: JobStatus): status is TerminalStatus {
  return status !== 'pending' && status !== 'queued' && status !== 'running'
}
