import { type Bus, BusFullError, type Delivery, type Subscription } from '@longhaul/bus'
import {
  type Clock,
  type Config,
  type DecisionRecord,
  decodeJobMessage,
  encodeJobMessage,
  INLINE_BODY_BYTES,
  type JobError,
  type JobMessage,
  lanes,
  MESSAGE_VERSION,
  modelTopic,
  outlastsPatience,
  outOfOrder,
  patientUntil,
  type Route,
  type RoutingRequest,
  SUBMITTED_TOPIC,
  sleep,
} from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'
import {
  createRouter,
  type Decision,
  type LiveView,
  type Router as RoutingRouter,
} from '@longhaul/routing'
import {
  type Conversations,
  isOutage,
  OutageLog,
  type Pause,
  type PolicyHoldings,
  ROUTER_GROUP,
  type Semantics,
} from '@longhaul/runtime'
import type { Store } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'

export interface RouterDependencies {
  bus: Bus
  store: Store
  coordination: Coordination
  telemetry: Telemetry
  clock: Clock
  live: LiveView
  semantics: Semantics
  holdings: PolicyHoldings
  conversations: Conversations
  random: () => number
  pause?: Pause | undefined
}

/** Deliveries under way at a time; they wait for Postgres, not for the processor. */
const WINDOW = 1_000
/** Tries of one delivery that fail although everything is there. */
const MOST_TRIES = 5
/** How long a delivery is kept back when a dependency is away, so that it does not spin. */
const RETRY_DELAY_MS = 500
const DONE = Promise.resolve()
/**
 * A model or policy that this process does not know may be one that an ingress
 * knows already: a changed configuration reaches every process within a second
 * or two. The job waits so many times before it is judged.
 */
const LEARNING_DISPATCHES = 3
const LEARNING_MS = 1_000
/** A job for which its topic has no room at all waits so long for some. */
const FULL_MS = 250

/**
 * Takes submitted jobs, decides, stores the decision with its reasons, and
 * publishes each job to its model's topic. A job that no model fits fails here;
 * one whose model cannot take it now goes back to Postgres, so that it does not
 * stand in the way of others.
 */
export class Router {
  readonly name = 'router'
  readonly #dependencies: RouterDependencies
  #config: Config
  #routing: RoutingRouter
  readonly #stopping = new AbortController()
  readonly #outages: OutageLog
  #subscription: Subscription | undefined

  constructor(dependencies: RouterDependencies, config: Config) {
    this.#dependencies = dependencies
    this.#outages = new OutageLog(dependencies.telemetry.logger, dependencies.clock)
    this.#config = config
    this.#routing = createRouter(config)
  }

  async start(): Promise<void> {
    const { bus } = this.#dependencies
    await this.#ensureTopics(this.#config)
    await this.#dependencies.holdings.open()
    this.#subscription = await bus.consume({
      topics: [SUBMITTED_TOPIC],
      group: ROUTER_GROUP,
      window: WINDOW,
      versions: [MESSAGE_VERSION],
      handle: delivery => this.#handle(delivery),
    })
  }

  /** Decides by the new configuration from the next job on. */
  async reconfigure(config: Config): Promise<void> {
    await this.#ensureTopics(config)
    this.#config = config
    this.#routing = createRouter(config)
  }

  health(): { ok: boolean; detail: string } {
    return this.#subscription
      ? { ok: true, detail: 'consuming' }
      : { ok: false, detail: 'not consuming' }
  }

  async stop(budgetMs: number): Promise<void> {
    this.#stopping.abort()
    await this.#subscription?.stop(budgetMs)
    this.#subscription = undefined
    await this.#dependencies.holdings.close()
  }

  async #ensureTopics(config: Config): Promise<void> {
    const modelTopics = Object.keys(config.models).flatMap(model =>
      lanes.map(lane => modelTopic(model, lane)),
    )
    await this.#dependencies.bus.ensureTopics([SUBMITTED_TOPIC, ...modelTopics])
  }

  async #handle(delivery: Delivery): Promise<void> {
    const message = readJobMessage(delivery)
    if (!message) return
    const { pause } = this.#dependencies
    try {
      await this.#route(message, delivery.deliveryCount === 1)
      if (pause) await pause('router-before-ack')
      delivery.ack()
    } catch (error) {
      const { jobId } = message
      this.#outages.warn(error, { jobId }, 'routing failed; trying again')
      if (delivery.deliveryCount >= MOST_TRIES && !isOutage(error)) {
        return this.#giveUp(message, delivery)
      }
      await sleep(this.#dependencies.clock, RETRY_DELAY_MS, this.#stopping.signal)
      delivery.release()
    }
  }

  /** What fails although nothing is away fails again and again: a fault of ours, and the job's end. */
  async #giveUp(message: JobMessage, delivery: Delivery): Promise<void> {
    try {
      await this.#end(message, {
        code: 'internal_error',
        message: 'The job could not be routed; the log of the router says why.',
      })
      delivery.ack()
    } catch {
      delivery.release()
    }
  }

  /** @param isFirst not delivered before: its decision counts for what policies hold */
  async #route(message: JobMessage, isFirst: boolean): Promise<void> {
    const { store, telemetry, pause, clock, holdings } = this.#dependencies
    if (message.dispatch <= LEARNING_DISPATCHES && this.#asksForUnknown(message)) {
      return this.#putBack(message, message.requestedModel, clock.now() + LEARNING_MS)
    }
    const { jobId, body, bodyBytes } = message
    const text = body ?? (await store.requestBodies.of(jobId, bodyBytes))
    if (text === undefined) return // deleted: nothing is left to route
    const decision = await this.#decide(message, JSON.parse(text) as Record<string, unknown>)
    if (isFirst) holdings.decided(decision)
    await store.decisions.record(message.jobId, decision.record)
    telemetry.metrics.routingDecisions.add(1, {
      strategy: decision.record.strategy,
      model: decision.record.model ?? 'none',
    })
    if (pause) await pause('router-before-publish')
    if (!decision.route) return this.#fail(message, decision)

    const wait = this.#waitFor(message, decision.route.model)
    if (wait) {
      holdings.undone(decision)
      const { model } = decision.route
      const isTooLong = outlastsPatience(wait.until, clock.now(), patientUntil(message))
      if (!isTooLong) return this.#putBack(message, model, wait.until)
      return this.#end(message, outOfOrder(model, wait.reason, wait.until - clock.now()))
    }
    try {
      const route = routeOf(decision.route, decision.record)
      await this.#publish(decision.route.model, { ...message, body: text, route })
      // What Postgres held for this model was counted there.
      const isNew = message.dispatch === 1 && message.requestedModel === null
      if (isNew) this.#dependencies.live.sent?.(decision.route.model, message.lane)
    } catch (error) {
      if (!(error instanceof BusFullError)) throw error // it comes again, and was counted
      holdings.undone(decision)
      await this.#putBack(message, decision.route.model, clock.now() + FULL_MS)
    }
  }

  /** With its text, which nobody has to read again; without it when it is large, or when that has no room. */
  async #publish(model: string, message: JobMessage): Promise<void> {
    const topic = modelTopic(model, message.lane)
    const publish = (sent: JobMessage) =>
      this.#dependencies.bus.publish(topic, encodeJobMessage(sent))
    if (message.bodyBytes <= INLINE_BODY_BYTES) {
      try {
        return await publish(message)
      } catch (error) {
        if (!(error instanceof BusFullError)) throw error
      }
    }
    await publish({ ...message, body: null })
  }

  #asksForUnknown({ requestedModel, policy }: JobMessage): boolean {
    const { models, policies } = this.#config
    if (requestedModel !== null) return !Object.hasOwn(models, requestedModel)
    return policy !== null && !Object.hasOwn(policies, policy)
  }

  async #decide(message: JobMessage, body: Record<string, unknown>): Promise<Decision> {
    const { live, clock, random, semantics, holdings, conversations } = this.#dependencies
    const { policy, requestedModel } = message
    const routing = this.#routing
    const request: RoutingRequest = {
      endpoint: message.endpoint,
      body,
      bodyBytes: message.bodyBytes,
      lane: message.lane,
      tenantId: message.tenantId,
      metadata: message.metadata ?? {},
      deadlineAt: message.deadlineAt ?? undefined,
      exclusions: message.hints?.exclusions ?? [],
      preferred: message.hints?.preferred ?? [],
      constraints: message.options?.constraints,
      lastTurn: await conversations.lastTurn({ ...message, body }),
    }
    const read = routing.read(request, { policy, requestedModel })
    // Who came at the same time is read as well before any of them is decided on.
    await DONE
    const question = routing.semanticQuestion(request, { policy, requestedModel })
    const nearness = question && (await semantics.nearness(question))
    return routing.decide(request, live, {
      policy,
      requestedModel,
      number: message.dispatch,
      now: clock.now(),
      random,
      read,
      nearness,
      holdings,
    })
  }

  /** When the best that is left is a model that was just found out of order, the job waits for it in Postgres. */
  #waitFor(message: JobMessage, model: string) {
    const now = this.#dependencies.clock.now()
    const exclusion = message.hints?.exclusions.find(
      ({ model: excluded, until = now }) => excluded === model && until > now,
    )
    return exclusion && { reason: exclusion.reason, until: exclusion.until ?? now }
  }

  async #putBack(message: JobMessage, model: string | null, dueAt: number): Promise<void> {
    const { store, coordination } = this.#dependencies
    await store.jobs.settle({
      jobId: message.jobId,
      from: 'queued',
      to: 'pending',
      dueAt,
      dispatchModel: model,
      hints: null,
      attempt: null,
    })
    coordination.broadcasts.send('job-changed', { jobId: message.jobId, status: 'pending' })
    coordination.broadcasts.send('work-pending', { lane: message.lane })
  }

  async #fail(message: JobMessage, decision: Decision): Promise<void> {
    await this.#end(
      message,
      decision.failure ?? { code: 'no_model_qualifies', message: decision.record.reason },
    )
  }

  async #end(message: JobMessage, error: JobError): Promise<void> {
    const { store, coordination, telemetry } = this.#dependencies
    const settled = await store.jobs.settle({
      jobId: message.jobId,
      from: 'queued',
      to: 'failed',
      result: { body: null, error, usage: null },
      attempt: null,
    })
    if (!settled.applied) return
    telemetry.metrics.jobsFinished.add(1, { status: 'failed', model: 'none' })
    coordination.broadcasts.send('job-finished', { jobId: message.jobId, status: 'failed' })
    if (settled.eventWritten) coordination.broadcasts.send('event-pending', { count: 1 })
  }
}

/** With what the worker is to tell the budget of the policy. */
function routeOf(route: Route, { policy, held, estimates }: DecisionRecord): JobMessage['route'] {
  if (held?.holds !== 'budget') return route
  return { ...route, budget: { policy, expectedUsd: estimates.cost_usd ?? 0 } }
}

/** A message that cannot be read goes to the dead letters; Postgres still has its job. */
function readJobMessage(delivery: Delivery): JobMessage | undefined {
  try {
    return decodeJobMessage(delivery.message)
  } catch (error) {
    delivery.reject(`unreadable message: ${error instanceof Error ? error.message : error}`)
    return undefined
  }
}
