import type { Clock } from '@longhaul/contracts'
import { Breaker } from './breaker.ts'
import { type BreakerNews, BreakerSet } from './breaker-set.ts'
import { OwnBroadcasts } from './own-broadcasts.ts'
import { OwnLiveStats } from './own-live-stats.ts'
import { OwnNotes } from './own-notes.ts'
import { OwnStreams } from './own-streams.ts'
import { OwnTallies } from './own-tallies.ts'
import type { BreakerOptions, Coordination } from './port.ts'
import type { CoordinationLogger } from './receivers.ts'

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

class MemoryBreakers extends BreakerSet<Breaker> {
  readonly #clock: Clock
  readonly #options: BreakerOptions

  constructor(clock: Clock, options: BreakerOptions, logger: CoordinationLogger) {
    super(logger)
    this.#clock = clock
    this.#options = options
  }

  protected create(_deployment: string, news: BreakerNews): Breaker {
    return new Breaker({ clock: this.#clock, ...news }, this.#options)
  }
}
