import { describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../test/manual-clock.ts'
import { Breaker } from './breaker.ts'
import type { BreakerOptions, BreakerView, CallOutcome, Permit } from './port.ts'

const OPTIONS: BreakerOptions = {
  failureRate: 0.5,
  minCalls: 10,
  windowMs: 30_000,
  openForMs: 10_000,
  maxOpenForMs: 60_000,
  probes: 2,
}

describe('a closed breaker', () => {
  it('stays closed below the least number of calls, however many of them fail', () => {
    const { breaker } = setUp()

    call(breaker, 'failure', 9)

    expect(breaker.view()).toEqual({ state: 'closed', openUntil: undefined, reason: undefined })
  })

  it('stays closed below the share of failures', () => {
    const { breaker } = setUp()

    call(breaker, 'success', 51)
    call(breaker, 'failure', 50)

    expect(breaker.view().state).toBe('closed')
  })

  it('opens at the share of failures', () => {
    const { breaker, clock } = setUp()
    call(breaker, 'success', 5)

    call(breaker, 'failure', 5)

    expect(breaker.view()).toEqual({
      state: 'open',
      openUntil: clock.now() + 10_000,
      reason: '5 of 10 calls failed within 30 s',
    })
    expect(breaker.acquire()).toBeUndefined()
  })

  it('forgets what lies before the window', () => {
    const { breaker, clock } = setUp()
    call(breaker, 'failure', 9)
    clock.advance(30_000)

    call(breaker, 'failure', 9)

    expect(breaker.view().state).toBe('closed')
  })

  it('does not count neutral outcomes', () => {
    const { breaker } = setUp()

    call(breaker, 'neutral', 1)
    call(breaker, 'failure', 9)

    expect(breaker.view().state).toBe('closed')
  })

  it('counts each permit once', () => {
    const { breaker } = setUp()
    const permit = acquire(breaker)

    for (let times = 0; times < 20; times += 1) permit.settle('failure')

    expect(breaker.view().state).toBe('closed')
  })
})

describe('an open breaker', () => {
  it('turns half-open when its time is up, and announces it', () => {
    const { breaker, clock, changes } = setUp()
    trip(breaker)

    clock.advance(9_999)
    expect(breaker.view().state).toBe('open')
    clock.advance(1)

    expect(changes.map(({ state }) => state)).toEqual(['open', 'half-open'])
    expect(breaker.view().openUntil).toBeUndefined()
    expect(breaker.view().reason).toContain('10 of 10')
    expect(clock.pending).toBe(0)
  })

  it('is half-open for whoever asks before its timer got its turn', () => {
    const asks = [
      (breaker: Breaker) => expect(breaker.view().state).toBe('half-open'),
      (breaker: Breaker) => expect(breaker.acquire()).toBeDefined(),
    ]
    for (const ask of asks) {
      const { breaker, clock, changes } = setUp(new TimerlessClock())
      trip(breaker)
      clock.advance(10_000)

      ask(breaker)

      expect(changes.map(({ state }) => state)).toEqual(['open', 'half-open'])
    }
  })

  it('takes no notice of calls that began before it opened', () => {
    const { breaker, clock } = setUp()
    const early = [acquire(breaker), acquire(breaker), acquire(breaker)]
    trip(breaker)
    const openUntil = breaker.view().openUntil

    early[0]?.settle('failure')
    expect(breaker.view().openUntil).toBe(openUntil)
    clock.advance(10_000)
    const probes = [acquire(breaker), acquire(breaker)]
    early[1]?.settle('failure')
    early[2]?.settle('success')

    expect(breaker.view().state).toBe('half-open')
    expect(breaker.acquire()).toBeUndefined()
    for (const probe of probes) probe.settle('success')
    expect(breaker.view().state).toBe('closed')
  })
})

describe('a half-open breaker', () => {
  it('lets so many probes out at a time', () => {
    const { breaker } = halfOpen()
    const first = acquire(breaker)
    acquire(breaker)
    expect(breaker.acquire()).toBeUndefined()

    first.settle('success')

    expect(breaker.acquire()).toBeDefined()
    expect(breaker.acquire()).toBeUndefined()
  })

  it('closes after so many successes, with an empty window', () => {
    const { breaker } = halfOpen()
    call(breaker, 'success', 2)
    expect(breaker.view()).toEqual({ state: 'closed', openUntil: undefined, reason: undefined })

    call(breaker, 'failure', 9)
    expect(breaker.view().state).toBe('closed')
  })

  it('takes a permit back that was settled as neutral, once', () => {
    const { breaker } = halfOpen()
    const first = acquire(breaker)
    acquire(breaker)

    first.settle('neutral')
    first.settle('neutral')

    expect(breaker.view().state).toBe('half-open')
    expect(breaker.acquire()).toBeDefined()
    expect(breaker.acquire()).toBeUndefined()
  })

  it('opens again at one failure, each time for twice as long, up to the bound', () => {
    const { breaker, clock } = halfOpen()
    const spansMs: number[] = []

    for (let round = 0; round < 4; round += 1) {
      acquire(breaker).settle('failure')
      spansMs.push((breaker.view().openUntil ?? 0) - clock.now())
      clock.advance(spansMs.at(-1) ?? 0)
    }

    expect(spansMs).toEqual([20_000, 40_000, 60_000, 60_000])
  })

  it('begins with the shortest time again once it was closed', () => {
    const { breaker, clock } = halfOpen()
    acquire(breaker).settle('failure')
    clock.advance(20_000)
    call(breaker, 'success', 2)

    trip(breaker)

    expect(breaker.view().openUntil).toBe(clock.now() + 10_000)
  })

  it('takes no notice of a probe of the round before', () => {
    const { breaker, clock } = halfOpen()
    const slow = acquire(breaker)
    acquire(breaker).settle('failure')
    clock.advance(20_000)
    acquire(breaker)
    acquire(breaker)

    slow.settle('failure')

    expect(breaker.view().state).toBe('half-open')
    expect(breaker.acquire()).toBeUndefined()
  })
})

describe('holdUntil', () => {
  it('opens a closed breaker until then, and has it probed', () => {
    const { breaker, clock, changes } = setUp()
    const until = clock.now() + 90_000

    breaker.holdUntil(until, 'Retry-After: 90')
    expect(breaker.view()).toEqual({ state: 'open', openUntil: until, reason: 'Retry-After: 90' })
    clock.advance(90_000)

    expect(changes.map(({ state }) => state)).toEqual(['open', 'half-open'])
    call(breaker, 'success', 2)
    expect(breaker.view().state).toBe('closed')
  })

  it('keeps an open breaker open for longer, never for less', () => {
    const { breaker, clock, changes } = setUp()
    trip(breaker)

    breaker.holdUntil(clock.now() + 5_000, 'Retry-After: 5')
    expect(breaker.view().openUntil).toBe(clock.now() + 10_000)
    breaker.holdUntil(clock.now() + 15_000, 'Retry-After: 15')

    expect(breaker.view()).toMatchObject({
      openUntil: clock.now() + 15_000,
      reason: 'Retry-After: 15',
    })
    expect(clock.pending).toBe(1)
    clock.advance(14_999)
    expect(breaker.acquire()).toBeUndefined()
    clock.advance(1)
    expect(changes.map(({ state }) => state)).toEqual(['open', 'open', 'half-open'])
  })

  it('stops the probes of a half-open breaker', () => {
    const { breaker, clock } = halfOpen()
    const probe = acquire(breaker)

    breaker.holdUntil(clock.now() + 30_000, 'Retry-After: 30')
    probe.settle('success')

    expect(breaker.acquire()).toBeUndefined()
    expect(breaker.view().openUntil).toBe(clock.now() + 30_000)
  })

  it('doubles nothing: a failed probe after it opens for the shortest time', () => {
    const { breaker, clock } = setUp()
    breaker.holdUntil(clock.now() + 90_000, 'Retry-After: 90')
    clock.advance(90_000)

    acquire(breaker).settle('failure')

    expect(breaker.view().openUntil).toBe(clock.now() + 10_000)
  })

  it.each([0, -1, Number.NaN])('does nothing for a moment %d ms ahead', aheadMs => {
    const { breaker, clock, changes } = setUp()

    breaker.holdUntil(clock.now() + aheadMs, 'Retry-After: 0')

    expect(breaker.view().state).toBe('closed')
    expect(changes).toEqual([])
  })

  it('waits on when its timer fires before the time', () => {
    const { breaker, clock, changes } = setUp(new EarlyClock())
    breaker.holdUntil(clock.now() + 90_000, 'Retry-After: 90')

    clock.advance(89_000)
    expect(changes.map(({ state }) => state)).toEqual(['open'])
    clock.advance(1_000)

    expect(changes.map(({ state }) => state)).toEqual(['open', 'half-open'])
  })
})

it('announces a change only after it took place', () => {
  const clock = new ManualClock()
  const seen: Array<Permit | undefined> = []
  const breaker: Breaker = new Breaker(
    { clock, changed: () => seen.push(breaker.acquire()) },
    { ...OPTIONS, minCalls: 1 },
  )

  acquire(breaker).settle('failure')
  clock.advance(10_000)

  expect(seen).toEqual([undefined, expect.anything()])
})

/** Timers of more than 60 seconds fire after 60. */
class EarlyClock extends ManualClock {
  override schedule(delayMs: number, fire: () => void): () => void {
    return super.schedule(Math.min(delayMs, 60_000), fire)
  }
}

class TimerlessClock extends ManualClock {
  override schedule(): () => void {
    return () => {}
  }
}

describe('a breaker that is shared', () => {
  const theirs = (until: number, trips = 1) => ({ until, reason: 'theirs', trips })

  it('opens as others found, or is half-open when that is over', () => {
    const { breaker, clock } = setUp()
    breaker.adopt(theirs(clock.now() + 5_000))
    expect(breaker.view()).toEqual({
      state: 'open',
      openUntil: clock.now() + 5_000,
      reason: 'theirs',
    })

    const late = setUp()
    late.breaker.adopt(theirs(late.clock.now() - 5_000))
    expect(late.breaker.view().state).toBe('half-open')
    expect(late.breaker.opening).toEqual(theirs(late.clock.now() - 5_000))
  })

  it('keeps the later of two ends, and doubles what follows the trips of all', () => {
    const { breaker, clock } = setUp()
    breaker.holdUntil(clock.now() + 8_000, 'ours')
    breaker.adopt(theirs(clock.now() + 5_000, 2))
    breaker.adopt(undefined)
    expect(breaker.view().openUntil).toBe(clock.now() + 8_000)
    clock.advance(8_000)
    acquire(breaker).settle('failure')

    expect(breaker.view().openUntil).toBe(clock.now() + 4 * OPTIONS.openForMs)
  })

  it('closes when others closed what it knows of no more than they', () => {
    const { breaker, clock } = halfOpen()
    const probe = acquire(breaker)
    breaker.adopt(undefined)
    probe.settle('failure')
    expect(breaker.view().state).toBe('closed')

    breaker.adopt(theirs(clock.now() + 5_000))
    breaker.adopt(undefined, true)
    expect(breaker.view().state).toBe('closed')
    expect(clock.pending).toBe(0)
  })

  it('counts and does not judge where somebody else does, until it is told to', () => {
    const clock = new ManualClock()
    let judges = false
    const breaker = new Breaker({ clock, changed: () => {}, judges: () => judges }, OPTIONS)
    call(breaker, 'failure', 20)
    expect(breaker.view().state).toBe('closed')
    judges = true
    call(breaker, 'failure', 1)

    expect(breaker.view().reason).toContain('21 of 21')
  })
})

function setUp(clock = new ManualClock()) {
  const changes: BreakerView[] = []
  const breaker = new Breaker({ clock, changed: view => changes.push(view) }, OPTIONS)
  return { breaker, clock, changes }
}

function halfOpen() {
  const world = setUp()
  trip(world.breaker)
  world.clock.advance(OPTIONS.openForMs)
  return world
}

function trip(breaker: Breaker): void {
  call(breaker, 'failure', OPTIONS.minCalls)
}

function call(breaker: Breaker, outcome: CallOutcome, times: number): void {
  for (let number = 0; number < times; number += 1) acquire(breaker).settle(outcome)
}

function acquire(breaker: Breaker): Permit {
  const permit = breaker.acquire()
  if (!permit) throw new Error('no permit')
  return permit
}
