import { randomUUID } from 'node:crypto'
import { afterEach, describe } from '@jest/globals'
import type { Clock } from '@longhaul/contracts'
import type { BreakerOptions, Coordination } from '@longhaul/coordination'
import { ManualClock } from '../manual-clock.ts'
import { exerciseBreakers } from './coordination/breakers.ts'
import { exerciseBroadcasts } from './coordination/broadcasts.ts'
import { exerciseLiveStats } from './coordination/live-stats.ts'
import { exerciseNotes } from './coordination/notes.ts'
import { exerciseStopping } from './coordination/stopping.ts'
import { exerciseStreams } from './coordination/streams.ts'
import { BREAKER, type OpenCoordination } from './coordination/surroundings.ts'
import { exerciseTallies } from './coordination/tallies.ts'

export interface CoordinationSetting {
  /** Instances of one namespace share whatever the driver shares; those of others share nothing. */
  namespace: string
  clock: Clock
  breaker: BreakerOptions
}

/**
 * What every driver of coordination promises. Reads are local, so what another
 * instance or a server must first hear of is awaited, not expected at once;
 * what must never happen is checked at every moment.
 * @param openInstance an instance; opened twice with one namespace, two that share state
 */
export function exerciseCoordination(
  driver: string,
  openInstance: (setting: CoordinationSetting) => Promise<Coordination>,
): void {
  const opened: Coordination[] = []

  function openSetting(breaker: Partial<BreakerOptions> = {}) {
    const clock = new ManualClock()
    const setting = { namespace: randomUUID(), clock, breaker: { ...BREAKER, ...breaker } }
    const next = async () => {
      const coordination = await openInstance(setting)
      opened.push(coordination)
      return coordination
    }
    return { clock, next }
  }

  const open: OpenCoordination = {
    async one(breaker) {
      const { clock, next } = openSetting(breaker)
      return { coordination: await next(), clock }
    },
    async several(count) {
      const { clock, next } = openSetting()
      const instances = await Promise.all(Array.from({ length: count }, next))
      return { instances, clock }
    },
  }

  afterEach(async () => {
    await Promise.all(opened.splice(0).map(coordination => coordination.stop()))
  })

  describe(`${driver} keeps the Coordination contract`, () => {
    exerciseBroadcasts(open)
    exerciseStreams(open)
    exerciseLiveStats(open)
    exerciseBreakers(open)
    exerciseTallies(open)
    exerciseNotes(open)
    exerciseStopping(open)
  })
}
