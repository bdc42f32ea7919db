import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from '@jest/globals'
import { type Clock, systemClock } from '@longhaul/contracts'
import { freePort } from '@longhaul/embedded-postgres'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { alone } from '../../test/alone.ts'
import {
  BREAKER,
  fail,
  KEY,
  permit,
  receiver,
  stateBecomes,
  untilShared,
} from '../../test/conformance/coordination/surroundings.ts'
import { eventually } from '../../test/conformance/eventually.ts'
import { TcpProxy } from '../../test/fault/tcp-proxy.ts'
import { ManualClock } from '../../test/manual-clock.ts'
import { Child } from '../../test/processes/child.ts'
import { runningMs } from '../../test/running-time.ts'
import { describeOn } from '../../test/servers.ts'
import type { BreakerOptions, Coordination, Permit } from './port.ts'
import { openRedisCoordination } from './redis.ts'

alone()

const PROGRAM = fileURLToPath(
  new URL('../../test/processes/coordination-process.ts', import.meta.url),
)

await describeOn('redis', 'coordination that processes share through Redis', url => {
  const opened: Coordination[] = []
  const clients: Redis[] = []
  let keyPrefix = randomUUID()

  afterEach(async () => {
    await Promise.all(opened.splice(0).map(coordination => coordination.stop()))
    for (const client of clients.splice(0)) client.disconnect()
    keyPrefix = randomUUID()
  })

  async function open(
    clock: Clock,
    breaker: Partial<BreakerOptions> = {},
    { prefix = keyPrefix, through = url } = {},
  ): Promise<Coordination> {
    const coordination = await openRedisCoordination({
      ...{ url: through, clock, keyPrefix: prefix },
      breaker: { ...BREAKER, ...breaker },
    })
    opened.push(coordination)
    return untilShared(coordination)
  }

  async function openTwo(breaker: Partial<BreakerOptions> = {}) {
    const clock = new ManualClock()
    const [here, there] = [await open(clock, breaker), await open(clock, breaker)]
    return { here, there, clock }
  }

  function client(): Redis {
    const redis = new Redis(url)
    clients.push(redis)
    return redis
  }

  async function halfOpen(coordinations: Coordination[], clock: ManualClock): Promise<void> {
    const until = clock.now() + 1_000
    coordinations[0]?.breakers.holdUntil(KEY, until, 'Retry-After: 1')
    for (const { breakers } of coordinations) await stateBecomes(breakers, 'open')
    clock.advance(1_000)
  }

  it('knows an opened breaker everywhere within half a second', async () => {
    const { here, there } = await openTwo()
    const tookMs = await runningMs(async () => {
      fail(here.breakers, 4)
      await stateBecomes(there.breakers, 'open')
    })

    expect(tookMs).toBeLessThan(500)
  })

  it('counts the failures of all together', async () => {
    const { here, there } = await openTwo()
    fail(here.breakers, 2)
    fail(there.breakers, 2)

    expect((await stateBecomes(here.breakers, 'open')).reason).toContain('4 of 4')
    expect((await stateBecomes(there.breakers, 'open')).reason).toContain('4 of 4')
  })

  it('lets one process with a fault of its own not take a deployment from all', async () => {
    const { here, there } = await openTwo()
    for (let call = 0; call < 40; call += 1) there.breakers.acquire(KEY)?.settle('success')
    there.breakers.holdUntil('large/us', Number.MAX_SAFE_INTEGER, 'a signal that it was counted')
    await eventually(
      () => here.breakers.view('large/us').state,
      state => state === 'open',
    )
    fail(here.breakers, 10)
    here.breakers.holdUntil('large/eu', Number.MAX_SAFE_INTEGER, 'the same')
    await eventually(
      () => there.breakers.view('large/eu').state,
      state => state === 'open',
    )

    expect(here.breakers.view(KEY).state).toBe('closed')
  })

  it('never has more probes out than allowed, whoever asks and settles when', async () => {
    const probes = 3
    const clock = new ManualClock()
    const all = await Promise.all(Array.from({ length: 4 }, () => open(clock, { probes })))
    await halfOpen(all, clock)
    const step = fc.record({
      who: fc.nat(all.length - 1),
      settles: fc.option(fc.nat(probes), { freq: 3 }),
      waitMs: fc.constantFrom(0, 0, 1, 3, 10),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async steps => {
        const out: Permit[] = []
        for (const { who, settles, waitMs } of steps) {
          const permit = all[who]?.breakers.acquire(KEY)
          if (permit) out.push(permit)
          expect(out.length).toBeLessThanOrEqual(probes)
          if (settles !== null) out.splice(settles, 1)[0]?.settle('neutral')
          if (waitMs > 0) await new Promise(resolve => setTimeout(resolve, waitMs))
        }
        for (const permit of out) permit.settle('neutral')
      }),
      { numRuns: 15 },
    )
    for (const { breakers } of all) (await permit(breakers)).settle('neutral')
  })

  it('closes for all when one whose clock is ahead has probed it', async () => {
    const [ahead, behind] = [new ManualClock(), new ManualClock()]
    ahead.advance(1_500)
    const [here, there] = [await open(ahead), await open(behind)]
    const states: string[] = []
    there.breakers.onChange((_, { state }) => states.push(state))
    fail(here.breakers, 4)
    await stateBecomes(there.breakers, 'open')
    for (const clock of [ahead, behind]) clock.advance(BREAKER.openForMs)
    expect(there.breakers.view(KEY).state).toBe('open')
    for (const probe of [await permit(here.breakers), await permit(here.breakers)]) {
      probe.settle('success')
    }

    await stateBecomes(there.breakers, 'closed')
    await stateBecomes(here.breakers, 'closed')
    expect(states).toEqual(['open', 'closed'])
    expect(behind.pending).toBe(0)
  })

  it('stays closed though one that has not heard of it still tells of the opening', async () => {
    const target = new URL(url)
    const proxy = await TcpProxy.listen(await freePort(), Number(target.port))
    target.port = String(proxy.port)
    const [ahead, behind] = [new ManualClock(), new ManualClock()]
    ahead.advance(1_500)
    const here = await open(ahead)
    const there = await open(behind, {}, { through: target.href })
    fail(here.breakers, 4)
    await stateBecomes(there.breakers, 'open')
    // Longer than from one whole report to the next.
    proxy.delay(1_500)
    for (const clock of [ahead, behind]) clock.advance(BREAKER.openForMs)
    const states: string[] = []
    here.breakers.onChange((deployment, { state }) => deployment === KEY && states.push(state))
    for (const probe of [await permit(here.breakers), await permit(here.breakers)]) {
      probe.settle('success')
    }
    await stateBecomes(there.breakers, 'closed')
    proxy.delay(0)
    here.breakers.holdUntil('large/us', Number.MAX_SAFE_INTEGER, 'comes behind all the rest')
    await eventually(
      () => there.breakers.view('large/us').state,
      state => state === 'open',
    )
    await proxy.close()

    expect(states).toEqual(['closed'])
    for (const { breakers } of [here, there]) expect(breakers.view(KEY).state).toBe('closed')
  })

  it('tells who waits for a probe when one came back', async () => {
    const { here, there, clock } = await openTwo({ probes: 1 })
    await halfOpen([here, there], clock)
    const probe = await permit(here.breakers)
    const got = Promise.withResolvers<Permit>()
    there.breakers.onPermit(deployment => {
      const permit = there.breakers.acquire(deployment)
      if (permit) got.resolve(permit)
    })
    expect(there.breakers.acquire(KEY)).toBeUndefined()
    // Its question is answered before the probe ends.
    await new Promise(resolve => setTimeout(resolve, 50))
    probe.settle('neutral')

    ;(await got.promise).settle('success')
    await stateBecomes(here.breakers, 'closed')
  })

  it('gives no probe beside that of another process to a call that may fail by its own fault', async () => {
    const { here, there, clock } = await openTwo({ probes: 2 })
    await halfOpen([here, there], clock)
    const probe = await permit(here.breakers)
    const told = Promise.withResolvers<void>()
    there.breakers.onPermit(() => told.resolve())
    expect(there.breakers.acquire(KEY, { alone: true })).toBeUndefined()
    // Its question is answered: there would be room beside the probe.
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(there.breakers.acquire(KEY, { alone: true })).toBeUndefined()
    await permit(here.breakers).then(other => other.settle('neutral'))
    probe.settle('neutral')

    await told.promise
    const suspect = there.breakers.acquire(KEY, { alone: true })
    expect(suspect).toBeDefined()
    // Of this process neither, although a lease is in hand.
    const again = Promise.withResolvers<void>()
    there.breakers.onPermit(() => again.resolve())
    there.breakers.acquire(KEY)
    await again.promise
    expect(there.breakers.acquire(KEY, { alone: true })).toBeUndefined()
    expect(there.breakers.acquire(KEY)).toBeDefined()
  })

  it('gives back a probe that was fetched and not made', async () => {
    const { here, there, clock } = await openTwo({ probes: 1 })
    await halfOpen([here, there], clock)
    const fetched = Promise.withResolvers<void>()
    there.breakers.onPermit(() => fetched.resolve())
    there.breakers.acquire(KEY)
    await fetched.promise

    await permit(here.breakers)
  })

  it('adds up the calls in flight, and averages over the calls of all', async () => {
    const { here, there } = await openTwo()
    const ends = [here, here, there].map(({ live }) => live.begin(KEY, 'standard'))
    const both = [here, there]
    await eventually(
      () => both.map(({ live }) => live.of(KEY).inFlight),
      counts => counts.join() === '3,3',
    )
    ends[0]?.({ ok: true, latencyMs: 100 })
    ends[1]?.({ ok: true, latencyMs: 100 })
    ends[2]?.({ ok: false, latencyMs: 100 })

    await eventually(
      () => both.map(({ live }) => live.of(KEY)),
      all => all.every(({ inFlight, errorRate }) => inFlight === 0 && errorRate > 0),
    )
    for (const { live } of both) {
      expect(live.of(KEY).latencyMs).toBeCloseTo(100)
      expect(live.of(KEY).errorRate).toBeCloseTo(1 / 3)
    }
  })

  it('counts in each lane what begins anywhere, and of who joins what begins from then on', async () => {
    const clock = systemClock
    const first = await open(clock, { probes: 1 })
    for (let call = 0; call < 5; call += 1) first.live.begin(KEY, 'bulk')('neutral')
    const second = await open(clock, { probes: 1 })
    first.live.begin(KEY, 'interactive')
    await eventually(
      () => second.live.lanesOf(KEY).interactive.inFlight,
      inFlight => inFlight === 1,
    )
    await eventually(
      () => second.live.of(KEY).inFlight,
      inFlight => inFlight === 1,
    )
    expect(second.live.lanesOf(KEY).bulk.begun).toBe(0)
    expect(first.live.lanesOf(KEY).bulk.begun).toBe(5)

    const before = second.live.lanesOf(KEY).bulk.begun
    second.live.begin(KEY, 'bulk')
    await eventually(
      () => second.live.lanesOf(KEY),
      ({ bulk, interactive }) => bulk.begun === before + 1 && interactive.inFlight === 1,
    )
  })

  it('forgets the calls of a process that stops at once, and of one that is killed soon', async () => {
    const watching = await open(systemClock, { probes: 1 })
    const leaving = await open(systemClock, { probes: 1 })
    leaving.live.begin(KEY, 'standard')
    const count = () => watching.live.of(KEY).inFlight
    await eventually(count, inFlight => inFlight === 1)
    await leaving.stop()
    await eventually(count, inFlight => inFlight === 0)

    const folder = mkdtempSync(join(tmpdir(), 'longhaul-coordination-'))
    const child = new Child([PROGRAM, url, keyPrefix], {
      name: 'a process that coordinates',
      logFile: join(folder, 'log'),
    })
    await child.printed(/it has its probe/, 60_000)
    await eventually(count, inFlight => inFlight === 3)
    await stateBecomes(watching.breakers, 'half-open')
    expect(watching.breakers.acquire(KEY)).toBeUndefined()
    await child.end('SIGKILL', 1_000)
    rmSync(folder, { recursive: true })

    const callsMs = await runningMs(() => eventually(count, inFlight => inFlight === 0))
    expect(callsMs).toBeLessThan(4_500)
    // Its probe as well: another may be made.
    const probeMs = await runningMs(() => permit(watching.breakers))
    expect(callsMs + probeMs).toBeLessThan(8_000)
  })

  it('tells its own receivers once, and others in few messages', async () => {
    const { here, there } = await openTwo()
    const [own, others] = [receiver(), receiver()]
    here.broadcasts.on('job-changed', own.receive)
    there.broadcasts.on('job-changed', others.receive)
    const listener = client()
    let messages = 0
    await listener.psubscribe(`${keyPrefix}:*:news`)
    listener.on('pmessage', () => {
      messages += 1
    })
    const sent = Array.from({ length: 5_000 }, (_, index) => ({
      jobId: `job_${index}`,
      status: 'running',
    }))
    for (const payload of sent) here.broadcasts.send('job-changed', payload)
    await eventually(
      () => others.payloads.length,
      count => count === sent.length,
    )

    expect(others.payloads).toEqual(sent)
    expect(own.payloads).toEqual(sent)
    expect(messages).toBeLessThan(20)
  })

  it('knows what is open before it is open itself', async () => {
    const clock = new ManualClock()
    const here = await open(clock)
    fail(here.breakers, 4)
    await stateBecomes(here.breakers, 'open')
    const joining = await open(clock)

    expect(joining.breakers.acquire(KEY)).toBeUndefined()
    expect(joining.breakers.view(KEY)).toEqual(here.breakers.view(KEY))
  })

  it('shares nothing with other prefixes', async () => {
    const clock = new ManualClock()
    const [here, elsewhere] = [await open(clock), await open(clock, {}, { prefix: randomUUID() })]
    const news = receiver()
    elsewhere.broadcasts.on('work-pending', news.receive)
    elsewhere.breakers.view(KEY)
    here.live.begin(KEY, 'standard')
    here.broadcasts.send('work-pending', { lane: 'bulk' })
    fail(here.breakers, 4)
    await stateBecomes(here.breakers, 'open')
    await new Promise(resolve => setTimeout(resolve, 200))

    expect(news.payloads).toEqual([])
    expect(elsewhere.live.of(KEY).inFlight).toBe(0)
    expect(elsewhere.breakers.view(KEY).state).toBe('closed')
  })

  it('leaves no key without a time to live', async () => {
    const { here, there, clock } = await openTwo()
    here.live.begin(KEY, 'standard')
    fail(here.breakers, 1)
    fail(there.breakers, 5)
    await stateBecomes(here.breakers, 'open')
    here.breakers.holdUntil('large/us', Number.MAX_SAFE_INTEGER, 'for ever')
    here.breakers.acquire('large/eu')?.settle('success')
    clock.advance(BREAKER.openForMs)
    await permit(here.breakers)
    here.tallies.add('budget', { usd: 1 }, 60_000)
    here.notes.put('conversation', 'small', 60_000)
    const redis = client()
    const keys = await eventually(
      () => redis.keys(`${keyPrefix}:*`),
      found => found.length >= 8,
    )

    for (const key of keys) expect(await redis.pttl(key)).toBeGreaterThan(0)
    expect(keys.map(key => key.split(':')[2]).sort()).toEqual([
      ...['breaker', 'breaker', 'breaker', 'note', 'openings', 'probes', 'tally', 'window'],
    ])
  })
})
