import type { BatchEventType, JobEventType } from '@longhaul/contracts'

/** Which take of an event: the event, and the attempts made when it was taken. */
export interface EventToken {
  id: string
  attempts: number
}

/** An event that the courier took, with what its payload says. */
export interface DueEvent extends EventToken {
  tenantId: string
  /** The job or batch that it tells of. */
  subjectId: string
  type: JobEventType | BatchEventType
  url: string
  createdAt: number
  /** Of `attempts`, those of the running schedule; less after a resend. */
  scheduleAttempts: number
  status: string
  metadata: Record<string, string> | null
}

/** `current: false`: settled or taken by somebody else since; leave it. */
export type EventCheck =
  | { current: false }
  | { current: true; throttledUntil: number | null; disabled: boolean }

export interface TakenEvents {
  events: DueEvent[]
  /** When the next one falls due, or fell due beyond what was taken; undefined when none waits. */
  nextDueAt: number | undefined
}

export type EventOutcome =
  /** The receiver answered 2xx. */
  | { kind: 'delivered'; httpStatus: number }
  /** Again at `dueAt`. */
  | { kind: 'retry'; dueAt: number; httpStatus: number | null; error: string }
  /** For good. */
  | { kind: 'failed'; httpStatus: number | null; error: string }
  /** Not tried: no attempt is counted, and nothing is said about the receiver. */
  | { kind: 'postponed'; dueAt: number }

export interface EventSettlement {
  event: EventToken
  outcome: EventOutcome
  /** Nothing is sent to the receiver before then. */
  throttledUntil?: number
  /** Disables the receiver, with this reason. */
  disable?: string
}

export interface EventSettled {
  applied: boolean
  /** The receiver is disabled now. */
  receiverDisabled: boolean
}

/** An event as its tenant sees it. */
export interface WebhookEvent {
  id: string
  /** The job or batch that it tells of. */
  subjectId: string
  type: JobEventType | BatchEventType
  url: string
  state: 'pending' | 'delivered' | 'failed'
  createdAt: number
  /** Deliveries tried so far, over all resends. */
  attempts: number
  nextAttemptAt: number | null
  deliveredAt: number | null
  failedAt: number | null
  /** Of the last attempt; null when there was no HTTP answer. */
  lastStatus: number | null
  lastError: string | null
}

export interface EventFilter {
  tenantId: string
  jobId?: string
  /** Cursor: the last id of the page before. */
  after?: string
  /** 1 to 100. */
  limit: number
}

/** A receiver, by tenant and URL, that failed lately or is disabled. */
export interface WebhookReceiver {
  url: string
  /** Of the failures since the last success, the first. */
  failingSince: number | null
  throttledUntil: number | null
  disabledAt: number | null
  disabledReason: string | null
}
