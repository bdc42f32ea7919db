import {
  builtInPolicy,
  type Clock,
  type Config,
  type ErrorCode,
  type Exclusion,
  type JobError,
  type JobMessage,
  type Policy,
  patientUntil,
  type RouteHints,
  unreachable,
} from '@longhaul/contracts'
import type { OnChunk, ProviderResult, ProviderSuccess } from '@longhaul/providers'
import { BudgetAccount, type Conversations, type Pause } from '@longhaul/runtime'
import type { AttemptRecord, Claim, Store } from '@longhaul/store'
import { type CallDependencies, callDeployment } from './call.ts'
import type { Deployments, Slot } from './deployments.ts'
import { type NextStep, nextStep } from './failure-policy.ts'
import type { AbortReason, Held, Leases } from './leases.ts'
import type { Recorder } from './recorder.ts'

export interface JobRunDependencies extends CallDependencies {
  store: Store
  clock: Clock
  leases: Leases
  recorder: Recorder
  conversations: Conversations
  /** Who holds the leases. */
  owner: string
  pause?: Pause | undefined
}

type Failure = Exclude<ProviderResult, { ok: true }>

/**
 * One job in the hands of a worker, from claim to settlement. Each turn of the
 * loop is one call under one fence; whatever ends it is one fenced transition.
 */
export class JobRun {
  readonly #dependencies: JobRunDependencies
  readonly #config: Config
  readonly #deployments: Deployments
  readonly #message: JobMessage
  readonly #budget: BudgetAccount
  readonly #tried = new Set<string>()
  #failures = 0
  #exclusions: Exclusion[] = []

  constructor(
    dependencies: JobRunDependencies,
    config: Config,
    deployments: Deployments,
    message: JobMessage,
  ) {
    this.#dependencies = dependencies
    this.#config = config
    this.#deployments = deployments
    this.#message = message
    this.#budget = new BudgetAccount(dependencies, message)
  }

  /**
   * Resolves when the job was settled, or is somebody else's.
   * @param slot is freed, whatever happens
   * @throws the store's error when the claim could not be made
   */
  async execute(slot: Slot): Promise<void> {
    const { leases, clock, pause } = this.#dependencies
    const { jobId, deadlineAt } = this.#message
    const held = leases.hold(jobId)
    const cancelTimer = deadlineAt
      ? clock.schedule(deadlineAt - clock.now(), () => held.abort.abort('deadline'))
      : undefined
    try {
      const body = await this.#readBody() // without one it was deleted: nothing is left to do
      const claim = body && (await this.#claim(slot))
      if (claim && pause) await pause('worker-after-claim')
      if (claim) await this.#callUntilSettled(slot, held, claim, body)
      this.#budget.released() // not when any of it threw: then it comes again
    } finally {
      cancelTimer?.()
      leases.drop(held)
      slot.unused() // has no effect after a call
    }
  }

  /** Before the claim: a body that cannot be had now is no loss of a worker. */
  async #readBody(): Promise<Record<string, unknown> | undefined> {
    const { jobId, body, bodyBytes } = this.#message
    const text = body ?? (await this.#dependencies.store.requestBodies.of(jobId, bodyBytes))
    return text === undefined ? undefined : JSON.parse(text)
  }

  async #claim(slot: Slot): Promise<Claim | undefined> {
    const { store, owner, clock, telemetry, coordination } = this.#dependencies
    const { jobId, lane } = this.#message
    const { model, key } = slot.deployment
    const claim = await store.jobs.claim(jobId, model, owner, this.#config.lease)
    if (!claim) return undefined
    if (claim.losses > 0) telemetry.metrics.repeatedProviderCalls.add(1, { deployment: key })
    if (claim.fence === 1) {
      telemetry.metrics.jobQueueWait.record((clock.now() - claim.createdAt) / 1_000, { lane })
    }
    coordination.broadcasts.send('job-changed', { jobId, status: 'running' })
    return claim
  }

  async #callUntilSettled(
    first: Slot,
    held: Held,
    claim: Claim,
    body: Record<string, unknown>,
  ): Promise<void> {
    const { pause } = this.#dependencies
    held.fence = claim.fence
    this.#failures = claim.failures
    this.#exclusions = claim.hints?.exclusions ?? []
    let slot: Slot | undefined = first
    while (slot) {
      const { result, attempt } = await callDeployment(
        this.#dependencies,
        slot,
        this.#message,
        body,
        held.abort.signal,
        this.#teller(held),
      )
      this.#budget.recorded(attempt.costUsd)
      this.#tried.add(slot.deployment.key)
      if (pause) await pause('worker-before-settle')
      slot = result.ok
        ? await this.#succeed(held, claim, attempt, result, body)
        : await this.#afterFailure(held, attempt, result)
    }
  }

  /** Tells the answer while it is written, when somebody listens. */
  #teller({ jobId, fence: attempt }: Held): OnChunk | undefined {
    const { streams } = this.#dependencies.coordination
    const address = this.#message.options?.streamTo
    if (address === undefined) return undefined
    let told = 0
    return chunk => {
      streams.send(address, { jobId, attempt, first: told, chunks: [chunk] })
      told += 1
    }
  }

  async #succeed(
    held: Held,
    claim: Claim,
    attempt: AttemptRecord,
    { body, usage: told }: ProviderSuccess,
    asked: Record<string, unknown>,
  ): Promise<undefined> {
    const { recorder, telemetry, clock, conversations } = this.#dependencies
    const { model, deployment, usage, finishedAt: at } = attempt
    // The next turn may come as soon as the answer is recorded.
    conversations.answered(
      { ...this.#message, body: asked },
      { jobId: held.jobId, model, deployment, usage, at },
    )
    const settled = await recorder.settle({
      jobId: held.jobId,
      from: 'running',
      fence: held.fence,
      to: 'succeeded',
      attempt,
      result: { body, error: null, usage: told ?? null },
    })
    if (!settled.applied) return
    telemetry.metrics.jobDuration.record((clock.now() - claim.createdAt) / 1_000, {
      lane: this.#message.lane,
    })
  }

  /** @returns the slot of the next call, when there is one at once */
  async #afterFailure(
    held: Held,
    attempt: AttemptRecord,
    failure: Failure,
  ): Promise<Slot | undefined> {
    if (failure.kind === 'aborted') {
      await this.#abandon(held, attempt)
      return undefined
    }
    const constraints = this.#message.options?.constraints
    const other = this.#deployments.acquire(this.#tried, constraints, { alone: true })
    const step = nextStep(failure, this.#context(other !== undefined), this.#config.retry)
    if (step.kind === 'again' && other) {
      const settled = await this.#settleAgain(held, attempt, step)
      if (settled) return other
    }
    other?.unused()
    if (step.kind !== 'again') {
      await this.#settleStep(held, attempt, step, failure.kind === 'unusable' ? failure.body : null)
    }
    return undefined
  }

  #context(otherDeployment: boolean) {
    const { clock, random } = this.#dependencies
    const policy = this.#policy()
    // Who lists several models wants the next one whatever went wrong.
    const listed = this.#message.options?.constraints?.models !== undefined
    return {
      model: this.#message.route?.model ?? '',
      failures: this.#failures,
      fallbacks: this.#message.route?.fallbacks ?? [],
      otherDeployment,
      onRefused: listed ? ('fallback' as const) : policy.on_refused,
      onUnusable: listed ? ('fallback' as const) : policy.on_unusable,
      deadlineAt: this.#message.deadlineAt ?? undefined,
      patientUntil: patientUntil(this.#message),
      now: clock.now(),
      random,
    }
  }

  #policy(): Policy {
    const { policies, default_policy } = this.#config
    return policies[this.#message.policy ?? default_policy] ?? builtInPolicy
  }

  async #settleAgain(
    held: Held,
    attempt: AttemptRecord,
    { spent }: { spent: boolean },
  ): Promise<boolean> {
    const settled = await this.#dependencies.recorder.settle({
      jobId: held.jobId,
      from: 'running',
      fence: held.fence,
      to: 'running',
      spent,
      attempt,
    })
    held.fence += 1
    if (spent) this.#failures += 1
    return settled.applied
  }

  async #settleStep(
    held: Held,
    attempt: AttemptRecord,
    step: Exclude<NextStep, { kind: 'again' }>,
    body: string | null,
  ): Promise<void> {
    const { clock } = this.#dependencies
    switch (step.kind) {
      case 'fail':
        return this.#end(held, attempt, 'failed', step.error, body)
      case 'later':
        return this.#putBack(held, attempt, step.spent, step.dueAt, null)
      case 'reroute':
        return this.#putBack(held, attempt, step.spent, clock.now(), {
          exclusions: [
            ...this.#exclusions.filter(({ model }) => model !== step.exclusion.model),
            step.exclusion,
          ],
          preferred: this.#message.route?.fallbacks ?? [],
        })
      default:
        return unreachable(step)
    }
  }

  /** The call was ended from this side. */
  async #abandon(held: Held, attempt: AttemptRecord): Promise<void> {
    const reason = held.abort.signal.reason as AbortReason
    switch (reason) {
      case 'shutdown': {
        const released = { ...attempt, outcome: 'released' as const }
        return this.#putBack(held, released, false, this.#dependencies.clock.now(), null)
      }
      case 'deadline':
        return this.#end(
          held,
          { ...attempt, outcome: 'expired' },
          'expired',
          errorOf('deadline_exceeded', 'The deadline passed before the job ended.'),
          null,
        )
      case 'cancelled':
      case 'lease-lost': {
        // The row has ended or is somebody else's, and this keeps the attempt and its cost. If
        // not, the word was false or late, and the job goes on: only the row's own end counts.
        const outcome = reason === 'cancelled' ? ('cancelled' as const) : ('lost' as const)
        const now = this.#dependencies.clock.now()
        return this.#putBack(held, { ...attempt, outcome }, false, now, null)
      }
      default:
        return unreachable(reason)
    }
  }

  async #end(
    held: Held,
    attempt: AttemptRecord,
    to: 'failed' | 'expired' | 'cancelled',
    error: JobError,
    body: string | null,
  ): Promise<void> {
    await this.#dependencies.recorder.settle({
      jobId: held.jobId,
      from: 'running',
      fence: held.fence,
      to,
      attempt,
      result: { body, error, usage: attempt.usage },
    })
  }

  async #putBack(
    held: Held,
    attempt: AttemptRecord,
    spent: boolean,
    dueAt: number,
    hints: RouteHints | null,
  ): Promise<void> {
    await this.#dependencies.recorder.settle({
      jobId: held.jobId,
      from: 'running',
      fence: held.fence,
      to: 'pending',
      attempt,
      spent,
      dueAt,
      hints,
    })
  }
}

function errorOf(code: ErrorCode, message: string): JobError {
  return { code, message }
}
