import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type Coordination, openMemoryCoordination } from '@longhaul/coordination'
import { bullmqOnPostgres } from '@longhaul/delivery-queue'
import { createReceiverPolicy, type ReceiverPolicy, type Resolve } from '@longhaul/runtime'
import type { Store, WebhookEvent } from '@longhaul/store'
import { startTelemetry } from '@longhaul/telemetry'
import OpenAI from 'openai'
import { Webhook } from 'standardwebhooks'
import { openTestStore, type TestStore } from '../../test/database.ts'
import { ManualClock } from '../../test/manual-clock.ts'
import { commitEvent } from '../../test/webhook-event.ts'
import { statuses, WebhookReceiver } from '../../test/webhook-receiver.ts'
import { Courier, USER_AGENT } from './courier.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

describe('Courier', () => {
  let clock: ManualClock
  let test: TestStore
  let receiver: WebhookReceiver
  let receivers: WebhookReceiver[]
  let coordination: Coordination
  let tenantId: string
  let couriers: Courier[]
  const telemetry = startTelemetry({ service: 'courier-test', logLevel: 'silent' })

  beforeEach(async () => {
    // Verifiers compare timestamps with the real time.
    clock = new ManualClock(Date.now())
    stepMs = 20
    couriers = []
    receivers = []
    test = await openTestStore(clock)
    receiver = await listen()
    coordination = await openMemoryCoordination({ clock, breaker })
    tenantId = (await test.store.tenants.ensure('tenant')).id
  })

  afterEach(async () => {
    await Promise.all(couriers.map(courier => passing(courier.stop(2_000))))
    await Promise.all(receivers.map(each => each.close()))
    await test.query(`DROP SCHEMA IF EXISTS "${test.schema}_queue" CASCADE`)
    await test.close()
  })

  async function listen(): Promise<WebhookReceiver> {
    const another = await WebhookReceiver.listen()
    receivers.push(another)
    return another
  }

  const breaker = {
    failureRate: 0.5,
    minCalls: 10,
    windowMs: 1_000,
    openForMs: 1_000,
    maxOpenForMs: 1_000,
    probes: 1,
  }

  async function startCourier(
    options: { policy?: ReceiverPolicy; store?: Store; timeoutMs?: number } = {},
  ) {
    const courier = new Courier(
      {
        store: options.store ?? test.store,
        coordination,
        telemetry,
        clock,
        random: () => 0.5,
        receiverPolicy: options.policy ?? createReceiverPolicy(['127.0.0.1']),
        queueBackend: bullmqOnPostgres({
          databaseUrl: test.databaseUrl,
          schema: `${test.schema}_queue`,
        }),
      },
      { webhooks: { allow: [], timeout: options.timeoutMs ?? 20 * SECOND, concurrency: 8 } },
    )
    couriers.push(courier)
    await courier.start()
    return courier
  }

  async function commit(url = receiver.url, metadata: Record<string, string> = {}) {
    const jobId = await commitEvent(test.store, { tenantId, url, metadata })
    coordination.broadcasts.send('event-pending', { count: 1 })
    return jobId
  }

  /** Of the clock, each some 2 ms of real time: the servers behind it are as fast as they are. */
  let stepMs: number

  /** Lets the time pass, in small steps, until that happened. */
  async function passing<T>(happening: Promise<T>): Promise<T> {
    let over = false
    const end = () => {
      over = true
    }
    happening.then(end, end)
    const deadline = performance.now() + 60_000
    while (!over) {
      if (performance.now() > deadline) throw new Error('it does not happen')
      clock.advance(stepMs)
      await delay(2)
    }
    return happening
  }

  async function eventOf(jobId: string): Promise<WebhookEvent> {
    const { events } = await test.store.webhookEvents.list({ tenantId, jobId, limit: 1 })
    const [event] = events
    if (!event) throw new Error('no event')
    return event
  }

  /** Lets the time pass until the event is as asked. */
  function until(jobId: string, is: (event: WebhookEvent) => boolean): Promise<WebhookEvent> {
    const ask = async (): Promise<WebhookEvent> => {
      for (;;) {
        const event = await eventOf(jobId)
        if (is(event)) return event
        await delay(5)
      }
    }
    return passing(ask())
  }

  const delivered = (event: WebhookEvent) => event.state === 'delivered'
  const attempted = (attempts: number) => (event: WebhookEvent) => event.attempts === attempts

  it('delivers what a job committed, signed, and records it', async () => {
    const courier = await startCourier()
    const jobId = await commit(receiver.url, { order: '4711' })
    const event = await until(jobId, delivered)

    expect(receiver.deliveries).toHaveLength(1)
    expect(receiver.deliveries[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': USER_AGENT,
      'webhook-id': event.id,
    })
    expect(JSON.parse(receiver.deliveries[0]?.body ?? '')).toEqual({
      id: event.id,
      object: 'event',
      type: 'job.cancelled',
      created_at: Math.floor(event.createdAt / 1_000),
      data: { id: jobId, object: 'job', status: 'cancelled', metadata: { order: '4711' } },
    })
    expect(event).toMatchObject({ attempts: 1, lastStatus: 204 })
    expect(courier.health()).toEqual({ ok: true, detail: 'feeding' })
    expect(await telemetry.scrape()).toMatch(
      /longhaul_webhook_deliveries_total\{outcome="delivered"\} \d+/,
    )
  })

  it('names its version', () => {
    const { version } = JSON.parse(
      readFileSync(new URL('./package.json', import.meta.url), 'utf8'),
    ) as { version: string }
    expect(USER_AGENT).toBe(`Longhaul/${version}`)
  })

  it('finds events that nobody announced', async () => {
    const jobId = await commitEvent(test.store, { tenantId, url: receiver.url })
    await startCourier()
    await until(jobId, delivered)
    const later = await commitEvent(test.store, { tenantId, url: receiver.url })
    await until(later, delivered)

    expect(receiver.deliveries).toHaveLength(2)
  })

  describe('signs', () => {
    function verify(index: number, secret: string): unknown {
      const { body, headers } = receiver.deliveries[index] ?? { body: '', headers: {} }
      return new Webhook(secret).verify(body, headers as Record<string, string>)
    }

    it('so that standardwebhooks and the OpenAI client verify it', async () => {
      const [secret = ''] = await test.store.tenants.webhookSecrets(tenantId)
      await startCourier()
      const jobId = await commit()
      const { id } = await until(jobId, delivered)

      expect(verify(0, secret)).toMatchObject({ id, data: { id: jobId } })
      const { body, headers } = receiver.deliveries[0] ?? { body: '', headers: {} }
      const client = new OpenAI({ apiKey: 'none' })
      const sent = new Headers(headers as Record<string, string>)
      expect(await client.webhooks.unwrap(body, sent, secret)).toMatchObject({ id })
      await expect(client.webhooks.unwrap(`${body} `, sent, secret)).rejects.toThrow(
        OpenAI.InvalidWebhookSignatureError,
      )
    })

    it('with both secrets for a day after a rotation', async () => {
      const [old = ''] = await test.store.tenants.webhookSecrets(tenantId)
      await startCourier()
      await until(await commit(), delivered)
      const fresh = await test.store.tenants.rotateWebhookSecret(tenantId)
      clock.advance(30 * SECOND)
      const { id } = await until(await commit(), delivered)

      expect(receiver.deliveries[1]?.headers['webhook-signature']).toMatch(/^v1,\S{44} v1,\S{44}$/)
      expect(verify(1, old)).toMatchObject({ id })
      expect(verify(1, fresh)).toMatchObject({ id })

      clock.advance(24 * HOUR)
      await until(await commit(), delivered)
      expect(receiver.deliveries[2]?.headers['webhook-signature']).toMatch(/^v1,\S{44}$/)
    })

    it('with the first secret for its whole day, also when it is rotated again', async () => {
      const { tenants } = test.store
      const [first = ''] = await tenants.webhookSecrets(tenantId)
      const second = await tenants.rotateWebhookSecret(tenantId)
      clock.advance(MINUTE)
      const third = await tenants.rotateWebhookSecret(tenantId)
      expect(await tenants.webhookSecrets(tenantId)).toEqual([third, second, first])
      await startCourier()
      const { id } = await until(await commit(), delivered)
      expect(verify(0, first)).toMatchObject({ id })

      clock.advance(24 * HOUR - MINUTE)
      expect(await tenants.webhookSecrets(tenantId)).toEqual([third, second])
      for (const _ of [1, 2, 3, 4]) {
        clock.advance(SECOND)
        await tenants.rotateWebhookSecret(tenantId)
      }
      const five = await tenants.webhookSecrets(tenantId)
      expect([five.length, five[4]]).toEqual([5, third])
    })
  })

  it('tries again on schedule, with the same id and body and a timestamp of the attempt', async () => {
    const received: number[] = []
    receiver.respond = response => {
      received.push(clock.now())
      response.writeHead(500).end()
    }
    await startCourier()
    const jobId = await commit()
    const delays = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR]
    for (const [index, delayMs] of delays.entries()) {
      const event = await until(jobId, attempted(index + 1))
      expect(event).toMatchObject({ state: 'pending', lastStatus: 500, lastError: 'HTTP 500' })
      const nextAttemptAt = event.nextAttemptAt ?? 0
      expect(nextAttemptAt - delayMs).toBeGreaterThanOrEqual(received.at(-1) ?? 0)
      expect(nextAttemptAt - delayMs).toBeLessThanOrEqual(clock.now())
      clock.advance(nextAttemptAt - clock.now() - 100)
      await delay(20)
      expect(receiver.deliveries).toHaveLength(index + 1)
      clock.advance(100)
    }
    const event = await until(jobId, attempted(delays.length + 1))

    expect(event).toMatchObject({ state: 'failed', nextAttemptAt: null, lastStatus: 500 })
    expect(new Set(receiver.ids)).toEqual(new Set([event.id]))
    expect(new Set(receiver.deliveries.map(({ body }) => body)).size).toBe(1)
    const stamps = receiver.deliveries.map(({ headers }) => Number(headers['webhook-timestamp']))
    for (const [index, time] of received.entries()) {
      expect(stamps[index]).toBeLessThanOrEqual(time / 1_000)
      expect(stamps[index]).toBeGreaterThan(time / 1_000 - 5)
    }
  })

  it('waits as long as Retry-After asks, within twice the schedule', async () => {
    let askedAt = 0
    receiver.respond = (response, _, count) => {
      if (count > 1) return response.writeHead(204).end()
      askedAt = clock.now()
      return response.writeHead(503, { 'retry-after': '8' }).end()
    }
    await startCourier()
    const jobId = await commit()
    const event = await until(jobId, attempted(1))

    expect(event.nextAttemptAt).toBeGreaterThanOrEqual(askedAt + 8 * SECOND)
    expect(event.nextAttemptAt).toBeLessThanOrEqual(clock.now() + 8 * SECOND)
    await until(jobId, delivered)
  })

  it('takes a redirect for a failure and does not follow it', async () => {
    const elsewhere = await listen()
    receiver.respond = response => response.writeHead(307, { location: elsewhere.url }).end()
    await startCourier()
    const event = await until(await commit(), attempted(1))

    expect(event).toMatchObject({
      state: 'pending',
      lastError: 'HTTP 307: redirects are not followed',
    })
    expect(elsewhere.deliveries).toEqual([])
  })

  it('gives up at 410 and leaves the receiver alone, until somebody resends', async () => {
    receiver.respond = statuses(410, 204)
    await startCourier()
    const first = await commit()
    expect(await until(first, attempted(1))).toMatchObject({ state: 'failed', lastStatus: 410 })
    const second = await commit()
    expect(await until(second, ({ state }) => state === 'failed')).toMatchObject({
      attempts: 0,
      lastError: 'receiver disabled',
    })
    expect(receiver.deliveries).toHaveLength(1)

    await test.store.webhookEvents.recoverSince(tenantId, receiver.url, 0)
    await until(first, delivered)
    await until(second, delivered)
    expect(receiver.deliveries).toHaveLength(3)
  })

  it('slows down for a receiver that is overloaded, without spending attempts', async () => {
    let throttledAt = 0
    receiver.respond = (response, _, count) => {
      if (count > 1) return response.writeHead(204).end()
      throttledAt = clock.now()
      return response.writeHead(429, { 'retry-after': '9' }).end()
    }
    await startCourier()
    const first = await commit()
    await until(first, attempted(1))
    const second = await commit()
    await until(second, ({ nextAttemptAt }) => (nextAttemptAt ?? 0) > throttledAt + 7 * SECOND)
    expect(receiver.deliveries).toHaveLength(1)

    expect(await until(second, delivered)).toMatchObject({ attempts: 1 })
    expect(clock.now() - throttledAt).toBeGreaterThan(7 * SECOND)
  })

  it('delivers to others while a receiver hangs', async () => {
    stepMs = 2
    const hanging = await listen()
    hanging.respond = () => {}
    await startCourier({ timeoutMs: 4 * SECOND })
    for (let event = 0; event < 24; event += 1) await commit(hanging.url)
    await passing(hanging.received(8))
    await until(await commit(), delivered)

    // One timeout frees the slots that it took before it was known to be slow. A queue that
    // served everybody in turn would have called it 24 times by now, and eight at a time ever since.
    expect(hanging.deliveries.length).toBeLessThan(24)
    const before = hanging.deliveries.length
    await until(await commit(), delivered)
    expect(hanging.deliveries.length - before).toBeLessThan(8)
  })

  it.each([
    ['an address', () => receiver.url],
    ['a name', () => `http://localhost:${receiver.port}/`],
    ['a name that resolves to one', () => `http://hooks.example.com:${receiver.port}/`],
  ])('sends nothing to a private receiver named by %s', async (_, url) => {
    const resolve: Resolve = (_host, _options, callback) =>
      setImmediate(callback, null, [{ address: '127.0.0.1', family: 4 }])
    await startCourier({ policy: createReceiverPolicy([], { resolve }) })
    const event = await until(await commit(url()), attempted(1))

    expect(event).toMatchObject({
      state: 'pending',
      lastStatus: null,
      lastError: expect.stringMatching(/not a public/),
    })
    expect(receiver.deliveries).toEqual([])
  })

  it('brings every event again when the queue lost its tables', async () => {
    receiver.respond = () => {}
    await startCourier()
    const jobs = await Promise.all(Array.from({ length: 30 }, () => commit()))
    await passing(receiver.received(8))
    await test.query(`DROP SCHEMA "${test.schema}_queue" CASCADE`)
    receiver.respond = statuses(204)

    for (const jobId of jobs) await until(jobId, delivered)
    expect(new Set(receiver.ids).size).toBe(30)
  })

  it('delivers each event once while two couriers share the work', async () => {
    const other = await test.openAnother()
    await startCourier()
    await startCourier({ store: other })
    const jobs = await Promise.all(Array.from({ length: 100 }, () => commit()))
    for (const jobId of jobs) await until(jobId, delivered)

    expect(receiver.ids).toHaveLength(100)
    expect(new Set(receiver.ids).size).toBe(100)
  })

  it('stops within its budget, and what it was sending is due again at once', async () => {
    receiver.respond = () => {}
    const courier = await startCourier()
    const jobId = await commit()
    await passing(receiver.received(1))

    await passing(Promise.all([courier.stop(2_000), courier.stop(2_000)]))
    expect(await eventOf(jobId)).toMatchObject({ state: 'pending', attempts: 0 })
    receiver.respond = statuses(204)
    await startCourier()
    await until(jobId, delivered)
    expect(new Set(receiver.ids).size).toBe(1)
  })

  it('lets an attempt under way end before it stops', async () => {
    receiver.respond = response => void setTimeout(() => response.writeHead(200).end(), 100)
    const courier = await startCourier()
    const jobId = await commit()
    await passing(receiver.received(1))
    await courier.stop(600_000)

    expect(await eventOf(jobId)).toMatchObject({ state: 'delivered' })
  })
})
