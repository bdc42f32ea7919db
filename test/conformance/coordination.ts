import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it } from '@jest/globals'
import type { Clock } from '@longhaul/contracts'
import type { BreakerOptions, Breakers, Coordination, Permit } from '@longhaul/coordination'
import { ManualClock } from '../manual-clock.ts'
import { eventually } from './eventually.ts'

export interface CoordinationSetting {
  /** Instances of one namespace share whatever the driver shares; those of others share nothing. */
  namespace: string
  clock: Clock
  breaker: BreakerOptions
}

const BREAKER: BreakerOptions = {
  failureRate: 0.5,
  minCalls: 4,
  windowMs: 30_000,
  openForMs: 10_000,
  maxOpenForMs: 60_000,
  probes: 2,
}

const KEY = 'small/eu'

/**
 * What every driver of coordination promises. Reads are local, so what another
 * instance or a server must first hear of is awaited, not expected at once;
 * what must never happen is checked at every moment.
 * @param open an instance; opened twice with one namespace, two that share state
 */
export function exerciseCoordination(
  driver: string,
  open: (setting: CoordinationSetting) => Promise<Coordination>,
): void {
  const opened: Coordination[] = []

  async function openInstances(
    count: number,
    breaker: Partial<BreakerOptions> = {},
  ): Promise<{ instances: Coordination[]; clock: ManualClock }> {
    const clock = new ManualClock()
    const setting = { namespace: randomUUID(), clock, breaker: { ...BREAKER, ...breaker } }
    const instances: Coordination[] = []
    for (let number = 0; number < count; number += 1) instances.push(await open(setting))
    opened.push(...instances)
    return { instances, clock }
  }

  async function openOne(
    breaker: Partial<BreakerOptions> = {},
  ): Promise<{ coordination: Coordination; clock: ManualClock }> {
    const { instances, clock } = await openInstances(1, breaker)
    const [coordination] = instances
    if (!coordination) throw new Error('no instance')
    return { coordination, clock }
  }

  afterEach(async () => {
    await Promise.all(opened.splice(0).map(coordination => coordination.stop()))
  })

  describe(`${driver} keeps the Coordination contract`, () => {
    describe('broadcasts', () => {
      it('reach every receiver of the channel, and none of another', async () => {
        const { coordination } = await openOne()
        const finished = receiver()
        const alsoFinished = receiver()
        const cancelled = receiver()
        coordination.broadcasts.on('job-finished', finished.receive)
        coordination.broadcasts.on('job-finished', alsoFinished.receive)
        coordination.broadcasts.on('job-cancelled', cancelled.receive)

        coordination.broadcasts.send('job-finished', { jobId: 'job_1', status: 'succeeded' })
        coordination.broadcasts.send('job-cancelled', { jobId: 'job_2' })

        await eventually(
          () => [finished.payloads, alsoFinished.payloads, cancelled.payloads],
          all => all.every(payloads => payloads.length === 1),
        )
        expect(finished.payloads).toEqual([{ jobId: 'job_1', status: 'succeeded' }])
        expect(alsoFinished.payloads).toEqual(finished.payloads)
        expect(cancelled.payloads).toEqual([{ jobId: 'job_2' }])
      })

      it('reach the other instances', async () => {
        const { instances } = await openInstances(2)
        const [sender, other] = instances
        const received = receiver()
        other?.broadcasts.on('work-pending', received.receive)

        sender?.broadcasts.send('work-pending', { lane: 'bulk' })

        await eventually(
          () => received.payloads,
          payloads => payloads.length === 1,
        )
        expect(received.payloads).toEqual([{ lane: 'bulk' }])
      })

      it('keep the order of one channel', async () => {
        const { coordination } = await openOne()
        const received = receiver()
        coordination.broadcasts.on('event-pending', received.receive)

        for (let count = 0; count < 50; count += 1) {
          coordination.broadcasts.send('event-pending', { count })
        }

        await eventually(
          () => received.payloads,
          payloads => payloads.length === 50,
        )
        expect(received.payloads).toEqual(Array.from({ length: 50 }, (_, count) => ({ count })))
      })

      it('end for a receiver that left', async () => {
        const { coordination } = await openOne()
        const left = receiver()
        const stayed = receiver()
        const leave = coordination.broadcasts.on('job-finished', left.receive)
        coordination.broadcasts.on('job-finished', stayed.receive)

        leave()
        leave()
        coordination.broadcasts.send('job-finished', { jobId: 'job_1', status: 'failed' })

        await eventually(
          () => stayed.payloads,
          payloads => payloads.length === 1,
        )
        expect(left.payloads).toEqual([])
      })

      it('are not disturbed by a receiver that throws', async () => {
        const { coordination } = await openOne()
        const received = receiver()
        coordination.broadcasts.on('job-changed', () => {
          throw new Error('a fault of the receiver')
        })
        coordination.broadcasts.on('job-changed', received.receive)

        coordination.broadcasts.send('job-changed', { jobId: 'job_1', status: 'running' })
        coordination.broadcasts.send('job-changed', { jobId: 'job_2', status: 'running' })

        await eventually(
          () => received.payloads,
          payloads => payloads.length === 2,
        )
      })
    })

    describe('live figures', () => {
      it('know nothing of a deployment that was never called', async () => {
        const { coordination } = await openOne()

        expect(coordination.live.of(KEY)).toEqual({
          inFlight: 0,
          latencyMs: undefined,
          errorRate: 0,
        })
      })

      it('count calls in flight, of each deployment apart', async () => {
        const { coordination } = await openOne()
        const { live } = coordination
        const end = live.begin(KEY)
        live.begin(KEY)
        live.begin('large/us')
        await eventually(
          () => [live.of(KEY).inFlight, live.of('large/us').inFlight],
          counts => counts.join() === '2,1',
        )

        end('neutral')
        end('neutral')

        await eventually(
          () => live.of(KEY).inFlight,
          count => count === 1,
        )
      })

      it('average latency over successes and errors over all that ended for a reason', async () => {
        const { coordination } = await openOne()
        const { live } = coordination

        live.begin(KEY)({ ok: true, latencyMs: 100 })
        live.begin(KEY)({ ok: true, latencyMs: 300 })
        live.begin(KEY)({ ok: false, latencyMs: 9_000 })
        live.begin(KEY)({ ok: false, latencyMs: 9_000 })
        live.begin(KEY)('neutral')

        const { latencyMs } = await eventually(
          () => live.of(KEY),
          ({ inFlight, errorRate }) => inFlight === 0 && errorRate > 0.3 && errorRate < 0.7,
        )
        expect(latencyMs).toBeGreaterThan(100)
        expect(latencyMs).toBeLessThan(300)
      })

      it('follow what changes', async () => {
        const { coordination, clock } = await openOne()
        const { live } = coordination
        for (let call = 0; call < 50; call += 1) live.begin(KEY)({ ok: false, latencyMs: 10 })
        for (let call = 0; call < 50; call += 1) live.begin(KEY)({ ok: true, latencyMs: 100 })

        for (let call = 0; call < 50; call += 1) {
          clock.advance(10_000)
          live.begin(KEY)({ ok: true, latencyMs: 1_000 })
        }

        await eventually(
          () => live.of(KEY),
          ({ latencyMs = 0, errorRate }) => latencyMs > 950 && errorRate < 0.05,
        )
      })
    })

    describe('breakers', () => {
      it('are closed to begin with, each on its own', async () => {
        const { coordination } = await openOne()
        const { breakers } = coordination
        fail(breakers, 4)
        await stateBecomes(breakers, 'open')

        expect(breakers.view('large/us')).toEqual({
          state: 'closed',
          openUntil: undefined,
          reason: undefined,
        })
        expect(breakers.acquire('large/us')).toBeDefined()
      })

      it('open at the share of failures, and let nothing pass until the time is up', async () => {
        const { coordination, clock } = await openOne()
        const { breakers } = coordination
        settleCalls(breakers, ['success', 'success', 'failure'])
        expect(breakers.view(KEY).state).toBe('closed')

        fail(breakers, 1)

        const { openUntil, reason } = await stateBecomes(breakers, 'open')
        expect(openUntil).toBe(clock.now() + 10_000)
        expect(reason).toContain('2 of 4')
        clock.advance(9_999)
        expect(breakers.acquire(KEY)).toBeUndefined()
        clock.advance(1)
        await permit(breakers)
      })

      it('limit the probes, and close after as many successes', async () => {
        const { coordination, clock } = await openOne()
        const { breakers } = coordination
        await openAndWait(breakers, clock)

        const first = await permit(breakers)
        const second = await permit(breakers)
        expect(breakers.acquire(KEY)).toBeUndefined()
        first.settle('success')
        second.settle('success')

        const { openUntil, reason } = await stateBecomes(breakers, 'closed')
        expect({ openUntil, reason }).toEqual({ openUntil: undefined, reason: undefined })
      })

      it('open again, for twice as long, when a probe fails', async () => {
        const { coordination, clock } = await openOne()
        const { breakers } = coordination
        await openAndWait(breakers, clock)

        ;(await permit(breakers)).settle('failure')

        const { openUntil } = await stateBecomes(breakers, 'open')
        expect(openUntil).toBe(clock.now() + 20_000)
      })

      it('are held until the time that is told, whatever calls say, and then probed', async () => {
        const { coordination, clock } = await openOne()
        const { breakers } = coordination
        const before = await permit(breakers)
        const until = clock.now() + 90_000

        breakers.holdUntil(KEY, until, 'Retry-After: 90')
        await stateBecomes(breakers, 'open')
        before.settle('success')
        expect(breakers.view(KEY)).toEqual({
          state: 'open',
          openUntil: until,
          reason: 'Retry-After: 90',
        })
        clock.advance(89_999)
        expect(breakers.acquire(KEY)).toBeUndefined()
        clock.advance(1)

        await permit(breakers)
        expect(breakers.view(KEY).state).toBe('half-open')
      })

      it('tell every change of state', async () => {
        const { coordination, clock } = await openOne()
        const { breakers } = coordination
        const told: string[] = []
        const end = breakers.onChange((deployment, { state }) =>
          told.push(`${deployment} ${state}`),
        )
        breakers.onChange(() => {
          throw new Error('a fault of the receiver')
        })

        await openAndWait(breakers, clock)
        await eventually(
          () => told,
          all => all.length === 2,
        )
        ;(await permit(breakers)).settle('success')
        ;(await permit(breakers)).settle('success')
        await eventually(
          () => told,
          all => all.length === 3,
        )
        end()
        fail(breakers, 4)
        await stateBecomes(breakers, 'open')

        expect(told).toEqual([`${KEY} open`, `${KEY} half-open`, `${KEY} closed`])
      })

      it('are one for all instances', async () => {
        const { instances, clock } = await openInstances(2)
        const [here, there] = instances.map(({ breakers }) => breakers)
        if (!here || !there) throw new Error('no instances')
        const told: string[] = []
        there.onChange((_, { state }) => told.push(state))

        fail(here, 4)
        await stateBecomes(there, 'open')
        here.holdUntil(KEY, clock.now() + 50_000, 'Retry-After: 50')
        await eventually(
          () => there.view(KEY),
          ({ reason }) => reason === 'Retry-After: 50',
        )
        clock.advance(50_000)

        const first = await permit(here)
        const second = await permit(there)
        expect(here.acquire(KEY)).toBeUndefined()
        expect(there.acquire(KEY)).toBeUndefined()
        first.settle('success')
        second.settle('success')
        await stateBecomes(here, 'closed')
        await stateBecomes(there, 'closed')
        expect(told.at(0)).toBe('open')
      })
    })

    describe('stopping', () => {
      it('makes it unhealthy, silent, and leaves no timer behind', async () => {
        const { coordination, clock } = await openOne()
        expect(coordination.health().ok).toBe(true)
        const received = receiver()
        coordination.broadcasts.on('job-finished', received.receive)
        fail(coordination.breakers, 4)

        await coordination.stop()
        await coordination.stop()
        coordination.broadcasts.send('job-finished', { jobId: 'job_1', status: 'failed' })

        expect(coordination.health().ok).toBe(false)
        expect(received.payloads).toEqual([])
        expect(clock.pending).toBe(0)
      })

      it('leaves calls under way able to end', async () => {
        const { coordination, clock } = await openOne({ minCalls: 1 })
        const end = coordination.live.begin(KEY)
        const underWay = await permit(coordination.breakers)

        await coordination.stop()

        expect(() => {
          end({ ok: false, latencyMs: 1 })
          underWay.settle('failure')
        }).not.toThrow()
        expect(clock.pending).toBe(0)
      })
    })
  })
}

function receiver(): { payloads: unknown[]; receive: (payload: unknown) => void } {
  const payloads: unknown[] = []
  return { payloads, receive: payload => payloads.push(payload) }
}

function settleCalls(breakers: Breakers, outcomes: Array<'success' | 'failure'>): void {
  const permits = outcomes.map(() => breakers.acquire(KEY))
  for (const [index, outcome] of outcomes.entries()) permits[index]?.settle(outcome)
}

function fail(breakers: Breakers, calls: number): void {
  settleCalls(breakers, new Array<'failure'>(calls).fill('failure'))
}

async function openAndWait(breakers: Breakers, clock: ManualClock): Promise<void> {
  fail(breakers, BREAKER.minCalls)
  await stateBecomes(breakers, 'open')
  clock.advance(BREAKER.openForMs)
}

function stateBecomes(breakers: Breakers, wanted: string): Promise<ReturnType<Breakers['view']>> {
  return eventually(
    () => breakers.view(KEY),
    ({ state }) => state === wanted,
  )
}

/** The first one to be had: a driver may have to fetch the leave for a probe. */
async function permit(breakers: Breakers): Promise<Permit> {
  const permit = await eventually(
    () => breakers.acquire(KEY),
    permit => permit !== undefined,
  )
  if (!permit) throw new Error('no permit')
  return permit
}
