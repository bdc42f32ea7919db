import { describe, expect, it } from '@jest/globals'
import { Pace } from './pace.ts'

const SECOND = 1_000

/** A provider that refuses: a bucket of so many calls, filled so many times a second. */
class LimitedProvider {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #at = 0

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
  }

  takes(now: number): boolean {
    this.#tokens = Math.min(
      this.#burst,
      this.#tokens + ((now - this.#at) * this.#perSecond) / SECOND,
    )
    this.#at = now
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}

/** Calls as fast as the pace allows, at most 64 in a millisecond; each refusal is a second's rest. */
function run(pace: Pace, provider: LimitedProvider, from: number, seconds: number) {
  const counts = { taken: 0, refused: 0 }
  let restsUntil = from
  for (let now = from; now < from + seconds * SECOND; now += 1) {
    if (now < restsUntil) continue
    for (let calls = 0; calls < 64 && pace.nextAt <= now; calls += 1) {
      pace.take(now)
      if (provider.takes(now)) {
        counts.taken += 1
        continue
      }
      counts.refused += 1
      pace.refused(now, now)
      restsUntil = now + SECOND
    }
  }
  return counts
}

describe('a pace', () => {
  it('holds back nobody while nothing was refused', () => {
    const pace = new Pace()
    for (let call = 0; call < 10_000; call += 1) pace.take(call)
    expect(pace.nextAt).toBe(0)
  })

  it.each([
    [50, 50],
    [5, 5],
    [2, 120],
    [500, 500],
  ])('finds a limit of %i a second and %i at once, and is refused seldom', (perSecond, burst) => {
    const pace = new Pace()
    const provider = new LimitedProvider(perSecond, burst)
    const found = run(pace, provider, 0, 60)
    const counts = run(pace, provider, 60 * SECOND, 60)
    expect(found.taken + counts.taken).toBeGreaterThan(0.8 * 120 * perSecond)
    expect(counts.taken).toBeGreaterThan(0.8 * 60 * perSecond)
    expect(counts.refused).toBeLessThan(0.1 * counts.taken)
  })

  it('follows a limit that was raised, and one that was lowered', () => {
    const pace = new Pace()
    run(pace, new LimitedProvider(20, 20), 0, 60)
    run(pace, new LimitedProvider(100, 100), 60 * SECOND, 60)
    const raised = run(pace, new LimitedProvider(100, 100), 120 * SECOND, 30)
    expect(raised.taken).toBeGreaterThan(0.7 * 30 * 100)
    run(pace, new LimitedProvider(10, 10), 150 * SECOND, 30)
    const lowered = run(pace, new LimitedProvider(10, 10), 180 * SECOND, 30)
    expect(lowered.refused).toBeLessThan(0.1 * lowered.taken)
  })

  it('gives the turn of a call that was not made to the next', () => {
    const pace = new Pace()
    pace.take(0)
    pace.refused(0, 10)
    pace.take(10)
    const { nextAt } = pace
    pace.take(nextAt)
    pace.giveBack(nextAt)
    expect(pace.nextAt).toBeCloseTo(nextAt)
  })

  it('forgets a limit of which nothing was heard for two minutes', () => {
    const pace = new Pace()
    pace.take(0)
    pace.refused(0, 10)
    pace.take(200 * SECOND)
    expect(pace.nextAt).toBe(0)
  })
})
