import { type Clock, type Lane, lanes, systemClock } from '@longhaul/contracts'
import { type MeanShare, meanOf, togetherOf } from '../decaying-mean.ts'
import { deviationOf, OwnLiveStats, STATS_MEMORY_MS } from '../own-live-stats.ts'
import type { CallEnd, DeploymentStats, LaneCalls, LiveStats } from '../port.ts'

/** How old what others know of this process may be. */
const REPORT_WITHIN_MS = 100
/** A process that was silent for so long has no calls in flight; each reports every second. */
const SILENCE_MS = 3_000
/** Its averages fade by themselves; after this they weigh less than a hundredth. */
const FORGET_MS = 5 * STATS_MEMORY_MS

/**
 * Of one deployment, as one process saw it: in flight; sum, weight and time of
 * latency, its squares, and errors; calls in flight and begun per lane.
 */
type Row = [inFlight: number, latency: Share, squares: Share, errors: Share, lanes: number[]]
type Share = [sum: number, weight: number, at: number]

export interface LiveReport {
  rows: Record<string, Row>
  /** All that the process has: what is not in it is no more. */
  whole: boolean
  /** It stops. */
  leaving?: boolean
}

interface Peer {
  heardAt: number
  rows: Map<string, Row>
  /** What had begun when it first told all that it has; undefined before. */
  begunBefore: Map<string, number[]> | undefined
}

interface PeersFigures {
  inFlight: number
  latencyMs: MeanShare
  latencySquared: MeanShare
  errorRate: MeanShare
}

/**
 * Each process tells its own figures, what changed soon and all of them every
 * second, and puts together what it hears. Nothing is kept in Redis: whoever
 * joins knows all after a second, and who is silent counts no more.
 */
export class SharedLiveStats implements LiveStats {
  readonly #own: OwnLiveStats
  readonly #request: (withinMs: number) => void
  readonly #changed = new Set<string>()
  readonly #peers = new Map<string, Peer>()
  /** What the peers add, per deployment; made anew when one of them was heard. */
  #together = new Map<string, PeersFigures>()
  #wholeIsDue = true

  constructor(dependencies: { clock: Clock; request: (withinMs: number) => void }) {
    this.#request = dependencies.request
    this.#own = new OwnLiveStats(dependencies.clock, deployment => {
      this.#changed.add(deployment)
      this.#request(REPORT_WITHIN_MS)
    })
  }

  begin(deployment: string, lane: Lane): (end: CallEnd) => void {
    return this.#own.begin(deployment, lane)
  }

  of(deployment: string): DeploymentStats {
    const own = this.#own.of(deployment)
    const figures = this.#own.figuresOf(deployment)
    const peers = this.#ofPeers(deployment)
    const latencyMs = mean(peers.latencyMs, figures?.latencyMs.share)
    const squares = mean(peers.latencySquared, figures?.latencySquared.share)
    return {
      inFlight: own.inFlight + peers.inFlight,
      latencyMs,
      latencySdMs: deviationOf(latencyMs, squares),
      errorRate: mean(peers.errorRate, figures?.errorRate.share) ?? 0,
    }
  }

  lanesOf(deployment: string): Record<Lane, LaneCalls> {
    const together = this.#own.lanesOf(deployment)
    const now = systemClock.now()
    for (const { heardAt, rows, begunBefore } of this.#peers.values()) {
      const counts = rows.get(deployment)?.[4]
      if (!counts || !begunBefore) continue
      const before = begunBefore.get(deployment)
      for (const [index, lane] of lanes.entries()) {
        if (now - heardAt < SILENCE_MS) together[lane].inFlight += counts[2 * index] ?? 0
        together[lane].begun += (counts[2 * index + 1] ?? 0) - (before?.[2 * index + 1] ?? 0)
      }
    }
    return together
  }

  /** Processes that were heard lately, this one not among them. */
  get peers(): number {
    const now = systemClock.now()
    return [...this.#peers.values()].filter(({ heardAt }) => now - heardAt < SILENCE_MS).length
  }

  /** The next report tells everything. */
  tellAll(): void {
    this.#wholeIsDue = true
  }

  /** What is to be told, or nothing. */
  drain(leaving = false): LiveReport | undefined {
    const whole = this.#wholeIsDue || leaving
    if (!whole && this.#changed.size === 0) return undefined
    const deployments = whole ? this.#own.called : this.#changed
    const rows: LiveReport['rows'] = {}
    for (const deployment of deployments) {
      const figures = this.#own.figuresOf(deployment)
      if (!figures) continue
      const { latencyMs, latencySquared, errorRate } = figures
      rows[deployment] = [
        leaving ? 0 : figures.inFlight,
        shareOf(latencyMs.share),
        shareOf(latencySquared.share),
        shareOf(errorRate.share),
        lanes.flatMap(lane => {
          const { inFlight, begun } = figures.lanes[lane]
          return [leaving ? 0 : inFlight, begun]
        }),
      ]
    }
    this.#changed.clear()
    this.#wholeIsDue = false
    return { rows, whole, ...(leaving && { leaving }) }
  }

  receive(instance: string, { rows, whole, leaving }: LiveReport): void {
    const heardAt = leaving ? Number.NEGATIVE_INFINITY : systemClock.now()
    const peer = this.#peers.get(instance)
    const known = whole ? [] : (peer?.rows ?? [])
    const begunBefore = peer?.begunBefore ?? (whole ? begunIn(rows) : undefined)
    const together = new Map([...known, ...Object.entries(rows)])
    this.#peers.set(instance, { heardAt, rows: together, begunBefore })
    this.#together = new Map()
    if (leaving) this.#peers.delete(instance)
  }

  /** Forgets who is silent; to be called every second or so. */
  tick(): void {
    const now = systemClock.now()
    for (const [instance, { heardAt }] of this.#peers) {
      if (now - heardAt >= FORGET_MS) this.#peers.delete(instance)
    }
    this.#together = new Map()
  }

  #ofPeers(deployment: string): PeersFigures {
    let figures = this.#together.get(deployment)
    if (!figures) {
      figures = this.#addUp(deployment)
      this.#together.set(deployment, figures)
    }
    return figures
  }

  #addUp(deployment: string): PeersFigures {
    const now = systemClock.now()
    const latency: MeanShare[] = []
    const squares: MeanShare[] = []
    const errors: MeanShare[] = []
    let inFlight = 0
    for (const { heardAt, rows } of this.#peers.values()) {
      const row = rows.get(deployment)
      if (!row) continue
      if (now - heardAt < SILENCE_MS) inFlight += row[0]
      latency.push(toShare(row[1]))
      squares.push(toShare(row[2]))
      errors.push(toShare(row[3]))
    }
    return {
      inFlight,
      latencyMs: togetherOf(latency, STATS_MEMORY_MS),
      latencySquared: togetherOf(squares, STATS_MEMORY_MS),
      errorRate: togetherOf(errors, STATS_MEMORY_MS),
    }
  }
}

function begunIn(rows: LiveReport['rows']): Map<string, number[]> {
  return new Map(Object.entries(rows).map(([deployment, row]) => [deployment, row[4]]))
}

function mean(peers: MeanShare, own: MeanShare | undefined): number | undefined {
  return meanOf(own ? togetherOf([peers, own], STATS_MEMORY_MS) : peers)
}

function shareOf({ sum, weight, at }: MeanShare): Share {
  return [sum, weight, at]
}

function toShare([sum, weight, at]: Share): MeanShare {
  return { sum, weight, at }
}
