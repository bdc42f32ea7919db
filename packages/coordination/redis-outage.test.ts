import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals'
import { LocalRedis } from '@longhaul/local-servers'
import { Redis } from 'ioredis'
import {
  BREAKER,
  fail,
  KEY,
  permit,
  receiver,
  stateBecomes,
} from '../../test/conformance/coordination/surroundings.ts'
import { eventually } from '../../test/conformance/eventually.ts'
import { ManualClock } from '../../test/manual-clock.ts'
import { describeOn } from '../../test/servers.ts'
import type { BreakerOptions, Coordination } from './port.ts'
import { openRedisCoordination } from './redis.ts'

await describeOn('redis', 'coordination, when Redis', () => {
  // One of its own: it is going to be killed.
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-coordination-'))
  const redis = new LocalRedis({ dataDir: folder })
  const opened: Coordination[] = []
  let clock: ManualClock
  let keyPrefix: string

  beforeAll(() => redis.start())

  beforeEach(async () => {
    clock = new ManualClock()
    keyPrefix = randomUUID()
    await redis.start()
  })

  afterEach(async () => {
    await Promise.all(opened.splice(0).map(coordination => coordination.stop()))
  })

  afterAll(async () => {
    await redis.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  async function open(breaker: Partial<BreakerOptions> = {}): Promise<Coordination> {
    const coordination = await openRedisCoordination({
      ...{ url: redis.url, clock, keyPrefix },
      breaker: { ...BREAKER, ...breaker },
    })
    opened.push(coordination)
    return coordination
  }

  async function openTwo(breaker: Partial<BreakerOptions> = {}) {
    return { here: await open(breaker), there: await open(breaker) }
  }

  const sharing = (coordinations: Coordination[], wanted: boolean) =>
    eventually(
      () => coordinations.map(({ shared }) => shared),
      all => all.every(shared => shared === wanted),
    )

  async function flushAll(): Promise<void> {
    const client = new Redis(redis.url)
    await client.flushall()
    client.disconnect()
  }

  it('is not there yet, goes on by itself, and joins when it comes', async () => {
    await redis.stop()
    const { here, there } = await openTwo()
    expect(here.shared).toBe(false)
    expect(here.health()).toEqual({
      ok: true,
      detail: expect.stringMatching(/^Redis is away since .*this process only/),
    })
    fail(here.breakers, 4)
    expect(here.breakers.view(KEY).state).toBe('open')
    expect(there.breakers.view(KEY).state).toBe('closed')
    await redis.start()

    await sharing([here, there], true)
    await stateBecomes(there.breakers, 'open')
    expect(there.breakers.view(KEY)).toEqual(here.breakers.view(KEY))
    await eventually(
      () => here.health().detail,
      detail => detail.startsWith('Redis: breakers, figures and broadcasts of 2 processes'),
    )
  })

  it('is killed: each judges by itself, and of two ends the later counts', async () => {
    const { here, there } = await openTwo()
    fail(here.breakers, 4)
    await stateBecomes(there.breakers, 'open')
    await redis.kill()
    await sharing([here, there], false)
    const own = receiver()
    here.broadcasts.on('work-pending', own.receive)
    here.broadcasts.send('work-pending', { lane: 'bulk' })
    expect(own.payloads).toEqual([{ lane: 'bulk' }])
    clock.advance(BREAKER.openForMs)
    // Half-open, and probed by each.
    for (const { breakers } of [here, there]) {
      const probe = breakers.acquire(KEY)
      expect(probe).toBeDefined()
      expect(breakers.acquire(KEY)).toBeDefined()
      expect(breakers.acquire(KEY)).toBeUndefined()
      probe?.settle(breakers === here.breakers ? 'failure' : 'neutral')
    }
    here.breakers.holdUntil('large/us', clock.now() + 30_000, 'Retry-After: 30')
    there.breakers.holdUntil('large/us', clock.now() + 60_000, 'Retry-After: 60')
    await redis.start()
    await sharing([here, there], true)

    await stateBecomes(there.breakers, 'open')
    for (const { breakers } of [here, there]) {
      const view = await eventually(
        () => breakers.view('large/us'),
        ({ reason }) => reason === 'Retry-After: 60',
      )
      expect(view.openUntil).toBe(clock.now() + 60_000)
      // The second opening: twice as long.
      expect(breakers.view(KEY).openUntil).toBe(clock.now() + 2 * BREAKER.openForMs)
    }
  })

  it('is killed and comes back: broadcasts and figures are shared again', async () => {
    const { here, there } = await openTwo()
    here.live.begin(KEY, 'standard')
    const count = () => there.live.of(KEY).inFlight
    await eventually(count, inFlight => inFlight === 1)
    await redis.kill()
    await eventually(count, inFlight => inFlight === 0)
    here.live.begin(KEY, 'standard')
    await redis.start()
    await eventually(count, inFlight => inFlight === 2)

    const news = receiver()
    there.broadcasts.on('job-finished', news.receive)
    here.broadcasts.send('job-finished', { jobId: 'job_1', status: 'failed' })
    await eventually(
      () => news.payloads.length,
      length => length === 1,
    )
  })

  it('is killed, or loses all: sums go on here, and are whole again afterwards', async () => {
    const { here, there } = await openTwo()
    const usd = ({ tallies }: Coordination) => tallies.of('budget').usd ?? 0
    const both = (sum: number) =>
      eventually(
        () => [usd(here), usd(there)],
        sums => sums.every(one => Math.abs(one - sum) < 1e-9),
      )
    here.tallies.add('budget', { usd: 1 }, 60_000)
    there.tallies.add('budget', { usd: 2 }, 60_000)
    await both(3)

    await redis.kill()
    await sharing([here, there], false)
    here.tallies.add('budget', { usd: 10 }, 60_000)
    there.tallies.add('budget', { usd: 20 }, 60_000)
    here.notes.put('conversation', 'small', 60_000)
    expect([usd(here), usd(there)]).toEqual([13, 23])
    expect(await here.notes.get('conversation')).toBe('small')

    await redis.start()
    await both(33)
    await flushAll()
    here.tallies.add('budget', { usd: 1 }, 60_000)
    await both(34)
  })

  it('is flushed: what is open stays open, and newcomers know it soon', async () => {
    const { here, there } = await openTwo()
    here.breakers.holdUntil(KEY, clock.now() + 30_000, 'Retry-After: 30')
    await stateBecomes(there.breakers, 'open')
    await flushAll()
    const newcomer = await open()

    await stateBecomes(newcomer.breakers, 'open')
    for (const { breakers } of [here, there, newcomer]) {
      expect(breakers.view(KEY).openUntil).toBe(clock.now() + 30_000)
    }
  })

  it('is flushed while probes are out: they still count', async () => {
    const { here, there } = await openTwo()
    here.breakers.holdUntil(KEY, clock.now() + 1_000, 'Retry-After: 1')
    await stateBecomes(there.breakers, 'open')
    clock.advance(1_000)
    const probes = [await permit(here.breakers), await permit(there.breakers)]
    await flushAll()
    // Each tells of its own anew, within a second.
    const client = new Redis(redis.url)
    await eventually(
      () => client.zcard(`${keyPrefix}:v2:probes:${KEY}`),
      leases => leases === 2,
    )
    client.disconnect()

    for (let attempt = 0; attempt < 20; attempt += 1) {
      expect(here.breakers.acquire(KEY)).toBeUndefined()
      expect(there.breakers.acquire(KEY)).toBeUndefined()
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    for (const probe of probes) probe.settle('success')
    await stateBecomes(here.breakers, 'closed')
    await stateBecomes(there.breakers, 'closed')
  })

  it('hangs: nobody waits for it, memory stays bounded, and all is well afterwards', async () => {
    const { here, there } = await openTwo()
    process.kill(redis.pid ?? 0, 'SIGSTOP')
    try {
      const heap = process.memoryUsage().heapUsed
      // All within one turn of the event loop: no answer can be waited for.
      for (let index = 0; index < 200_000; index += 1) {
        here.broadcasts.send('event-pending', { count: index })
      }
      here.breakers.holdUntil(KEY, clock.now() + 30_000, 'Retry-After: 30')
      expect(here.breakers.acquire(KEY)).toBeUndefined()
      await sharing([here, there], false)
      expect(process.memoryUsage().heapUsed - heap).toBeLessThan(100 * 1024 * 1024)
    } finally {
      process.kill(redis.pid ?? 0, 'SIGCONT')
    }

    await sharing([here, there], true)
    await stateBecomes(there.breakers, 'open')
  })

  it('refuses: it is no other than away', async () => {
    const { here } = await openTwo()
    const client = new Redis(redis.url)
    await client.config('SET', 'maxmemory', '1')
    fail(here.breakers, 1)
    await sharing([here], false)
    expect(here.health()).toEqual({ ok: true, detail: expect.stringContaining('OOM') })
    await client.config('SET', 'maxmemory', '0')
    client.disconnect()

    await sharing([here], true)
  })
})
