import type { Clock } from '@longhaul/contracts'
import { Breaker } from './breaker.ts'
import { OwnBroadcasts } from './own-broadcasts.ts'
import { OwnLiveStats } from './own-live-stats.ts'
import { OwnNotes } from './own-notes.ts'
import { OwnStreams } from './own-streams.ts'
import { OwnTallies } from './own-tallies.ts'
import type { BreakerOptions, Breakers, BreakerView, Coordination, Permit } from './port.ts'
import { type CoordinationLogger, Receivers } from './receivers.ts'

export interface MemoryCoordinationOptions {
  clock: Clock
  breaker: BreakerOptions
  logger?: CoordinationLogger
}

/** Coordination within this process: limits, breakers and figures are its own. */
export async function openMemoryCoordination(
  options: MemoryCoordinationOptions,
): Promise<Coordination> {
  return new MemoryCoordination(options)
}

class MemoryCoordination implements Coordination {
  readonly broadcasts: OwnBroadcasts
  readonly streams: OwnStreams
  readonly live: OwnLiveStats
  readonly breakers: MemoryBreakers
  readonly tallies: OwnTallies
  readonly notes: OwnNotes
  readonly shared = false
  #stopped = false

  constructor({ clock, breaker, logger = { warn: () => {} } }: MemoryCoordinationOptions) {
    this.broadcasts = new OwnBroadcasts(logger)
    this.streams = new OwnStreams(logger)
    this.live = new OwnLiveStats(clock)
    this.breakers = new MemoryBreakers(clock, breaker, logger)
    this.tallies = new OwnTallies(clock)
    this.notes = new OwnNotes(clock)
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
    this.streams.stop()
    this.breakers.stop()
  }
}

class MemoryBreakers implements Breakers {
  readonly #clock: Clock
  readonly #options: BreakerOptions
  readonly #receivers: Receivers<[deployment: string, view: BreakerView]>
  readonly #waiting: Receivers<[deployment: string]>
  readonly #breakers = new Map<string, Breaker>()

  constructor(clock: Clock, options: BreakerOptions, logger: CoordinationLogger) {
    this.#clock = clock
    this.#options = options
    this.#receivers = new Receivers(logger)
    this.#waiting = new Receivers(logger)
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

  onPermit(told: (deployment: string) => void): () => void {
    return this.#waiting.add(told)
  }

  get notClosed(): string[] {
    return [...this.#breakers]
      .filter(([, breaker]) => breaker.view().state !== 'closed')
      .map(([deployment]) => deployment)
  }

  stop(): void {
    this.#receivers.clear()
    this.#waiting.clear()
    for (const breaker of this.#breakers.values()) breaker.stop()
  }

  #of(deployment: string): Breaker {
    let breaker = this.#breakers.get(deployment)
    if (!breaker) {
      breaker = new Breaker(
        {
          clock: this.#clock,
          changed: view => this.#receivers.tell(deployment, view),
          permitFree: () => this.#waiting.tell(deployment),
        },
        this.#options,
      )
      this.#breakers.set(deployment, breaker)
    }
    return breaker
  }
}
