import type {
  AttemptOutcome,
  DecisionRecord,
  Endpoint,
  JobError,
  JobEventType,
  JobOptions,
  JobStatus,
  Lane,
  RouteHints,
  TerminalStatus,
  Usage,
} from '@longhaul/contracts'

/** Times in this package are epoch milliseconds, ids are the API's (`job_…`), bodies are JSON text. */

export interface NewJob {
  id: string
  tenantId: string
  /** `queued` when the caller publishes it right after the insert, else `pending`. */
  status: 'pending' | 'queued'
  endpoint: Endpoint
  lane: Lane
  policy: string | null
  /** The model that the caller pinned; null for `auto` and policies. */
  requestedModel: string | null
  metadata: Record<string, string> | null
  /** Held until then; null: due at once. */
  notBefore: number | null
  deadlineAt: number | null
  webhook: { url: string; events: JobEventType[] | null } | null
  options?: JobOptions | null
  traceparent: string | null
  body: string
  bodyBytes: number
  /** `bodyHash` is compared, never interpreted. */
  idempotency: { key: string; bodyHash: string } | null
}

export type InsertOutcome =
  | { kind: 'inserted' }
  /** The key came before with the same body. */
  | { kind: 'duplicate'; jobId: string }
  /** The key came before with another body. */
  | { kind: 'key-reused' }

export interface Claim {
  fence: number
  /** Calls that failed and count toward the limit. */
  failures: number
  /** Workers that died on it. */
  losses: number
  /** When it was published, and when it was accepted. */
  queuedAt: number
  createdAt: number
  /** The latest; those of the message may be older. */
  hints: RouteHints | null
}

/** What a provider call left behind; recorded with the transition that follows it. */
export interface AttemptRecord {
  model: string
  deployment: string
  startedAt: number
  finishedAt: number
  outcome: AttemptOutcome
  httpStatus: number | null
  error: string | null
  usage: Usage | null
  costUsd: number | null
}

/**
 * One fenced transition. `from: 'running'` needs the fence of the claim;
 * zero rows means that somebody else has the job.
 */
export type Settlement = {
  jobId: string
  attempt: AttemptRecord | null
} & (
  | { from: 'running'; fence: number; to: TerminalStatus; result: Result }
  /** Another call under the same lease; the fence goes up by one. */
  | { from: 'running'; fence: number; to: 'running'; spent: boolean }
  /** Back to Postgres until `dueAt`. */
  | {
      from: 'running'
      fence: number
      to: 'pending'
      spent: boolean
      dueAt: number
      hints: RouteHints | null
    }
  /** The publisher or router could not pass it on. */
  | {
      from: 'queued'
      to: 'pending'
      dueAt: number
      dispatchModel: string | null
      hints: RouteHints | null
    }
  | { from: 'queued'; to: 'failed'; result: Result }
)

export interface Result {
  /** The provider's answer, as JSON text. */
  body: string | null
  error: JobError | null
  usage: Usage | null
}

/** What became of a settlement. */
export interface Settled {
  /** False: a zombie; its result was discarded, its attempt and cost were kept. */
  applied: boolean
  /** An outbox event was written with it. */
  eventWritten: boolean
}

/** A job whose lease ended. */
export interface ReclaimedJob {
  jobId: string
  /** Of the claim that was lost. */
  fence: number
  /** True: too many workers died on it. False: it is `pending` again. */
  failed: boolean
}

/** A job handed to the bus by the dispatcher. */
export interface ReleasedJob {
  id: string
  tenantId: string
  endpoint: Endpoint
  lane: Lane
  policy: string | null
  requestedModel: string | null
  /** Of the key under which it waited. */
  dispatchModel: string
  metadata: Record<string, string> | null
  deadlineAt: number | null
  dispatch: number
  /** Calls for it that failed and counted. */
  failures: number
  hints: RouteHints | null
  options: JobOptions | null
  traceparent: string | null
  bodyBytes: number
}

/** Jobs wait in Postgres, and are released, by this key. `model` is '' until one is known. */
export interface DispatchKey {
  lane: Lane
  tenantId: string
  model: string
}

/** A part of it: what a batch has waiting, or all that is of none. */
export interface DueKey extends DispatchKey {
  batchId: string | null
}

/** What the dispatcher has to put right. */
export interface StuckWork {
  /** Workers stopped renewing. */
  leasesExpired: boolean
  /** Published, and not claimed for too long. */
  stranded: boolean
  /** Deadlines have passed. */
  overdue: boolean
}

/** Jobs that are due and wait in Postgres. */
export interface HeldJobs {
  lane: Lane
  /** '' for those whose model is not known yet. */
  model: string
  count: number
}

export interface JobRecord {
  id: string
  tenantId: string
  status: JobStatus
  endpoint: Endpoint
  lane: Lane
  policy: string | null
  requestedModel: string | null
  model: string | null
  attempts: number
  createdAt: number
  startedAt: number | null
  finishedAt: number | null
  notBefore: number | null
  deadlineAt: number | null
  error: JobError | null
  usage: Usage | null
  costUsd: number | null
  metadata: Record<string, string> | null
  webhook: NewJob['webhook']
  options: JobOptions | null
  /** The answer as JSON text. */
  resultBody: string | null
}

export interface JobDetail extends JobRecord {
  requestBody?: string
  attemptRecords?: Array<AttemptRecord & { number: number }>
  decision?: DecisionRecord | null
}

export interface JobFilter {
  tenantId: string
  status?: JobStatus
  model?: string
  lane?: Lane
  metadata?: Record<string, string>
  /** Cursor: the last id of the page before. */
  after?: string
  /** 1 to 100. */
  limit: number
  /** By creation; newest first is `desc`. */
  order: 'asc' | 'desc'
}

export interface Tenant {
  id: string
  name: string
}

/** An API key, as far as it is kept. */
export interface ApiKey {
  id: string
  name: string
  /** The tenant's name. */
  tenant: string
  createdAt: number
  revoked: boolean
}
