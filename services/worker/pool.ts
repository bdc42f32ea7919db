import type { Bus, Delivery, Subscription } from '@longhaul/bus'
import {
  type Clock,
  type Config,
  decodeJobMessage,
  type JobError,
  type JobMessage,
  lanes,
  MESSAGE_VERSION,
  modelTopic,
  outlastsPatience,
  outOfOrder,
  patientUntil,
  type RoutingConstraints,
  sleep,
} from '@longhaul/contracts'
import { BudgetAccount, OutageLog } from '@longhaul/runtime'
import { callConstraintsOf, Deployments, type Slot } from './deployments.ts'
import { JobRun, type JobRunDependencies } from './job-run.ts'
import { LaneQueue } from './lane-queue.ts'
import type { PromptRoom, PromptShare } from './prompt-room.ts'

export interface PoolDependencies extends JobRunDependencies {
  bus: Bus
  clock: Clock
  /** Shared by all pools of the worker. */
  promptRoom: PromptRoom
}

interface Work {
  delivery: Delivery
  message: JobMessage
}

/** Deliveries in hand per topic: two for each call, so that a free slot never waits for the bus. */
const DELIVERIES_PER_CALL = 2
const SMALLEST_WINDOW = 32
const LARGEST_WINDOW = 2_000
/** How long calls in flight may settle their messages before a new subscription takes over. */
const RESUBSCRIBE_MS = 5_000
/** What waits for its model no longer than this is not put back: that would take longer than it saves. */
const SHORT_REST_MS = 5_000
/** How long a delivery is kept back when the store is away, so that it does not spin. */
const RETRY_DELAY_MS = 500
/** So much later than others it comes back whose own calls failed: it may be why nothing works. */
const SUSPECT_LAG_MS = 2_000

/**
 * All jobs of one model in this worker. Takes deliveries of its three lanes,
 * begins as many as its deployments have slots, and sends the rest back to the
 * router when every deployment is out.
 */
export class ModelPool {
  readonly #dependencies: PoolDependencies
  readonly #model: string
  readonly #deployments: Deployments
  readonly #queue: LaneQueue<Work>
  /** Work that was next and whose prompt has no room: what is behind it goes ahead. */
  readonly #awaitingRoom: LaneQueue<Work>
  readonly #room: PromptShare
  readonly #stopping: AbortSignal
  readonly #outages: OutageLog
  /** Work that allows only deployments without a free slot; the window bounds it. */
  #parked: Work[] = []
  /**
   * Work whose own calls have failed, while every deployment is doubted. It is the probe when
   * nothing else wants to be: a prompt that brings its provider down must not keep all others out.
   */
  readonly #suspects: LaneQueue<Work>
  #config: Config
  #group = ''
  #window = 0
  #subscription: Subscription | undefined
  #unwatch: () => void = () => {}
  /** When it looks again by itself. */
  #turn: { at: number; cancel: () => void } | undefined

  constructor(
    dependencies: PoolDependencies,
    config: Config,
    model: string,
    stopping: AbortSignal,
  ) {
    const modelConfig = config.models[model]
    if (!modelConfig) throw new Error(`no model ${model} in the configuration`)
    this.#dependencies = dependencies
    this.#outages = new OutageLog(dependencies.telemetry.logger, dependencies.clock)
    this.#config = config
    this.#model = model
    this.#deployments = new Deployments(model, modelConfig, dependencies)
    this.#queue = new LaneQueue(config.lanes)
    this.#awaitingRoom = new LaneQueue(config.lanes)
    this.#suspects = new LaneQueue(config.lanes)
    this.#room = dependencies.promptRoom.join({
      beginNext: () =>
        this.#beginParked() ||
        this.#beginOne(this.#awaitingRoom, this.#room.isOpen()) ||
        this.#beginSuspect(),
    })
    this.#stopping = stopping
  }

  async start(group: string): Promise<void> {
    const { bus, coordination } = this.#dependencies
    await bus.ensureTopics(this.#topics)
    const pumpLater = (deployment: string) => {
      // Not from within the breaker's own call.
      if (this.#deployments.has(deployment)) setImmediate(() => this.#pump())
    }
    const { breakers } = coordination
    const unwatch = [breakers.onChange(pumpLater), breakers.onPermit(pumpLater)]
    this.#unwatch = () => {
      for (const end of unwatch) end()
    }
    this.#group = group
    await this.#subscribe()
  }

  /** Calls in flight go on as they began; a window that changed takes a new subscription. */
  async reconfigure(config: Config): Promise<void> {
    const modelConfig = config.models[this.#model]
    if (!modelConfig) throw new Error(`no model ${this.#model} in the configuration`)
    this.#config = config
    this.#deployments.reconfigure(modelConfig)
    this.#queue.reweigh(config.lanes)
    this.#awaitingRoom.reweigh(config.lanes)
    this.#suspects.reweigh(config.lanes)
    this.#pump()
    if (this.#wantedWindow === this.#window) return
    await this.#subscription?.stop(RESUBSCRIBE_MS)
    await this.#subscribe()
  }

  get consuming(): boolean {
    return this.#subscription !== undefined
  }

  /** Ends the intake and gives back what was not begun; resolves when open deliveries are settled. */
  async stop(budgetMs: number): Promise<void> {
    this.#unwatch()
    this.#room.leave()
    this.#turn?.cancel()
    const stopped = this.#subscription?.stop(budgetMs)
    this.#subscription = undefined
    for (const { delivery } of [...this.#parked.splice(0), ...this.#drain()]) delivery.release()
    await stopped
  }

  get #topics(): string[] {
    return lanes.map(lane => modelTopic(this.#model, lane))
  }

  get #wantedWindow(): number {
    const wanted = this.#deployments.capacity * DELIVERIES_PER_CALL
    return Math.min(LARGEST_WINDOW, Math.max(SMALLEST_WINDOW, wanted))
  }

  async #subscribe(): Promise<void> {
    const window = this.#wantedWindow
    this.#subscription = await this.#dependencies.bus.consume({
      topics: this.#topics,
      group: this.#group,
      window,
      versions: [MESSAGE_VERSION],
      handle: delivery => this.#take(delivery),
    })
    this.#window = window
  }

  #take(delivery: Delivery): void {
    let message: JobMessage
    try {
      message = decodeJobMessage(delivery.message)
    } catch (error) {
      delivery.reject(`unreadable message: ${error instanceof Error ? error.message : error}`)
      return
    }
    this.#enqueue({ delivery, message })
    this.#pump()
  }

  #pump(): void {
    const since = this.#dependencies.clock.now()
    this.#beginAll()
    const waiting =
      this.#parked.length + this.#awaitingRoom.size + this.#queue.size + this.#suspects.size
    if (waiting > 0) this.#pumpAtNextTurn(since)
  }

  /** What waits for a pace is told by nobody. */
  #pumpAtNextTurn(since: number): void {
    const { clock } = this.#dependencies
    const at = this.#deployments.nextTurnAfter(since)
    if (at === undefined || this.#stopping.aborted) return
    if (this.#turn && this.#turn.at <= at) return
    this.#turn?.cancel()
    const cancel = clock.schedule(Math.max(0, at - clock.now()), () => {
      this.#turn = undefined
      this.#pump()
    })
    this.#turn = { at, cancel }
  }

  #beginAll(): void {
    if (this.#suspects.size > 0 && !this.#deployments.allDoubted) {
      for (const work of [...this.#suspects.drain()]) push(this.#queue, work)
    }
    this.#beginParked()
    while (this.#beginOne(this.#awaitingRoom, this.#room.isOpen())) {}
    while (this.#beginOne(this.#queue)) {}
    while (this.#beginSuspect()) {}
  }

  #enqueue(work: Work): void {
    push(this.#isSuspect(work) ? this.#suspects : this.#queue, work)
  }

  #isSuspect({ message }: Work): boolean {
    return message.failures !== undefined && this.#deployments.allDoubted
  }

  /** @returns whether there may be another */
  #beginSuspect(): boolean {
    if (this.#suspects.size === 0 || this.#queue.size + this.#awaitingRoom.size > 0) return false
    if (this.#stopping.aborted || this.#divertIfOut()) return false
    const work = this.#suspects.pop(this.#dependencies.clock.now())
    if (!work) return false
    const constraints = callConstraintsOf(work.message)
    const slot = this.#room.mayTake(work.message.bodyBytes)
      ? this.#deployments.acquire(undefined, constraints, { alone: true })
      : undefined
    if (slot) this.#start(work, slot)
    else if (!this.#divertOneIfOut(work)) push(this.#suspects, work) // behind its like
    return slot !== undefined
  }

  /** @returns whether any was begun */
  #beginParked(): boolean {
    const parked = this.#parked.splice(0)
    for (const work of parked) this.#begin(work, undefined)
    return this.#parked.length < parked.length
  }

  /** @returns whether there may be another */
  #beginOne(queue: LaneQueue<Work>, mayBegin = true): boolean {
    if (queue.size === 0 || this.#stopping.aborted) return false
    if (this.#divertIfOut()) return false
    const slot = mayBegin ? this.#deployments.acquire() : undefined
    const work = slot && queue.pop(this.#dependencies.clock.now())
    if (work) this.#begin(work, slot)
    else slot?.unused()
    return work !== undefined
  }

  /** @param slot of any deployment; given back when the work wants another; none: it was parked */
  #begin(work: Work, slot: Slot | undefined): void {
    if (this.#isSuspect(work)) {
      slot?.unused()
      push(this.#suspects, work)
      return
    }
    const constraints = callConstraintsOf(work.message)
    const isFree = !constraints?.deployments && !constraints?.order
    const hasRoom = this.#room.mayTake(work.message.bodyBytes)
    let own: Slot | undefined
    if (hasRoom) own = isFree && slot ? slot : this.#exchange(slot, constraints)
    else slot?.unused()
    if (own) this.#start(work, own)
    else if (this.#divertOneIfOut(work)) return
    else if (hasRoom || !slot) this.#parked.push(work)
    else push(this.#awaitingRoom, work)
  }

  #start(work: Work, slot: Slot): void {
    void this.#run(work, slot).finally(() => this.#pump())
  }

  #exchange(slot: Slot | undefined, constraints: RoutingConstraints | undefined): Slot | undefined {
    slot?.unused()
    return this.#stopping.aborted ? undefined : this.#deployments.acquire(undefined, constraints)
  }

  async #run(work: Work, slot: Slot): Promise<void> {
    const { pause } = this.#dependencies
    const { bodyBytes } = work.message
    this.#room.take(bodyBytes)
    const whenFree = {
      ...slot,
      free: () => {
        slot.free()
        this.#pump()
      },
    }
    try {
      await new JobRun(this.#dependencies, this.#config, this.#deployments, work.message).execute(
        whenFree,
      )
      if (pause) await pause('worker-before-ack')
      work.delivery.ack()
    } catch (error) {
      await this.#keepBack(work, error)
    } finally {
      this.#room.giveBack(bodyBytes)
    }
  }

  /**
   * When every deployment is out, jobs that may go elsewhere do, the others wait until
   * one may be tried. Here, when that is soon: whoever is urgent is then first.
   * @returns whether they are out
   */
  #divertIfOut(): boolean {
    const now = this.#dependencies.clock.now()
    const outUntil = this.#deployments.allOutUntil(now)
    if (outUntil === undefined) return false
    const isShort = outUntil - now <= SHORT_REST_MS
    for (const work of this.#drain()) {
      if (isShort && work.message.requestedModel !== null) this.#enqueue(work)
      else this.#divertOne(work, outUntil)
    }
    return true
  }

  #drain(): Work[] {
    return [...this.#awaitingRoom.drain(), ...this.#queue.drain(), ...this.#suspects.drain()]
  }

  /** @returns whether all deployments that it allows are out */
  #divertOneIfOut(work: Work): boolean {
    const constraints = callConstraintsOf(work.message)
    const outUntil = this.#deployments.allOutUntil(this.#dependencies.clock.now(), constraints)
    if (outUntil === undefined || this.#stopping.aborted) return false
    this.#divertOne(work, outUntil)
    return true
  }

  #divertOne(work: Work, outUntil: number): void {
    void this.#putBack(work, outUntil).catch(error => this.#keepBack(work, error))
  }

  async #putBack({ delivery, message }: Work, outUntil: number): Promise<void> {
    const { recorder, clock, telemetry } = this.#dependencies
    const pinned = message.requestedModel !== null
    // Of the deployments that it allows none is left: the router says so.
    const until = Number.isFinite(outUntil) ? outUntil : undefined
    const reason = this.#deployments.outBecause(message.options?.constraints)
    const now = clock.now()
    if (pinned && until !== undefined && outlastsPatience(until, now, patientUntil(message))) {
      await this.#fail(message, outOfOrder(this.#model, reason, until - now))
      delivery.ack()
      return
    }
    const exclusions = (message.hints?.exclusions ?? []).filter(
      ({ model }) => model !== this.#model,
    )
    await recorder.settle({
      jobId: message.jobId,
      from: 'queued',
      to: 'pending',
      dueAt: pinned && until !== undefined ? until + lagOf(message, until) : now,
      dispatchModel: pinned ? this.#model : '',
      hints: pinned
        ? null
        : {
            exclusions: [...exclusions, { model: this.#model, reason, until }],
            preferred: message.route?.fallbacks ?? [],
          },
      attempt: null,
    })
    telemetry.metrics.jobsRedispatched.add(1, { reason: 'diverted' })
    new BudgetAccount(this.#dependencies, message).released()
    delivery.ack()
  }

  async #fail(message: JobMessage, error: JobError): Promise<void> {
    await this.#dependencies.recorder.settle({
      jobId: message.jobId,
      from: 'queued',
      to: 'failed',
      result: { body: null, error, usage: null },
      attempt: null,
    })
    new BudgetAccount(this.#dependencies, message).released()
  }

  async #keepBack({ delivery, message }: Work, error: unknown): Promise<void> {
    this.#outages.warn(error, { jobId: message.jobId }, 'not done; trying again')
    await sleep(this.#dependencies.clock, RETRY_DELAY_MS, this.#stopping)
    delivery.release()
  }
}

function push(queue: LaneQueue<Work>, work: Work): void {
  queue.push(work.message.lane, work.message.tenantId, work)
}

/** Not for whoever would wait too long, or in vain, by it. */
function lagOf(message: JobMessage, until: number): number {
  if (message.failures === undefined) return 0
  const end = Math.min(message.deadlineAt ?? Infinity, patientUntil(message))
  return until + SUSPECT_LAG_MS < end ? SUSPECT_LAG_MS : 0
}
