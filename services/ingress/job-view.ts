import {
  type AttemptView,
  type EtaView,
  type JobIncludes,
  type JobView,
  timeOfUuid,
  uuidOf,
  type WaitingView,
} from '@longhaul/contracts'
import type { Prediction } from '@longhaul/routing'
import type { JobDetail, JobRecord, NewJob } from '@longhaul/store'

/** What stands before and after `result` in a job's JSON. */
type Head = Pick<
  JobView,
  | 'id'
  | 'object'
  | 'status'
  | 'endpoint'
  | 'lane'
  | 'policy'
  | 'model'
  | 'attempts'
  | 'created_at'
  | 'started_at'
  | 'finished_at'
  | 'not_before'
  | 'deadline'
  | 'eta'
  | 'waiting'
>
type Tail = Omit<JobView, keyof Head | 'result'> & Omit<JobIncludes, 'request'>

/**
 * A job as the API shows it, as JSON text. The result is JSON text already, and
 * may be long: it goes in as it is, neither parsed nor written again.
 */
export function jobJson(
  job: JobDetail,
  eta: EtaView | null = null,
  waiting: WaitingView | null = null,
): string {
  const head: Head = {
    id: job.id,
    object: 'job',
    status: job.status,
    endpoint: job.endpoint,
    lane: job.lane,
    policy: job.policy ?? (job.requestedModel === null ? 'auto' : null),
    model: job.model ?? job.requestedModel,
    attempts: job.attempts,
    created_at: createdAt(job.id),
    started_at: timeOf(job.startedAt),
    finished_at: timeOf(job.finishedAt),
    not_before: timeOf(job.notBefore),
    deadline: timeOf(job.deadlineAt),
    eta,
    waiting,
  }
  const tail: Tail = {
    ...(job.requestBody !== undefined && {
      routing_constraints: job.options?.constraints ?? null,
    }),
    error: job.error,
    usage: job.usage,
    cost_usd: job.costUsd,
    metadata: job.metadata,
    webhook: job.webhook,
    links: linksOf(job.id),
    ...(job.attemptRecords && { attempt_list: job.attemptRecords.map(attemptView) }),
    ...(job.decision !== undefined && { decision: job.decision }),
  }
  return splice(head, job.resultBody, tail, job.requestBody)
}

/** The job as it was just accepted. */
export function acceptedJson(job: NewJob): string {
  return jobJson({
    ...job,
    options: job.options ?? null,
    model: null,
    attempts: 0,
    createdAt: 0, // the view takes it from the id
    startedAt: null,
    finishedAt: null,
    error: null,
    usage: null,
    costUsd: null,
    resultBody: null,
  })
}

/** @param now epoch milliseconds */
export function etaView(prediction: Prediction | undefined, now: number): EtaView | null {
  if (!prediction) return null
  const { ms, earliestMs, latestMs } = prediction
  return {
    at: timeOf(now + ms),
    earliest: timeOf(now + earliestMs),
    latest: timeOf(now + latestMs),
  }
}

/** A list as OpenAI's clients page through it. */
export function listJson(jobs: readonly JobRecord[], hasMore: boolean): string {
  const data = jobs.map(job => jobJson(job)).join(',')
  const ends = JSON.stringify({
    first_id: jobs[0]?.id ?? null,
    last_id: jobs.at(-1)?.id ?? null,
    has_more: hasMore,
  })
  return `{"object":"list","data":[${data}],${ends.slice(1)}`
}

export function timeOf(epochMs: number): string
export function timeOf(epochMs: number | null): string | null
export function timeOf(epochMs: number | null): string | null {
  return epochMs === null ? null : new Date(Math.round(epochMs)).toISOString()
}

function splice(
  head: Head,
  result: string | null,
  tail: Tail,
  request: string | undefined,
): string {
  const added = request === undefined ? '' : `"request":${request},`
  const first = JSON.stringify(head).slice(0, -1)
  return `${first},"result":${result ?? 'null'},${added}${JSON.stringify(tail).slice(1)}`
}

/** The id holds the time, so that the answer to a submission need not wait for the row's own. */
function createdAt(jobId: string): string {
  return timeOf(timeOfUuid(uuidOf('job', jobId) ?? ''))
}

function linksOf(jobId: string): JobView['links'] {
  const self = `/v1/jobs/${jobId}`
  return { self, cancel: `${self}/cancel`, events: `${self}/events` }
}

function attemptView(attempt: NonNullable<JobDetail['attemptRecords']>[number]): AttemptView {
  return {
    number: attempt.number,
    model: attempt.model,
    deployment: attempt.deployment,
    outcome: attempt.outcome,
    http_status: attempt.httpStatus,
    error: attempt.error,
    started_at: timeOf(attempt.startedAt),
    finished_at: timeOf(attempt.finishedAt),
    usage: attempt.usage,
    cost_usd: attempt.costUsd,
  }
}
