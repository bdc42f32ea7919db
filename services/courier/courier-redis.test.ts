import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals'
import { type Coordination, openMemoryCoordination } from '@longhaul/coordination'
import { bullmqOnRedis } from '@longhaul/delivery-queue'
import { LocalRedis } from '@longhaul/local-servers'
import { createReceiverPolicy } from '@longhaul/runtime'
import { startTelemetry } from '@longhaul/telemetry'
import { Redis } from 'ioredis'
import { openTestStore, type TestStore } from '../../test/database.ts'
import { describeOn } from '../../test/servers.ts'
import { TravelClock } from '../../test/travel-clock.ts'
import { commitEvent } from '../../test/webhook-event.ts'
import { statuses, WebhookReceiver } from '../../test/webhook-receiver.ts'
import { Courier } from './courier.ts'

const CONCURRENCY = 8
const EVENTS = 60

await describeOn('redis', 'Courier, when Redis loses or stops', () => {
  // One of its own: it is going to be killed.
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-courier-redis-'))
  const redis = new LocalRedis({ dataDir: folder })
  const telemetry = startTelemetry({ service: 'courier-test', logLevel: 'silent' })
  const breaker = {
    failureRate: 0.5,
    minCalls: 10,
    windowMs: 1_000,
    openForMs: 1_000,
    maxOpenForMs: 1_000,
    probes: 1,
  }
  let clock: TravelClock
  let test: TestStore
  let receiver: WebhookReceiver
  let coordination: Coordination
  let courier: Courier
  let tenantId: string

  beforeAll(() => redis.start())

  afterAll(async () => {
    await redis.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  beforeEach(async () => {
    clock = new TravelClock()
    test = await openTestStore(clock)
    receiver = await WebhookReceiver.listen()
    coordination = await openMemoryCoordination({ clock, breaker })
    tenantId = (await test.store.tenants.ensure('tenant')).id
    courier = new Courier(
      {
        store: test.store,
        coordination,
        telemetry,
        clock,
        random: Math.random,
        receiverPolicy: createReceiverPolicy(['127.0.0.1']),
        queueBackend: bullmqOnRedis({ redisUrl: redis.url, keyPrefix: test.schema }),
      },
      { webhooks: { allow: [], timeout: 20_000, concurrency: CONCURRENCY } },
    )
    await courier.start()
  })

  afterEach(async () => {
    await courier.stop(5_000)
    await receiver.close()
    await test.close()
  })

  async function commit(count: number): Promise<void> {
    const url = receiver.url
    await Promise.all(
      Array.from({ length: count }, () => commitEvent(test.store, { tenantId, url })),
    )
    coordination.broadcasts.send('event-pending', { count })
  }

  /** The time passes faster meanwhile: what was taken from PostgreSQL falls due again after 10 s. */
  async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 60_000
    while (!(await is())) {
      if (Date.now() > deadline) throw new Error(`not yet: ${what}; ${courier.health().detail}`)
      clock.travel(100)
      await delay(20)
    }
  }

  const allDelivered = () =>
    until('all delivered', async () => {
      const { events } = await test.store.webhookEvents.list({ tenantId, limit: 100 })
      return events.length === EVENTS && events.every(({ state }) => state === 'delivered')
    })

  /** Those under way may have come again, each under its own id. */
  function expectEachOnce(mostRepeated: number): void {
    expect(new Set(receiver.ids).size).toBe(EVENTS)
    expect(receiver.ids.length).toBeLessThanOrEqual(EVENTS + mostRepeated)
  }

  it('fills a flushed Redis again from what is due in PostgreSQL', async () => {
    const underWay: Array<{ end: () => void }> = []
    receiver.respond = response => {
      response.statusCode = 204
      underWay.push(response)
    }
    await commit(EVENTS)
    await receiver.received(CONCURRENCY)
    const client = new Redis(redis.url)
    await client.flushall()
    client.disconnect()
    receiver.respond = statuses(204)
    for (const response of underWay) response.end()

    await allDelivered()
    expectEachOnce(0)
  })

  it('says so while Redis is away, and goes on when it is back', async () => {
    receiver.respond = response => void setTimeout(() => response.writeHead(204).end(), 25)
    await commit(EVENTS)
    await receiver.received(10)
    await redis.kill()
    await until('red', () => !courier.health().ok)
    await delay(2_000)
    await redis.start()

    await until('green', () => courier.health().ok)
    await allDelivered()
    expectEachOnce(CONCURRENCY)
  })

  it('goes on after Redis hung', async () => {
    receiver.respond = response => void setTimeout(() => response.writeHead(204).end(), 25)
    await commit(EVENTS)
    await receiver.received(10)
    process.kill(redis.pid ?? 0, 'SIGSTOP')
    await until('red', () => !courier.health().ok)
    process.kill(redis.pid ?? 0, 'SIGCONT')

    await until('green', () => courier.health().ok)
    await allDelivered()
    expectEachOnce(CONCURRENCY)
  })
})
