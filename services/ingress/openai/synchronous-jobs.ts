import type { ServerResponse } from 'node:http'
import {
  type Clock,
  type DecisionRecord,
  isTerminal,
  type JobStatus,
  LonghaulError,
  newId,
} from '@longhaul/contracts'
import type { Submission } from '@longhaul/intake'
import { type JobDetail, StoreUnavailableError } from '@longhaul/store'
import type { SubmitContext, Submitter } from '../acceptance/submitter.ts'
import { type CancelDependencies, cancelJob } from '../job-cancelling.ts'
import { closedSignal, jobNotFound } from '../job-waiting.ts'
import type { JobWatch, Watcher } from '../job-watch.ts'

export interface SynchronousDependencies extends CancelDependencies {
  submitter: Submitter
  watch: JobWatch
  clock: Clock
}

/** A job whose caller waits for it on the same connection. */
export interface AwaitedJob {
  jobId: string
  tenantId: string
  /** In this process, on this connection; else its caller named it by its id. */
  accepted: boolean
  /** Others may wait for it as well, now or later: it goes on without this caller. */
  shared: boolean
  watcher: Watcher
  /** Aborts when the caller is gone. */
  closed: AbortSignal
}

export interface EndedJob {
  job: JobDetail
  decision: DecisionRecord | null
}

/** So long a wait ends only with the job: the watch asks Postgres every second beside the broadcasts. */
const LONGEST_WAIT_MS = 86_400_000

/** The synchronous front of the queue: jobs like all others, whose callers wait. */
export class SynchronousJobs {
  readonly #dependencies: SynchronousDependencies

  constructor(dependencies: SynchronousDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Accepts a job for a caller who waits; `release` must follow.
   * @throws {LonghaulError} overloaded, idempotency_key_reused
   * @throws {StoreUnavailableError | StoreBusyError} not accepted, as far as is known
   */
  async submit(
    submission: Submission,
    context: SubmitContext,
    response: ServerResponse,
    jobId: string = newId('job'),
  ): Promise<AwaitedJob> {
    const { submitter, watch } = this.#dependencies
    const { tenantId } = context
    const closed = closedSignal(response)
    // Before it is inserted, so that no change falls between.
    const watcher = watch.open(jobId)
    try {
      // The first event of a response in the background is a promise already.
      const isPromised = submission.options?.response?.background === true
      const awaited = !isPromised
      // One with a key is for whoever asks again, and does not end with this caller's patience.
      const impatient = awaited && context.idempotency === null
      const options = impatient
        ? { ...submission.options, awaited: true as const }
        : submission.options
      const accepted = await submitter.submit(
        { ...submission, options },
        { ...context, jobId, awaited },
      )
      if (accepted.kind === 'accepted') {
        // Who gave a key will ask again when the connection breaks, and be told this job's answer.
        const shared = context.idempotency !== null
        return { jobId, tenantId, accepted: true, shared, watcher, closed }
      }
      watcher.close()
      const earlier = watch.open(accepted.jobId)
      return {
        jobId: accepted.jobId,
        tenantId,
        accepted: true,
        shared: true,
        watcher: earlier,
        closed,
      }
    } catch (error) {
      watcher.close()
      throw error
    }
  }

  /**
   * The same job for no caller in particular, who cannot go away.
   * @param awaited whose caller is let go
   */
  shared(awaited: AwaitedJob): AwaitedJob {
    return { ...awaited, shared: true, closed: new AbortController().signal }
  }

  /**
   * A job that was accepted before; `release` must follow.
   * @throws {LonghaulError} overloaded
   */
  watch(tenantId: string, jobId: string): AwaitedJob {
    const watcher = this.#dependencies.watch.open(jobId)
    const closed = new AbortController().signal
    return { jobId, tenantId, accepted: false, shared: true, watcher, closed }
  }

  /**
   * The job once it has ended; undefined when its caller went away first, and
   * the job was cancelled therefore.
   * @param onStatus told of every change on the way that is heard of
   * @throws {LonghaulError} shutting_down: the job was cancelled, its caller is to send it again
   */
  async untilEnded(
    awaited: AwaitedJob,
    onStatus: (status: JobStatus) => void = () => {},
  ): Promise<EndedJob | undefined> {
    const { watch } = this.#dependencies
    const { watcher, closed } = awaited
    let known = awaited.shared ? await this.#look(awaited) : undefined
    while (!known) {
      if (closed.aborted || watch.stopping) return this.#abandon(awaited)
      await watcher.changed(LONGEST_WAIT_MS, closed)
      const { told } = watcher
      if (told !== undefined && !isTerminal(told)) {
        watcher.seen = told
        onStatus(told)
        continue
      }
      known = closed.aborted ? undefined : await this.#look(awaited)
    }
    return known
  }

  release({ watcher }: AwaitedJob): void {
    watcher.close()
  }

  /** Ends a job that nobody waits for any more; one that others may wait for goes on. */
  async cancel({ tenantId, jobId, shared }: AwaitedJob): Promise<void> {
    if (shared) return
    try {
      await cancelJob(this.#dependencies, tenantId, jobId)
    } catch (error) {
      this.#dependencies.telemetry.logger.warn({ err: error, jobId }, 'not cancelled')
    }
  }

  async #abandon(awaited: AwaitedJob): Promise<undefined> {
    await this.cancel(awaited)
    if (awaited.closed.aborted) return undefined
    throw new LonghaulError(
      'shutting_down',
      'This process is stopping. Send the request again: another will take it.',
      { retryAfterSeconds: 1 },
    )
  }

  /** The job if it has ended. */
  async #look({ tenantId, jobId, accepted, watcher }: AwaitedJob): Promise<EndedJob | undefined> {
    const { reads } = this.#dependencies.store
    try {
      const [job, decision] = await Promise.all([reads.get(tenantId, jobId), reads.decision(jobId)])
      if (!job) throw accepted ? undone() : jobNotFound(jobId)
      watcher.seen = job.status
      return isTerminal(job.status) ? { job, decision } : undefined
    } catch (error) {
      // Nothing has changed, as far as is known; the watch wakes us again.
      if (error instanceof StoreUnavailableError) return undefined
      throw error
    }
  }
}

/** PostgreSQL crashed, and took the job back before anybody had claimed it. */
function undone(): LonghaulError {
  return new LonghaulError(
    'store_unavailable',
    'The database was away, and nothing was kept of this request. Send it again.',
    { retryAfterSeconds: 1 },
  )
}
