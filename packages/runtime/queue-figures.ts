import type { Bus } from '@longhaul/bus'
import {
  type Clock,
  type Config,
  deploymentKey,
  type Lane,
  lanes,
  modelTopic,
  timeOfUuid,
  uuidOf,
} from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'
import { nothingAccepted, type Prediction, QueueWatch } from '@longhaul/routing'
import type { HeldJobs, Store } from '@longhaul/store'
import { workerGroup } from './consumer-groups.ts'

export interface QueueFiguresDependencies {
  coordination: Coordination
  bus: Pick<Bus, 'lag'>
  clock: Clock
  dispatch: Pick<Store['dispatch'], 'held'>
}

/** Of a configuration, what queues depend on. */
export type QueueCatalog = Pick<Config, 'models' | 'lanes'>

const LOOK_MS = 500
/** A prediction holds for so long, unless a job is sent. */
const PREDICT_MS = 20
/** One job more changes the wait by as much as it is a part of the queue: by less than one part of so many it is the same. */
const PARTS_OF_QUEUE = 64
/** Counting what Postgres holds takes the longer, the more it is; it rests so much longer than it took. */
const COUNT_REST = 20

interface Queue {
  watch: QueueWatch
  /** Jobs that wait, over all lanes, as of the last look. */
  waiting: number
  /** Jobs sent since then, and since the last prediction. */
  sent: number
  sentSince: number
  /** Undefined once something happened. */
  waits: Record<Lane, Prediction> | undefined
  /** Epoch milliseconds. */
  predictedAt: number
}

/**
 * The queue of every model: what waits on the bus and in Postgres, looked at
 * twice a second while somebody asks, and what follows from it for the waits to
 * come. Answers are there at once, from the last look.
 */
export class QueueFigures {
  readonly #dependencies: QueueFiguresDependencies
  #catalog: QueueCatalog
  #queues = new Map<string, Queue>()
  readonly #accepted = nothingAccepted()
  #held: readonly HeldJobs[] = []
  #lookedAt = Number.NEGATIVE_INFINITY
  #looking: Promise<void> | undefined
  #countAgainAt = Number.NEGATIVE_INFINITY

  constructor(dependencies: QueueFiguresDependencies, catalog: QueueCatalog) {
    this.#dependencies = dependencies
    this.#catalog = catalog
  }

  /** Other weights of lanes begin new records: the paces were those of the old ones. */
  reconfigure(catalog: QueueCatalog): void {
    const same = lanes.every(
      lane => catalog.lanes[lane].weight === this.#catalog.lanes[lane].weight,
    )
    this.#catalog = catalog
    if (!same) this.#queues = new Map()
  }

  /** Looks again when the last look is old; nobody waits for it. */
  lookWhenOld(): void {
    if (this.#dependencies.clock.now() - this.#lookedAt >= LOOK_MS) void this.look()
  }

  /** A job was accepted in this process; its id holds the time. */
  accepted(jobId: string, lane: Lane): void {
    const history = this.#accepted[lane]
    history.set(timeOfJob(jobId), history.last + 1)
    this.lookWhenOld()
  }

  /** Looks now. Never rejects: a figure that cannot be had keeps its last value. */
  look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  /** Jobs that wait for the model. */
  waitingFor(model: string): number {
    return this.#queues.get(model)?.waiting ?? 0
  }

  /** Until a call for a new job can begin, per lane; undefined while too little is known. */
  waitsFor(model: string): Record<Lane, Prediction> | undefined {
    const queue = this.#queues.get(model)
    if (!queue) return undefined
    const now = this.#dependencies.clock.now()
    if (!queue.waits || now - queue.predictedAt >= PREDICT_MS) {
      queue.watch.update(this.#callsOf(model))
      queue.waits = predictAll(queue.watch)
      queue.predictedAt = now
      queue.sentSince = 0
    }
    return queue.waits
  }

  /** A job was sent to the model: who asks next finds it waiting. */
  sent(model: string, lane: Lane): void {
    const queue = this.#queues.get(model)
    if (!queue) return
    queue.watch.sent(lane)
    queue.sent += 1
    queue.sentSince += 1
    const known = queue.waiting + queue.sent
    if (queue.sentSince * PARTS_OF_QUEUE >= known) queue.waits = undefined
  }

  /** As it is now; undefined before the first look. */
  watchOf(model: string): QueueWatch | undefined {
    const watch = this.#queues.get(model)?.watch
    watch?.update(this.#callsOf(model))
    return watch
  }

  async #lookOnce(): Promise<void> {
    this.#lookedAt = this.#dependencies.clock.now()
    await this.#countHeld()
    await Promise.allSettled(Object.keys(this.#catalog.models).map(model => this.#observe(model)))
  }

  async #countHeld(): Promise<void> {
    const { dispatch, clock } = this.#dependencies
    const startedAt = clock.now()
    if (startedAt < this.#countAgainAt) return
    try {
      this.#held = await dispatch.held()
    } catch {
      // Postgres is away, or slow: what it held then counts on.
    } finally {
      const endedAt = clock.now()
      this.#countAgainAt = endedAt + COUNT_REST * (endedAt - startedAt)
    }
  }

  async #observe(model: string): Promise<void> {
    const { bus, clock } = this.#dependencies
    const lags = await Promise.all(
      lanes.map(lane => bus.lag(modelTopic(model, lane), workerGroup(model))),
    )
    const { inFlightOf, ...calls } = this.#callsOf(model)
    const waiting = { interactive: 0, standard: 0, bulk: 0 }
    for (const [index, lane] of lanes.entries()) {
      // What is being called is not settled either.
      const onBus = Math.max(0, (lags[index] ?? 0) - inFlightOf[lane])
      waiting[lane] = onBus + this.#heldOf(model, lane)
    }
    const queue = this.#queueOf(model)
    queue.watch.observe({ now: clock.now(), waiting, ...calls })
    queue.waiting = waiting.interactive + waiting.standard + waiting.bulk
    queue.sent = 0
    queue.waits = undefined
  }

  #queueOf(model: string): Queue {
    let queue = this.#queues.get(model)
    if (!queue) {
      const { interactive, standard, bulk } = this.#catalog.lanes
      const weights = {
        interactive: interactive.weight,
        standard: standard.weight,
        bulk: bulk.weight,
      }
      queue = {
        watch: new QueueWatch(weights, this.#accepted),
        waiting: 0,
        sent: 0,
        sentSince: 0,
        waits: undefined,
        predictedAt: 0,
      }
      this.#queues.set(model, queue)
    }
    return queue
  }

  #heldOf(model: string, lane: Lane): number {
    return this.#held.find(held => held.model === model && held.lane === lane)?.count ?? 0
  }

  /** The calls of all deployments of the model; latency by how much each has under way. */
  #callsOf(model: string) {
    const { live } = this.#dependencies.coordination
    const inFlightOf = { interactive: 0, standard: 0, bulk: 0 }
    const begun = { interactive: 0, standard: 0, bulk: 0 }
    let inFlight = 0
    let capacity = 0
    let weight = 0
    let latency = 0
    let squares = 0
    const deployments = Object.entries(this.#catalog.models[model]?.deployments ?? {})
    for (const [name, { max_concurrency }] of deployments) {
      const key = deploymentKey(model, name)
      const stats = live.of(key)
      inFlight += stats.inFlight
      capacity += max_concurrency
      const calls = live.lanesOf(key)
      for (const lane of lanes) {
        inFlightOf[lane] += calls[lane].inFlight
        begun[lane] += calls[lane].begun
      }
      if (stats.latencyMs === undefined) continue
      weight += max_concurrency
      latency += max_concurrency * stats.latencyMs
      squares += max_concurrency * (stats.latencyMs ** 2 + (stats.latencySdMs ?? 0) ** 2)
    }
    const latencyMs = weight > 0 ? latency / weight : undefined
    const latencySdMs =
      latencyMs === undefined
        ? undefined
        : Math.sqrt(Math.max(0, squares / weight - latencyMs ** 2))
    return { begun, inFlightOf, inFlight, capacity, latencyMs, latencySdMs }
  }
}

/** Epoch milliseconds. */
export function timeOfJob(jobId: string): number {
  return timeOfUuid(uuidOf('job', jobId) ?? '')
}

function predictAll(watch: QueueWatch): Record<Lane, Prediction> | undefined {
  const [interactive, standard, bulk] = lanes.map(lane => watch.wait(lane))
  return interactive && standard && bulk && { interactive, standard, bulk }
}
