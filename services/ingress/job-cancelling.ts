import type { Coordination } from '@longhaul/coordination'
import type { JobDetail, Store } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'

export interface CancelDependencies {
  store: Pick<Store, 'jobs' | 'reads'>
  coordination: Pick<Coordination, 'broadcasts'>
  telemetry: Telemetry
}

/**
 * Ends a job that has not ended, and tells everybody.
 * @returns the job as it ended; undefined when the tenant has no such job
 */
export async function cancelJob(
  { store, coordination: { broadcasts }, telemetry }: CancelDependencies,
  tenantId: string,
  jobId: string,
): Promise<JobDetail | undefined> {
  const cancelled = await store.jobs.cancel(tenantId, jobId)
  if (!cancelled) return undefined
  if (cancelled.changed) {
    broadcasts.send('job-cancelled', { jobId })
    broadcasts.send('job-finished', { jobId, status: 'cancelled' })
    broadcasts.send('event-pending', { count: 1 })
  }
  const job = await store.reads.get(tenantId, jobId)
  if (job && cancelled.changed) {
    const model = job.model ?? 'none'
    telemetry.metrics.jobsFinished.add(1, { status: 'cancelled', model })
  }
  return job
}
