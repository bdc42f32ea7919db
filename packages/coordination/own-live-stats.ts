import type { Clock } from '@longhaul/contracts'
import { DecayingMean } from './decaying-mean.ts'
import type { DeploymentStats, LiveStats } from './port.ts'

/** How long a call counts in the averages: after this, a third as much. */
export const STATS_MEMORY_MS = 60_000

export interface Figures {
  inFlight: number
  readonly latencyMs: DecayingMean
  readonly errorRate: DecayingMean
}

/**
 * Figures of the calls of this process. Averages decay with time, over about
 * the last minute, not by the number of calls.
 */
export class OwnLiveStats implements LiveStats {
  readonly #clock: Clock
  readonly #changed: (deployment: string) => void
  readonly #deployments = new Map<string, Figures>()

  /** @param changed is told of every call that begins or ends */
  constructor(clock: Clock, changed: (deployment: string) => void = () => {}) {
    this.#clock = clock
    this.#changed = changed
  }

  begin(deployment: string): (end: { ok: boolean; latencyMs: number } | 'neutral') => void {
    const figures = this.#figures(deployment)
    figures.inFlight += 1
    this.#changed(deployment)
    let ended = false
    return end => {
      if (ended) return
      ended = true
      figures.inFlight -= 1
      if (end !== 'neutral') {
        const now = this.#clock.now()
        figures.errorRate.add(end.ok ? 0 : 1, now)
        if (end.ok) figures.latencyMs.add(end.latencyMs, now)
      }
      this.#changed(deployment)
    }
  }

  of(deployment: string): DeploymentStats {
    const figures = this.#deployments.get(deployment)
    return {
      inFlight: figures?.inFlight ?? 0,
      latencyMs: figures?.latencyMs.value,
      errorRate: figures?.errorRate.value ?? 0,
    }
  }

  /** Undefined before the first call. */
  figuresOf(deployment: string): Figures | undefined {
    return this.#deployments.get(deployment)
  }

  /** Deployments that were called. */
  get called(): string[] {
    return [...this.#deployments.keys()]
  }

  #figures(deployment: string): Figures {
    let figures = this.#deployments.get(deployment)
    if (!figures) {
      figures = {
        inFlight: 0,
        latencyMs: new DecayingMean(STATS_MEMORY_MS),
        errorRate: new DecayingMean(STATS_MEMORY_MS),
      }
      this.#deployments.set(deployment, figures)
    }
    return figures
  }
}
