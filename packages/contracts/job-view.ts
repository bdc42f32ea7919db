import type { DecisionRecord } from './decision.ts'
import type { JobError } from './errors.ts'
import type { AttemptOutcome, Endpoint, JobEventType, JobStatus, Lane, Usage } from './job.ts'
import type { RoutingConstraints } from './job-options.ts'

/** One call of a provider, or a claim whose worker died. */
export interface AttemptView {
  number: number
  model: string
  deployment: string
  outcome: AttemptOutcome
  http_status: number | null
  error: string | null
  started_at: string
  finished_at: string
  usage: Usage | null
  cost_usd: number | null
}

/** When the answer is expected, and the bounds that hold four times out of five. */
export interface EtaView {
  at: string
  earliest: string
  latest: string
}

/** The model that a job waits for is out. */
export interface WaitingView {
  model: string
  reason: string
  until: string | null
}

/** Where an event goes when the job ends. */
export interface WebhookView {
  url: string
  /** Null: all. */
  events: JobEventType[] | null
}

/** The job as the API shows it; what is not there yet is an explicit null. */
export interface JobView {
  id: string
  object: 'job'
  status: JobStatus
  endpoint: Endpoint
  lane: Lane
  policy: string | null
  model: string | null
  /** Provider calls begun so far. */
  attempts: number
  created_at: string
  started_at: string | null
  finished_at: string | null
  not_before: string | null
  deadline: string | null
  /** Null once it has ended, and while nothing can be told. */
  eta: EtaView | null
  /** Null unless its model is out. */
  waiting: WaitingView | null
  result: unknown
  error: JobError | null
  usage: Usage | null
  cost_usd: number | null
  metadata: Record<string, string> | null
  webhook: WebhookView | null
  links: { self: string; cancel: string; events: string }
}

/** What `?include=request,attempts,decision` adds; `attempts` is their number already. */
export interface JobIncludes {
  request?: unknown
  /** With `request`: what it asked of its routing beside a model or a policy; null: nothing. */
  routing_constraints?: RoutingConstraints | null
  attempt_list?: AttemptView[]
  decision?: DecisionRecord | null
}
