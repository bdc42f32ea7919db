import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemClock } from '@longhaul/contracts'
import { type Coordination, openMemoryCoordination } from '@longhaul/coordination'
import { bullmqOnPostgres } from '@longhaul/delivery-queue'
import { EmbeddedPostgres } from '@longhaul/embedded-postgres'
import { createReceiverPolicy } from '@longhaul/runtime'
import { openStore, type Store } from '@longhaul/store'
import { startTelemetry } from '@longhaul/telemetry'
import { alone } from '../../test/alone.ts'
import { runningMs } from '../../test/running-time.ts'
import { commitEvent } from '../../test/webhook-event.ts'
import { WebhookReceiver } from '../../test/webhook-receiver.ts'
import { Courier } from './courier.ts'

alone()

const CONCURRENCY = 8

describe('Courier, when PostgreSQL dies', () => {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-courier-'))
  const postgres = new EmbeddedPostgres({ dataDir: folder })
  const telemetry = startTelemetry({
    service: 'courier-test',
    logLevel: 'silent',
  })
  let store: Store
  let receiver: WebhookReceiver
  let coordination: Coordination
  let courier: Courier
  let tenantId: string

  beforeAll(async () => {
    await postgres.start()
    store = await openStore({ databaseUrl: postgres.url })
    receiver = await WebhookReceiver.listen()
    coordination = await openMemoryCoordination({ clock: systemClock, breaker })
    tenantId = (await store.tenants.ensure('tenant')).id
    courier = new Courier(
      {
        store,
        coordination,
        telemetry,
        clock: systemClock,
        random: Math.random,
        receiverPolicy: createReceiverPolicy(['127.0.0.1']),
        queueBackend: bullmqOnPostgres({ databaseUrl: postgres.url }),
      },
      { webhooks: { allow: [], timeout: 20_000, concurrency: CONCURRENCY } },
    )
    await courier.start()
  })

  afterAll(async () => {
    await courier.stop(5_000)
    await receiver.close()
    await store.stop()
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const breaker = {
    failureRate: 0.5,
    minCalls: 10,
    windowMs: 1_000,
    openForMs: 1_000,
    maxOpenForMs: 1_000,
    probes: 1,
  }

  async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 60_000
    while (!(await is())) {
      if (Date.now() > deadline) throw new Error(`not yet: ${what}; ${courier.health().detail}`)
      await delay(20)
    }
  }

  it('says so, and delivers the rest unaided when it is back', async () => {
    receiver.respond = response => void setTimeout(() => response.writeHead(204).end(), 25)
    const jobs = Array.from({ length: 60 }, () =>
      commitEvent(store, { tenantId, url: receiver.url }),
    )
    await Promise.all(jobs)
    coordination.broadcasts.send('event-pending', { count: jobs.length })
    await receiver.received(10)
    // It may be over before a slower look.
    let wasRed = false
    const looking = setInterval(() => {
      wasRed ||= !courier.health().ok
    }, 1)
    process.kill(postgres.pid ?? 0, 'SIGKILL')

    await until('red', () => wasRed)
    clearInterval(looking)
    await until('all delivered', async () => {
      const { events } = await store.webhookEvents
        .list({ tenantId, limit: 100 })
        .catch(() => ({ events: [] }))
      return events.length === 60 && events.every(({ state }) => state === 'delivered')
    })
    await until('green', () => courier.health().ok)

    expect(new Set(receiver.ids).size).toBe(60)
    // What was under way at the kill may have come again.
    expect(receiver.ids.length).toBeLessThanOrEqual(60 + CONCURRENCY)
    // The first after it is not slower for it.
    const before = receiver.deliveries.length
    await commitEvent(store, { tenantId, url: receiver.url })
    const tookMs = await runningMs(() => {
      coordination.broadcasts.send('event-pending', { count: 1 })
      return receiver.received(before + 1)
    })
    expect(tookMs).toBeLessThan(1_000)
  })
})
