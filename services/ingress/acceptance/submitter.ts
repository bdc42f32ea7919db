import type { Bus } from '@longhaul/bus'
import {
  type Clock,
  encodeJobMessage,
  INLINE_BODY_BYTES,
  type JobMessage,
  type Lane,
  newId,
  SUBMITTED_TOPIC,
} from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'
import type { Submission } from '@longhaul/intake'
import type { ModelFigures, Pause } from '@longhaul/runtime'
import type { DispatchKey, NewJob, Store } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'
import type { Admission } from './admission.ts'
import { keyReused } from './idempotency.ts'
import { traceparentOf } from './trace-context.ts'

export interface SubmitterDependencies {
  store: Store
  bus: Bus
  coordination: Coordination
  telemetry: Telemetry
  clock: Clock
  admission: Admission
  live: ModelFigures
  pause?: Pause | undefined
}

export interface SubmitContext {
  tenantId: string
  /** The caller's `traceparent` header. */
  traceparent: string | undefined
  /** Epoch milliseconds. */
  now: number
  idempotency: NewJob['idempotency']
  /** Default: a new one. */
  jobId?: string
  /** Its caller is told nothing before it has ended. */
  awaited?: boolean
}

/** `replayed`: the idempotency key came before with the same body, as this job. */
export type Accepted = { kind: 'accepted'; job: NewJob } | { kind: 'replayed'; jobId: string }

/**
 * Makes a job of a submission. The insert is what accepts it; publishing comes
 * after, and nobody waits for it: a job that the bus does not take goes back to
 * `pending`, and one that is lost between the two is found by the dispatcher.
 */
export class Submitter {
  readonly #dependencies: SubmitterDependencies
  /** Publications and put-backs under way. */
  readonly #underWay = new Set<Promise<void>>()
  /** Lanes with new work in Postgres, told once per turn of the event loop. */
  readonly #pendingLanes = new Set<Lane>()
  #busFails = false

  constructor(dependencies: SubmitterDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * @throws {StoreUnavailableError | StoreBusyError} not accepted, as far as is known
   * @throws {LonghaulError} idempotency_key_reused
   */
  async submit(submission: Submission, context: SubmitContext): Promise<Accepted> {
    const { store, telemetry, admission, live, pause } = this.#dependencies
    const key = keyOf(submission, context.tenantId)
    const isDue = submission.notBefore === null || submission.notBefore <= context.now
    const direct = isDue && admission.admit(key)
    const job = newJob(submission, context, direct)
    let outcome: Awaited<ReturnType<typeof store.jobs.insert>>
    if (pause) await pause('ingress-before-insert')
    try {
      outcome = await (context.awaited ? store.jobs.insertAwaited(job) : store.jobs.insert(job))
    } catch (error) {
      if (direct) admission.withdraw(key)
      throw error
    }
    if (pause) await pause('ingress-after-insert')
    if (outcome.kind === 'inserted') {
      telemetry.metrics.jobsAccepted.add(1, { lane: job.lane })
      live.queues.accepted(job.id, job.lane)
      if (direct) this.#publish(job, key)
      else this.#announcePending(job.lane)
      return { kind: 'accepted', job }
    }
    if (direct) admission.withdraw(key)
    if (outcome.kind === 'duplicate') return { kind: 'replayed', jobId: outcome.jobId }
    throw keyReused()
  }

  /** Resolves once nothing is under way any more. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  #publish(job: NewJob, key: DispatchKey): void {
    const { bus, admission, pause } = this.#dependencies
    const published = bus.publish(SUBMITTED_TOPIC, encodeJobMessage(messageOf(job))).then(
      async () => {
        if (pause) await pause('ingress-after-publish')
        admission.sent(key)
        this.#busFails = false
      },
      (error: unknown) => {
        admission.refused(key)
        return this.#putBack(job, error)
      },
    )
    this.#underWay.add(published)
    void published.finally(() => this.#underWay.delete(published))
  }

  async #putBack(job: NewJob, reason: unknown): Promise<void> {
    const { store, coordination, telemetry, clock } = this.#dependencies
    if (!this.#busFails) {
      telemetry.logger.warn({ err: reason }, 'the bus takes no jobs; they wait in Postgres')
    }
    this.#busFails = true
    try {
      const { applied } = await store.jobs.settle({
        jobId: job.id,
        from: 'queued',
        to: 'pending',
        dueAt: clock.now(),
        dispatchModel: null,
        hints: null,
        attempt: null,
      })
      if (!applied) return
      coordination.broadcasts.send('job-changed', { jobId: job.id, status: 'pending' })
      this.#announcePending(job.lane)
    } catch (error) {
      // It stays `queued`; the dispatcher publishes what nobody claims.
      telemetry.logger.warn({ err: error, jobId: job.id }, 'an unpublished job was not put back')
    }
  }

  #announcePending(lane: Lane): void {
    if (this.#pendingLanes.size === 0) setImmediate(() => this.#tellPending())
    this.#pendingLanes.add(lane)
  }

  #tellPending(): void {
    const lanes = [...this.#pendingLanes]
    this.#pendingLanes.clear()
    for (const lane of lanes) {
      this.#dependencies.coordination.broadcasts.send('work-pending', { lane })
    }
  }
}

function keyOf({ lane, requestedModel }: Submission, tenantId: string): DispatchKey {
  return { lane, tenantId, model: requestedModel ?? '' }
}

function newJob(submission: Submission, context: SubmitContext, direct: boolean): NewJob {
  const id = context.jobId ?? newId('job')
  return {
    id,
    tenantId: context.tenantId,
    status: direct ? 'queued' : 'pending',
    endpoint: submission.endpoint,
    lane: submission.lane,
    policy: submission.policy,
    requestedModel: submission.requestedModel,
    metadata: submission.metadata,
    notBefore: submission.notBefore,
    deadlineAt: submission.deadlineAt,
    webhook: submission.webhook,
    options: submission.options,
    traceparent: context.traceparent ?? traceparentOf(id),
    body: submission.bodyText,
    bodyBytes: submission.bodyBytes,
    idempotency: context.idempotency,
  }
}

function messageOf(job: NewJob): JobMessage {
  return {
    jobId: job.id,
    tenantId: job.tenantId,
    endpoint: job.endpoint,
    lane: job.lane,
    policy: job.policy,
    requestedModel: job.requestedModel,
    metadata: job.metadata,
    deadlineAt: job.deadlineAt,
    dispatch: 1,
    hints: null,
    options: job.options ?? null,
    traceparent: job.traceparent,
    bodyBytes: job.bodyBytes,
    body: job.bodyBytes <= INLINE_BODY_BYTES ? job.body : null,
    route: null,
  }
}
