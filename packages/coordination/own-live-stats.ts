import type { Clock, Lane } from '@longhaul/contracts'
import { DecayingMean } from './decaying-mean.ts'
import type { CallEnd, DeploymentStats, LaneCalls, LiveStats } from './port.ts'

/** How long a call counts in the averages: after this, a third as much. */
export const STATS_MEMORY_MS = 60_000

export interface Figures {
  inFlight: number
  readonly latencyMs: DecayingMean
  readonly latencySquared: DecayingMean
  readonly errorRate: DecayingMean
  readonly lanes: Record<Lane, LaneCalls>
}

function noLaneCalls(): Record<Lane, LaneCalls> {
  const none = () => ({ inFlight: 0, begun: 0 })
  return { interactive: none(), standard: none(), bulk: none() }
}

/** Of what has this mean, and this mean of its squares. */
export function deviationOf(
  mean: number | undefined,
  squares: number | undefined,
): number | undefined {
  if (mean === undefined || squares === undefined) return undefined
  return Math.sqrt(Math.max(0, squares - mean * mean))
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

  begin(deployment: string, lane: Lane): (end: CallEnd) => void {
    const figures = this.#figures(deployment)
    const ofLane = figures.lanes[lane]
    figures.inFlight += 1
    ofLane.inFlight += 1
    ofLane.begun += 1
    this.#changed(deployment)
    let ended = false
    return end => {
      if (ended) return
      ended = true
      figures.inFlight -= 1
      ofLane.inFlight -= 1
      if (end !== 'neutral') {
        const now = this.#clock.now()
        figures.errorRate.add(end.ok ? 0 : 1, now)
        if (end.ok) {
          figures.latencyMs.add(end.latencyMs, now)
          figures.latencySquared.add(end.latencyMs ** 2, now)
        }
      }
      this.#changed(deployment)
    }
  }

  of(deployment: string): DeploymentStats {
    const figures = this.#deployments.get(deployment)
    return {
      inFlight: figures?.inFlight ?? 0,
      latencyMs: figures?.latencyMs.value,
      latencySdMs: deviationOf(figures?.latencyMs.value, figures?.latencySquared.value),
      errorRate: figures?.errorRate.value ?? 0,
    }
  }

  lanesOf(deployment: string): Record<Lane, LaneCalls> {
    const known = this.#deployments.get(deployment)?.lanes
    if (!known) return noLaneCalls()
    const { interactive, standard, bulk } = known
    return { interactive: { ...interactive }, standard: { ...standard }, bulk: { ...bulk } }
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
        latencySquared: new DecayingMean(STATS_MEMORY_MS),
        errorRate: new DecayingMean(STATS_MEMORY_MS),
        lanes: noLaneCalls(),
      }
      this.#deployments.set(deployment, figures)
    }
    return figures
  }
}
