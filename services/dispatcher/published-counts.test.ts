import { beforeEach, describe, expect, it } from '@jest/globals'
import type { ReleasedJob } from '@longhaul/store'
import { ManualClock } from '../../test/manual-clock.ts'
import type { Published } from './allocate.ts'
import { PublishedCounts } from './published-counts.ts'

const key = { lane: 'bulk', tenantId: 'tenant_a', model: 'small' } as const

describe('PublishedCounts', () => {
  let clock: ManualClock
  let onTheBus: Published[]
  let tookMs: number
  let counts: PublishedCounts

  beforeEach(() => {
    clock = new ManualClock()
    onTheBus = [{ ...key, count: 100 }]
    tookMs = 2
    counts = new PublishedCounts(async () => {
      clock.advance(tookMs)
      return onTheBus
    }, clock)
  })

  const released = (of: { model: string }, times: number) =>
    counts.released(
      Array.from(
        { length: times },
        () => ({ ...key, dispatchModel: of.model }) as unknown as ReleasedJob,
      ),
    )

  it('rests thirty times as long as a count took', async () => {
    await counts.read()
    onTheBus = []
    expect(counts.restMs).toBe(60)
    clock.advance(59)
    expect(await counts.read()).toEqual([{ ...key, count: 100 }])
    clock.advance(1)
    expect(await counts.read()).toEqual([])
  })

  it('rests for 100 ms at most, however long a count took', async () => {
    tookMs = 50
    await counts.read()
    expect(counts.restMs).toBe(100)
  })

  it('counts anew when the clock was set back', async () => {
    await counts.read()
    onTheBus = []
    clock.advance(-60_000)
    expect(await counts.read()).toEqual([])
  })

  it('counts every time while that takes no time', async () => {
    tookMs = 0
    await counts.read()
    onTheBus = []
    expect(await counts.read()).toEqual([])
  })

  it('adds what was released since', async () => {
    await counts.read()
    released({ model: 'small' }, 20)
    released({ model: '' }, 5)
    expect(await counts.read()).toEqual([
      { ...key, count: 120 },
      { ...key, model: '', count: 5 },
    ])
  })

  it('takes a new count for the truth', async () => {
    await counts.read()
    released({ model: 'small' }, 20)
    clock.advance(60)
    expect(await counts.read()).toEqual([{ ...key, count: 100 }])
  })
})
