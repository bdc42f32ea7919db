import { type Clock, deploymentKey, type Lane } from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'
import type { LiveView, ModelLive, Prediction } from '@longhaul/routing'
import type { JobRecord } from '@longhaul/store'
import {
  type QueueCatalog,
  QueueFigures,
  type QueueFiguresDependencies,
  timeOfJob,
} from './queue-figures.ts'

/** What is asked of a job that has not ended. */
export type AwaitedJob = Pick<
  JobRecord,
  'id' | 'status' | 'lane' | 'model' | 'requestedModel' | 'startedAt' | 'notBefore'
>

/** Decisions come by the hundred, and each asks of every model: figures hold for so long, unless something happens to the model. */
const FIGURES_MS = 5

/**
 * The figures of a model's deployments put together, as routing reads them.
 * Reading is synchronous; what waits is looked at in the background while
 * somebody reads.
 */
export class ModelFigures implements LiveView {
  #catalog: QueueCatalog
  readonly #coordination: Coordination
  readonly #clock: Clock
  readonly queues: QueueFigures
  readonly #known = new Map<string, { live: ModelLive; at: number }>()

  constructor(dependencies: QueueFiguresDependencies, catalog: QueueCatalog) {
    this.#coordination = dependencies.coordination
    this.#clock = dependencies.clock
    this.#catalog = catalog
    this.queues = new QueueFigures(dependencies, catalog)
    this.#coordination.breakers.onChange(() => this.#known.clear())
  }

  /** The figures of a changed configuration, from the next question on. */
  reconfigure(catalog: QueueCatalog): void {
    this.#catalog = catalog
    this.#known.clear()
    this.queues.reconfigure(catalog)
  }

  of(model: string, now = this.#clock.now()): ModelLive {
    const known = this.#known.get(model)
    if (known && now >= known.at && now - known.at < FIGURES_MS) return known.live
    const live = this.#look(model, now)
    this.#known.set(model, { live, at: now })
    return live
  }

  #look(model: string, now: number): ModelLive {
    this.queues.lookWhenOld()
    let inFlight = 0
    let capacity = 0
    let latencyMs = 0
    let seen = 0
    let errorRate = 0
    let openUntil = Number.POSITIVE_INFINITY
    const deployments = Object.entries(this.#catalog.models[model]?.deployments ?? {})
    for (const [name, deployment] of deployments) {
      const key = deploymentKey(model, name)
      const stats = this.#coordination.live.of(key)
      inFlight += stats.inFlight
      capacity += deployment.max_concurrency
      errorRate += stats.errorRate / deployments.length
      if (stats.latencyMs !== undefined) {
        latencyMs += stats.latencyMs
        seen += 1
      }
      openUntil = Math.min(openUntil, this.#coordination.breakers.view(key).openUntil ?? 0)
    }
    return {
      latencyMs: seen > 0 ? latencyMs / seen : undefined,
      errorRate,
      inFlight,
      queued: this.queues.waitingFor(model),
      capacity,
      openUntil: openUntil > now && Number.isFinite(openUntil) ? openUntil : undefined,
      waits: this.queues.waitsFor(model),
    }
  }

  sent(model: string, lane: Lane): void {
    this.queues.sent(model, lane)
    this.#known.delete(model)
  }

  /**
   * Until the job has its answer, as far as that can be told: not before its
   * model is known and was called.
   */
  answerOf(job: AwaitedJob): Prediction | undefined {
    this.queues.lookWhenOld()
    const { id, status, lane, startedAt, notBefore } = job
    const model = job.model ?? job.requestedModel
    const watch = model === null ? undefined : this.queues.watchOf(model)
    if (!watch) return undefined
    const now = this.#clock.now()
    if (status === 'running') return watch.rest(Math.max(0, now - (startedAt ?? now)))
    if (status !== 'queued' && status !== 'pending') return undefined
    const heldMs = Math.max(0, (notBefore ?? 0) - now)
    return watch.answer(lane, Math.max(timeOfJob(id), notBefore ?? 0), heldMs)
  }
}
