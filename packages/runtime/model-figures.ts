import type { Bus } from '@longhaul/bus'
import { type Catalog, type Clock, deploymentKey, lanes, modelTopic } from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'
import type { LiveView, ModelLive } from '@longhaul/routing'
import { workerGroup } from './consumer-groups.ts'

const LAG_REFRESH_MS = 500

/**
 * The figures of a model's deployments put together, as routing reads them.
 * Reading is synchronous; how many jobs wait is asked of the bus in the
 * background while somebody reads.
 */
export class ModelFigures implements LiveView {
  #catalog: Catalog
  readonly #coordination: Coordination
  readonly #bus: Bus
  readonly #clock: Clock
  readonly #queued = new Map<string, number>()
  #refreshedAt = Number.NEGATIVE_INFINITY
  #refreshing = false

  constructor(
    dependencies: { coordination: Coordination; bus: Bus; clock: Clock },
    catalog: Catalog,
  ) {
    this.#coordination = dependencies.coordination
    this.#bus = dependencies.bus
    this.#clock = dependencies.clock
    this.#catalog = catalog
  }

  /** The figures of a changed configuration, from the next question on. */
  reconfigure(catalog: Catalog): void {
    this.#catalog = catalog
  }

  of(model: string): ModelLive {
    const now = this.#clock.now()
    this.#refresh(now)
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
      queued: this.#queued.get(model) ?? 0,
      capacity,
      openUntil: openUntil > now && Number.isFinite(openUntil) ? openUntil : undefined,
    }
  }

  #refresh(now: number): void {
    if (this.#refreshing || now - this.#refreshedAt < LAG_REFRESH_MS) return
    this.#refreshing = true
    this.#refreshedAt = now
    const models = Object.keys(this.#catalog.models)
    // A figure that cannot be had keeps its last value: routing goes on without it.
    void Promise.allSettled(models.map(model => this.#count(model))).finally(() => {
      this.#refreshing = false
    })
  }

  async #count(model: string): Promise<void> {
    const lags = await Promise.all(
      lanes.map(lane => this.#bus.lag(modelTopic(model, lane), workerGroup(model))),
    )
    this.#queued.set(
      model,
      lags.reduce((sum, lag) => sum + lag, 0),
    )
  }
}
