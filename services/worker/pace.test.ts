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

/** Between a call and its refusal. */
const LATENCY_MS = 20
const MAX_CONCURRENCY = 64

interface Call {
  pace: Pace
  takenAt: number
  taken: boolean
}

/** Calls as fast as paces allow, 64 at a time of each; a refusal is a second's rest for all. */
function run(paces: Pace[], provider: LimitedProvider, from: number, seconds: number) {
  const counts = { taken: 0, refused: 0, rests: 0 }
  const inFlight: Call[] = []
  let restsUntil = from
  for (let now = from; now < from + seconds * SECOND; now += 1) {
    for (let call = inFlight[0]; call && call.takenAt + LATENCY_MS <= now; call = inFlight[0]) {
      inFlight.shift()
      counts[call.taken ? 'taken' : 'refused'] += 1
      if (call.taken) continue
      if (now >= restsUntil) counts.rests += 1
      restsUntil = now + SECOND
      call.pace.refused(call.takenAt, now, restsUntil)
    }
    for (const pace of paces) {
      let free = MAX_CONCURRENCY - inFlight.filter(call => call.pace === pace).length
      for (; free > 0 && now >= restsUntil && pace.nextAt <= now; free -= 1) {
        pace.take(now)
        inFlight.push({ pace, takenAt: now, taken: provider.takes(now) })
      }
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
    [50, 10],
    [50, 5],
    [1, 1],
    [5, 5],
    [2, 120],
    [500, 500],
  ])('finds a limit of %i a second and %i at once, and is refused seldom', (perSecond, burst) => {
    const pace = new Pace()
    const provider = new LimitedProvider(perSecond, burst)
    const found = run([pace], provider, 0, 60)
    const counts = run([pace], provider, 60 * SECOND, 60)
    expect(found.taken + counts.taken).toBeGreaterThan(0.8 * 120 * perSecond)
    expect(counts.taken).toBeGreaterThan(0.8 * 60 * perSecond)
    expect(counts.refused).toBeLessThan(0.1 * counts.taken)
  })

  it('once it knows the limit is refused once in a minute at most, and uses 19 parts of 20', () => {
    const pace = new Pace()
    const provider = new LimitedProvider(50, 50)
    run([pace], provider, 0, 20)
    const counts = run([pace], provider, 20 * SECOND, 600)
    expect(counts.rests).toBeLessThanOrEqual(10)
    expect(counts.taken).toBeGreaterThan(0.95 * 600 * 50)
  })

  it('shares a limit with others that find it by themselves', () => {
    const paces = [new Pace(), new Pace(), new Pace()]
    const counts = run(paces, new LimitedProvider(50, 50), 0, 600)
    expect(counts.taken).toBeGreaterThan(0.95 * 600 * 50)
    expect(counts.rests).toBeLessThanOrEqual(60)
  })

  it('follows a limit that was raised, and one that was lowered', () => {
    const pace = new Pace()
    run([pace], new LimitedProvider(20, 20), 0, 60)
    run([pace], new LimitedProvider(100, 100), 60 * SECOND, 120)
    const raised = run([pace], new LimitedProvider(100, 100), 180 * SECOND, 30)
    expect(raised.taken).toBeGreaterThan(0.8 * 30 * 100)
    run([pace], new LimitedProvider(10, 10), 210 * SECOND, 30)
    const lowered = run([pace], new LimitedProvider(10, 10), 240 * SECOND, 30)
    expect(lowered.taken).toBeGreaterThan(0.8 * 30 * 10)
    expect(lowered.refused).toBeLessThan(0.1 * lowered.taken)
  })

  it('does not take a time in which there was little to do for a low limit', () => {
    const pace = new Pace()
    const provider = new LimitedProvider(50, 50)
    run([pace], provider, 0, 60)
    for (let now = 60 * SECOND; now < 120 * SECOND; now += 5 * SECOND) {
      pace.take(now)
      provider.takes(now)
    }
    const counts = run([pace], provider, 120 * SECOND, 30)
    expect(counts.taken).toBeGreaterThan(0.9 * 30 * 50)
  })

  it('does not take the end of a rest that others used for a low limit', () => {
    const pace = new Pace()
    const provider = new LimitedProvider(50, 50)
    run([pace], provider, 0, 60)
    pace.take(60 * SECOND)
    pace.refused(60 * SECOND, 60 * SECOND, 61 * SECOND)
    pace.take(61 * SECOND)
    pace.refused(61 * SECOND, 61 * SECOND, 62 * SECOND)
    const counts = run([pace], new LimitedProvider(50, 50), 62 * SECOND, 30)
    expect(counts.taken).toBeGreaterThan(0.65 * 30 * 50)
  })

  it('learns nothing from a refusal that comes long after its burst', () => {
    const [punctual, late] = [new Pace(), new Pace()]
    for (const pace of [punctual, late]) {
      for (let call = 0; call < 60; call += 1) pace.take(call)
      pace.refused(59, 100, SECOND)
      pace.refused(58, 101, SECOND)
    }
    late.refused(57, 4 * SECOND, SECOND)
    for (const pace of [punctual, late]) pace.take(5 * SECOND)
    expect(late.nextAt / punctual.nextAt).toBeCloseTo(1, 3)
  })

  it('takes no single refused call for a limit', () => {
    const pace = new Pace()
    pace.take(0)
    pace.refused(0, 10, SECOND)
    pace.take(SECOND)
    expect(pace.nextAt).toBeLessThanOrEqual(2 * SECOND)
  })

  it('gives the turn of a call that was not made to the next', () => {
    const pace = new Pace()
    pace.take(0)
    pace.refused(0, 10, 10)
    pace.take(10)
    const { nextAt } = pace
    pace.take(nextAt)
    pace.giveBack(nextAt)
    expect(pace.nextAt).toBeCloseTo(nextAt)
  })

  it('forgets a limit of which nothing was heard for two minutes', () => {
    const pace = new Pace()
    pace.take(0)
    pace.refused(0, 10, 10)
    pace.take(200 * SECOND)
    expect(pace.nextAt).toBe(0)
  })
})
