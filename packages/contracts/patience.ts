import type { Exclusion } from './decision.ts'
import type { JobError } from './errors.ts'
import { timeOfUuid, uuidOf } from './ids.ts'
import type { JobOptions } from './job-options.ts'

/** How long the caller of a job that waits on a connection waits for a model that is out. */
const PATIENCE_MS = 30_000
/** So short a wait is worth it however old the job is: calls and queues take their time too. */
const SHORT_WAIT_MS = 5_000
/** Clients obey no longer `Retry-After`. */
const LONGEST_RETRY_AFTER_SECONDS = 60

/**
 * Until when a job may wait for a model that is out, in epoch milliseconds:
 * what is in the queue for its own sake for ever, or until its deadline.
 */
export function patientUntil({
  jobId,
  options,
}: {
  jobId: string
  options: JobOptions | null
}): number {
  if (options?.awaited !== true) return Number.POSITIVE_INFINITY
  return timeOfUuid(uuidOf('job', jobId) ?? '') + PATIENCE_MS
}

/** Whether a wait until `dueAt` is longer than the caller's patience, who is told so at once. */
export function outlastsPatience(dueAt: number, now: number, patientUntil: number): boolean {
  return dueAt > patientUntil && dueAt - now > SHORT_WAIT_MS
}

/** Why a job ends that would have to wait for its model longer than its caller does. */
export function outOfOrder(
  model: string,
  reason: Exclusion['reason'],
  waitMs: number,
  detail?: string,
): JobError {
  const said = detail === undefined ? {} : { detail }
  if (reason === 'credentials') {
    return {
      code: 'provider_credentials_refused',
      message: `The provider of "${model}" refuses the credentials that Longhaul has: its operator must mend them, or choose another model.`,
      ...said,
    }
  }
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000))
  return {
    code: 'model_unavailable',
    message: `"${model}" is out of order and can be tried again in ${seconds} s: ask again then, choose another model, or submit a job that waits.`,
    ...said,
    retry_after_seconds: Math.min(LONGEST_RETRY_AFTER_SECONDS, seconds),
  }
}
