import type { ServerResponse } from 'node:http'
import { type Clock, isTerminal, type JobStatus, LonghaulError, uuidOf } from '@longhaul/contracts'
import { type Store, StoreUnavailableError } from '@longhaul/store'
import type { JobWatch } from './job-watch.ts'
import { shownId } from './shown-id.ts'

export interface WaitDependencies {
  watch: JobWatch
  reads: Pick<Store['reads'], 'status' | 'get'>
  clock: Clock
}

/**
 * Resolves once the job has ended, the time is up, the caller is gone, or this
 * process stops; whoever called reads the job then.
 * @throws {LonghaulError} job_not_found
 * @throws {StoreUnavailableError} at the first look only
 */
export async function untilEnded(
  { watch, reads, clock }: WaitDependencies,
  job: { tenantId: string; jobId: string },
  waitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const until = clock.now() + waitMs
  const watcher = watch.open(job.jobId)
  try {
    let status = await reads.status(job.tenantId, job.jobId)
    if (status === undefined) throw jobNotFound(job.jobId)
    while (status !== undefined && !isTerminal(status) && clock.now() < until) {
      watcher.seen = status
      await watcher.changed(until - clock.now(), signal)
      if (signal.aborted || watch.stopping) return
      status = await statusOr(status, () => reads.status(job.tenantId, job.jobId))
    }
  } finally {
    watcher.close()
  }
}

/** While the store is away nothing has changed, as far as is known. */
export async function statusOr(
  known: JobStatus,
  read: () => Promise<JobStatus | undefined>,
): Promise<JobStatus | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof StoreUnavailableError) return known
    throw error
  }
}

/** Aborts when the connection closes, before or after the answer. */
export function closedSignal(response: ServerResponse): AbortSignal {
  const closed = new AbortController()
  if (response.destroyed) closed.abort()
  response.once('close', () => closed.abort())
  return closed.signal
}

/**
 * The job id of a path. One that looks like an id, but was never given out, is that of no job.
 * @throws {LonghaulError} invalid_id, job_not_found
 */
export function jobIdOf(value: unknown): string {
  if (typeof value === 'string' && uuidOf('job', value) !== undefined) return value
  if (typeof value === 'string' && /^job_[0-9a-f]{32}$/.test(value)) throw jobNotFound(value)
  throw new LonghaulError(
    'invalid_id',
    `\`id\` must be the id of a job: "job_" and 32 hexadecimal digits; got ${shownId(value)}.`,
    { param: 'id' },
  )
}

export function jobNotFound(jobId: string): LonghaulError {
  return new LonghaulError('job_not_found', `You have no job ${jobId}.`, { param: 'id' })
}
