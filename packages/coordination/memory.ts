import type { Clock } from '@longhaul/contracts'
import { Breaker } from './breaker.ts'
import { DecayingMean } from './decaying-mean.ts'
import type {
  BreakerOptions,
  Breakers,
  BreakerView,
  Broadcasts,
  Channels,
  Coordination,
  DeploymentStats,
  LiveStats,
  Permit,
} from './port.ts'
import { type CoordinationLogger, Receivers } from './receivers.ts'

export interface MemoryCoordinationOptions {
  clock: Clock
  breaker: BreakerOptions
  logger?: CoordinationLogger
}

/** How long a call counts in the averages: after this, a third as much. */
const STATS_MEMORY_MS = 60_000

/** Coordination within this process: limits, breakers and figures are its own. */
export async function openMemoryCoordination(
  options: MemoryCoordinationOptions,
): Promise<Coordination> {
  return new MemoryCoordination(options)
}

class MemoryCoordination implements Coordination {
  readonly broadcasts: MemoryBroadcasts
  readonly live: MemoryLiveStats
  readonly breakers: MemoryBreakers
  #stopped = false

  constructor({ clock, breaker, logger = { warn: () => {} } }: MemoryCoordinationOptions) {
    this.broadcasts = new MemoryBroadcasts(logger)
    this.live = new MemoryLiveStats(clock)
    this.breakers = new MemoryBreakers(clock, breaker, logger)
  }

  health(): { ok: boolean; detail: string } {
    if (this.#stopped) return { ok: false, detail: 'stopped' }
    const out = this.breakers.notClosed
    const detail = 'in memory: breakers, figures and broadcasts of this process only'
    return {
      ok: true,
      detail: out.length > 0 ? `${detail}; not closed: ${out.join(', ')}` : detail,
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.broadcasts.stop()
    this.breakers.stop()
  }
}

/** Receivers run before `send` returns. */
class MemoryBroadcasts implements Broadcasts {
  readonly #channels: { [C in keyof Channels]: Receivers<[Channels[C]]> }

  constructor(logger: CoordinationLogger) {
    this.#channels = {
      'job-finished': new Receivers(logger),
      'job-changed': new Receivers(logger),
      'job-cancelled': new Receivers(logger),
      'work-pending': new Receivers(logger),
      'event-pending': new Receivers(logger),
    }
  }

  send<C extends keyof Channels>(channel: C, payload: Channels[C]): void {
    this.#channels[channel].tell(payload)
  }

  on<C extends keyof Channels>(channel: C, receive: (payload: Channels[C]) => void): () => void {
    return this.#channels[channel].add(receive)
  }

  stop(): void {
    for (const receivers of Object.values(this.#channels)) receivers.clear()
  }
}

interface Figures {
  inFlight: number
  readonly latencyMs: DecayingMean
  readonly errorRate: DecayingMean
}

/** Averages decay with time, over about the last minute, not by the number of calls. */
class MemoryLiveStats implements LiveStats {
  readonly #clock: Clock
  readonly #deployments = new Map<string, Figures>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  begin(deployment: string): (end: { ok: boolean; latencyMs: number } | 'neutral') => void {
    const figures = this.#figures(deployment)
    figures.inFlight += 1
    let ended = false
    return end => {
      if (ended) return
      ended = true
      figures.inFlight -= 1
      if (end === 'neutral') return
      const now = this.#clock.now()
      figures.errorRate.add(end.ok ? 0 : 1, now)
      if (end.ok) figures.latencyMs.add(end.latencyMs, now)
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

class MemoryBreakers implements Breakers {
  readonly #clock: Clock
  readonly #options: BreakerOptions
  readonly #receivers: Receivers<[deployment: string, view: BreakerView]>
  readonly #breakers = new Map<string, Breaker>()

  constructor(clock: Clock, options: BreakerOptions, logger: CoordinationLogger) {
    this.#clock = clock
    this.#options = options
    this.#receivers = new Receivers(logger)
  }

  view(deployment: string): BreakerView {
    return this.#of(deployment).view()
  }

  acquire(deployment: string): Permit | undefined {
    return this.#of(deployment).acquire()
  }

  holdUntil(deployment: string, epochMs: number, reason: string): void {
    this.#of(deployment).holdUntil(epochMs, reason)
  }

  onChange(changed: (deployment: string, view: BreakerView) => void): () => void {
    return this.#receivers.add(changed)
  }

  get notClosed(): string[] {
    return [...this.#breakers]
      .filter(([, breaker]) => breaker.view().state !== 'closed')
      .map(([deployment]) => deployment)
  }

  stop(): void {
    this.#receivers.clear()
    for (const breaker of this.#breakers.values()) breaker.stop()
  }

  #of(deployment: string): Breaker {
    let breaker = this.#breakers.get(deployment)
    if (!breaker) {
      breaker = new Breaker(
        { clock: this.#clock, changed: view => this.#receivers.tell(deployment, view) },
        this.#options,
      )
      this.#breakers.set(deployment, breaker)
    }
    return breaker
  }
}
