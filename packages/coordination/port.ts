import type { Lane } from '@longhaul/contracts'

/**
 * What processes tell one another while they work: broadcasts, answers as they
 * are written, live figures of deployments, breakers. All of it is fast and may be forgotten; Postgres knows
 * what must not be. Reads are local and synchronous, so that no job waits for a
 * round trip; a driver that shares state keeps the local view fresh.
 */
export interface Coordination {
  readonly broadcasts: Broadcasts
  readonly streams: TokenStreams
  readonly live: LiveStats
  readonly breakers: Breakers
  readonly tallies: Tallies
  readonly notes: Notes
  /** Whether other processes hear of this one now, and it of them. */
  readonly shared: boolean
  health(): { ok: boolean; detail: string }
  /** Safe to call twice. */
  stop(): Promise<void>
}

export interface Channels {
  /** A job reached a terminal state; whoever waits for it looks again. */
  'job-finished': { jobId: string; status: string }
  /** A job changed to a state that is not terminal. */
  'job-changed': { jobId: string; status: string }
  /**
   * A job was cancelled, expired, or taken back from its worker: abort its call.
   * Taken back was the claim under `fence`; a later claim is none of it.
   */
  'job-cancelled': { jobId: string; fence?: number }
  /** A batch was made, cancelled or resumed, or one of its steps is done. */
  'batch-changed': { batchId: string }
  /** Work was committed that waits in Postgres. */
  'work-pending': { lane: string }
  /** A webhook event was committed. */
  'event-pending': { count: number }
}

/** At most once, unordered between channels. Nobody may depend on one arriving. */
export interface Broadcasts {
  send<C extends keyof Channels>(channel: C, payload: Channels[C]): void
  /** Calls `receive` for every payload, those of this process included; returns the way to end it. */
  on<C extends keyof Channels>(channel: C, receive: (payload: Channels[C]) => void): () => void
}

/** A piece of an answer that is being written. */
export interface StreamPart {
  jobId: string
  /** The number of the call; one with a later number writes the answer anew. */
  attempt: number
  /** The place of the first chunk among those of the call, from 0: after a gap something is lost. */
  first: number
  chunks: string[]
}

/**
 * Answers as they are written, from whoever calls the model to the process of
 * whoever listens. In order, at most once, and bounded: what cannot be told
 * soon is dropped. Nobody may depend on a part arriving; the whole answer is
 * in Postgres when the job has ended.
 */
export interface TokenStreams {
  /** Names this process to those who send; it goes with the job. */
  readonly address: string
  send(address: string, part: StreamPart): void
  /** Calls `receive` for every part of the job that is sent to this process; returns the way to end it. */
  on(jobId: string, receive: (part: StreamPart) => void): () => void
}

export interface DeploymentStats {
  inFlight: number
  /** Exponentially weighted mean of successful calls; undefined before the first. */
  latencyMs: number | undefined
  /** Standard deviation of the same. */
  latencySdMs: number | undefined
  /** Exponentially weighted share of failed calls, 0 to 1. */
  errorRate: number
}

/** The calls of one lane. */
export interface LaneCalls {
  inFlight: number
  /** Calls that began, of each process since this one came to know it. */
  begun: number
}

export type CallEnd = { ok: boolean; latencyMs: number } | 'neutral'

export interface LiveStats {
  /** A call begins; call the result exactly once when it ends. A neutral end (cancelled) moves no average. */
  begin(deployment: string, lane: Lane): (end: CallEnd) => void
  of(deployment: string): DeploymentStats
  /** What flows through the deployment; for those who look at it now and then. */
  lanesOf(deployment: string): Record<Lane, LaneCalls>
}

/**
 * One circuit breaker per deployment.
 *
 * `closed`: calls pass; when the share of failures in the window reaches the
 * bound, it opens. `open`: no call passes until `openUntil`. `half-open`: a
 * limited number of probes pass at a time; as many successes close it, one
 * failure opens it again, for twice as long.
 */
/** The reason of a hold after wrong credentials: it ends when the operator mends them. */
export const CREDENTIALS_REFUSED = 'credentials refused'

export type BreakerState = 'closed' | 'open' | 'half-open'

export interface BreakerView {
  state: BreakerState
  /** Epoch milliseconds until which no call passes; undefined when one may pass now. */
  openUntil: number | undefined
  reason: string | undefined
}

export type CallOutcome = 'success' | 'failure' | 'neutral'

export interface Permit {
  /** Exactly once. `neutral` says nothing about the deployment: cancelled calls, the caller's own faults. */
  settle(outcome: CallOutcome): void
}

export interface Probing {
  /**
   * For a call that may fail by its own fault: no probe beside another one, since its failure would
   * void what that one finds.
   */
  alone?: boolean
}

export interface Breakers {
  view(deployment: string): BreakerView
  /** Leave for one call; undefined when none may pass now. */
  acquire(deployment: string, probing?: Probing): Permit | undefined
  /** Takes the deployment out until then, whatever its calls say: Retry-After, wrong credentials. */
  holdUntil(deployment: string, epochMs: number, reason: string): void
  /** Calls `changed` at every change of state. */
  onChange(changed: (deployment: string, view: BreakerView) => void): () => void
  /** Calls `told` when a half-open breaker may have a permit that `acquire` could not give before. */
  onPermit(told: (deployment: string) => void): () => void
}

export interface BreakerOptions {
  failureRate: number
  minCalls: number
  windowMs: number
  openForMs: number
  maxOpenForMs: number
  probes: number
}

export type Amounts = Readonly<Record<string, number>>

/**
 * Sums that processes add to together. Reading is local: what this process
 * added is there at once, what others added within a second or so. A sum may be
 * forgotten, or what was added during an outage count twice; neither for long
 * periods nor by much.
 */
export interface Tallies {
  /** @param keepMs after the last addition; names that hold a day or an hour let sums begin anew */
  add(name: string, amounts: Amounts, keepMs: number): void
  of(name: string): Amounts
  /** Begins with these where nobody knows anything of it. */
  begin(name: string, amounts: Amounts, keepMs: number): void
}

/**
 * Short texts that a process leaves for whichever comes next: the newest of a
 * key, for some time. Of too many the oldest give way.
 */
export interface Notes {
  put(key: string, text: string, keepMs: number): void
  /** Within a bounded time, by what this process knows itself where others cannot be asked; never rejects. */
  get(key: string): Promise<string | undefined>
}
