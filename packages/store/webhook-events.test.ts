import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { newId } from '@longhaul/contracts'
import { openTestStore, type TestStore } from '../../test/database.ts'
import { ManualClock } from '../../test/manual-clock.ts'
import { commitEvent as commit } from '../../test/webhook-event.ts'
import { DISABLE_RECEIVER_AFTER_MS } from './webhook-events.ts'
import type { DueEvent, EventOutcome, EventSettlement } from './webhook-types.ts'

const GRACE_MS = 60_000
const MINUTE = 60_000
const DAY = 86_400_000
const URL = 'https://example.com/hooks'

describe('WebhookEvents', () => {
  // Ids are made by the real time, and partitions by this one.
  const clock = new ManualClock(Date.now())
  let test: TestStore
  let tenantId: string
  const events = () => test.store.webhookEvents

  beforeAll(async () => {
    test = await openTestStore(clock)
  })
  afterAll(() => test.close())
  beforeEach(async () => {
    await test.query('TRUNCATE webhook_events, webhook_receivers')
    clock.advance(MINUTE)
    tenantId = (await test.store.tenants.ensure(newId('request'))).id
  })

  const commitEvent = (url = URL, metadata?: Record<string, string>) =>
    commit(test.store, { tenantId, url, ...(metadata && { metadata }) })

  async function advanceDays(ms: number) {
    clock.advance(ms)
    await test.store.partitions.ensure(clock.now())
  }

  const take = async (limit: number, store = test.store) =>
    (await store.webhookEvents.takeDue(limit, GRACE_MS)).events

  const nextDueAt = async () => (await events().takeDue(0, GRACE_MS)).nextDueAt

  async function takeOne(): Promise<DueEvent> {
    const [event] = await take(1)
    if (!event) throw new Error('no event is due')
    return event
  }

  function settle(
    event: DueEvent,
    outcome: EventOutcome,
    more: Omit<EventSettlement, 'event' | 'outcome'> = {},
  ) {
    return events().settle({ event, outcome, ...more })
  }

  const delivered: EventOutcome = { kind: 'delivered', httpStatus: 204 }
  const failed: EventOutcome = { kind: 'failed', httpStatus: 500, error: 'HTTP 500' }
  const retryIn = (ms: number): EventOutcome => ({
    kind: 'retry',
    dueAt: clock.now() + ms,
    httpStatus: 500,
    error: 'HTTP 500',
  })

  describe('takeDue', () => {
    it('hands out what a payload says', async () => {
      const jobId = await commitEvent(URL, { b: '2', a: '1' })

      expect(await takeOne()).toEqual({
        id: expect.stringMatching(/^evt_[0-9a-f]{32}$/),
        tenantId,
        subjectId: jobId,
        type: 'job.cancelled',
        status: 'cancelled',
        url: URL,
        metadata: { a: '1', b: '2' },
        createdAt: clock.now(),
        attempts: 0,
        scheduleAttempts: 0,
      })
    })

    it('hands out each event once, to whoever asks first, and again after the grace', async () => {
      await Promise.all(Array.from({ length: 20 }, () => commitEvent()))
      const other = await test.openAnother()

      const takes = await Promise.all([take(15), take(15, other)])
      const ids = takes.flat().map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
      ids.push(...(await take(15)).map(({ id }) => id))
      expect(new Set(ids).size).toBe(20)

      clock.advance(GRACE_MS - 1)
      expect(await take(20)).toEqual([])
      clock.advance(1)
      expect((await take(20)).map(({ id }) => id).sort()).toEqual(ids.sort())
    })

    it('takes the longest due first, and says when the next falls due', async () => {
      expect(await nextDueAt()).toBeUndefined()
      const first = await commitEvent()
      const firstDueAt = clock.now()
      clock.advance(10)
      await commitEvent()

      expect(await nextDueAt()).toBe(firstDueAt)
      expect((await takeOne()).subjectId).toBe(first)
      expect(await nextDueAt()).toBe(firstDueAt + 10)
    })

    it('tells of an event whose job is gone', async () => {
      await commitEvent(URL, { a: '1' })
      await test.query('DELETE FROM jobs')

      expect(await takeOne()).toMatchObject({ status: 'cancelled', metadata: null })
    })
  })

  describe('settle', () => {
    it('delivered: never due again', async () => {
      await commitEvent()
      const event = await takeOne()

      expect(await settle(event, delivered)).toEqual({ applied: true, receiverDisabled: false })
      expect(await events().get(tenantId, event.id)).toMatchObject({
        state: 'delivered',
        attempts: 1,
        deliveredAt: clock.now(),
        nextAttemptAt: null,
        lastStatus: 204,
        lastError: null,
      })
      expect(await nextDueAt()).toBeUndefined()
    })

    it('retry: due at the time given, one attempt more', async () => {
      await commitEvent()
      const event = await takeOne()
      await settle(event, retryIn(5_000))

      expect(await events().get(tenantId, event.id)).toMatchObject({
        state: 'pending',
        attempts: 1,
        nextAttemptAt: clock.now() + 5_000,
        lastStatus: 500,
        lastError: 'HTTP 500',
      })
      clock.advance(5_000)
      expect(await takeOne()).toMatchObject({ id: event.id, attempts: 1, scheduleAttempts: 1 })
    })

    it('failed: given up', async () => {
      await commitEvent()
      const event = await takeOne()
      await settle(event, failed)

      expect(await events().get(tenantId, event.id)).toMatchObject({
        state: 'failed',
        failedAt: clock.now(),
        nextAttemptAt: null,
      })
    })

    it('postponed: no attempt is counted, nothing is held against the receiver', async () => {
      await commitEvent()
      const event = await takeOne()
      await settle(event, { kind: 'postponed', dueAt: clock.now() + 10 })

      expect(await events().get(tenantId, event.id)).toMatchObject({
        state: 'pending',
        attempts: 0,
        nextAttemptAt: clock.now() + 10,
        lastStatus: null,
      })
      expect(await events().receiver(tenantId, URL)).toBeUndefined()
    })

    it('keeps neighbours in one statement apart', async () => {
      await Promise.all(Array.from({ length: 9 }, () => commitEvent()))
      const taken = await take(9)
      const outcomes = [delivered, retryIn(5_000), failed]
      await Promise.all(
        taken.map((event, index) => settle(event, outcomes[index % 3] as EventOutcome)),
      )

      const { events: all } = await events().list({ tenantId, limit: 10 })
      const states = new Map(all.map(({ id, state }) => [id, state]))
      expect(taken.map(({ id }) => states.get(id))).toEqual(
        Array.from({ length: 3 }, () => ['delivered', 'pending', 'failed']).flat(),
      )
    })

    it('refuses a courier that was overtaken', async () => {
      await commitEvent()
      const slow = await takeOne()
      clock.advance(GRACE_MS)
      const quick = await takeOne()
      await settle(quick, retryIn(5_000))

      expect(await settle(slow, failed)).toMatchObject({ applied: false })
      expect(await events().get(tenantId, quick.id)).toMatchObject({
        state: 'pending',
        attempts: 1,
      })
    })

    it.each([
      ['a retry', retryIn(5_000)],
      ['giving up', failed],
    ])('lets a success win over %s that came before', async (_, before) => {
      await commitEvent()
      const slow = await takeOne()
      clock.advance(GRACE_MS)
      await settle(await takeOne(), before)

      expect(await settle(slow, delivered)).toMatchObject({ applied: true })
      expect(await events().get(tenantId, slow.id)).toMatchObject({
        state: 'delivered',
        failedAt: null,
        nextAttemptAt: null,
        attempts: 1,
      })
    })

    it('changes nothing that was delivered', async () => {
      await commitEvent()
      const event = await takeOne()
      await settle(event, delivered)
      const before = await events().get(tenantId, event.id)
      clock.advance(1)

      for (const outcome of [delivered, failed, retryIn(5_000)]) {
        expect(await settle(event, outcome)).toMatchObject({ applied: false })
      }
      expect(await events().get(tenantId, event.id)).toEqual(before)
    })
  })

  describe('check', () => {
    it('holds while the take does', async () => {
      await commitEvent()
      const event = await takeOne()
      expect(await events().check(event)).toEqual({
        current: true,
        throttledUntil: null,
        disabled: false,
      })

      await settle(event, retryIn(5_000))
      expect(await events().check(event)).toEqual({ current: false })
      expect(await events().check({ id: newId('event'), attempts: 0 })).toEqual({ current: false })
    })

    it('tells of the receiver', async () => {
      await Promise.all([commitEvent(), commitEvent(), commitEvent()])
      const [a, b, c] = await take(3)
      if (!a || !b || !c) throw new Error('three events are due')

      await settle(a, retryIn(5_000), { throttledUntil: clock.now() + 1_000 })
      expect(await events().check(c)).toMatchObject({ throttledUntil: clock.now() + 1_000 })
      await settle(b, failed, { disable: 'HTTP 410' })
      expect(await events().check(c)).toMatchObject({ current: true, disabled: true })
    })
  })

  describe('receivers', () => {
    async function failOnce() {
      await commitEvent()
      return settle(await takeOne(), failed)
    }

    it('are failing since the first failure after the last success', async () => {
      await failOnce()
      const since = clock.now()
      clock.advance(MINUTE)
      await failOnce()
      expect(await events().receiver(tenantId, URL)).toEqual({
        url: URL,
        failingSince: since,
        throttledUntil: null,
        disabledAt: null,
        disabledReason: null,
      })

      await commitEvent()
      await settle(await takeOne(), delivered)
      expect(await events().receiver(tenantId, URL)).toMatchObject({ failingSince: null })
    })

    it('are disabled after five days of failures only', async () => {
      await failOnce()
      await advanceDays(DISABLE_RECEIVER_AFTER_MS - 1)
      expect(await failOnce()).toMatchObject({ receiverDisabled: false })
      clock.advance(1)
      expect(await failOnce()).toMatchObject({ receiverDisabled: true })
      expect(await events().receiver(tenantId, URL)).toMatchObject({
        disabledAt: clock.now(),
        disabledReason: 'only failures for 5 days',
      })
    })

    it('stay enabled by one success in five days', async () => {
      await failOnce()
      await advanceDays(DAY)
      await commitEvent()
      await settle(await takeOne(), delivered)
      await advanceDays(DISABLE_RECEIVER_AFTER_MS)

      expect(await failOnce()).toMatchObject({ receiverDisabled: false })
    })

    it('once disabled, fail their events when these fall due, and no others', async () => {
      await commitEvent()
      await settle(await takeOne(), failed, { disable: 'HTTP 410: gone' })
      clock.advance(1)
      await commitEvent()
      await commitEvent('https://example.com/other')

      const taken = await take(10)
      expect(taken.map(({ url }) => url)).toEqual(['https://example.com/other'])
      const { events: all } = await events().list({ tenantId, limit: 10 })
      expect(all.filter(({ url }) => url === URL)).toMatchObject([
        { state: 'failed', attempts: 0, lastError: 'receiver disabled', nextAttemptAt: null },
        { state: 'failed', attempts: 1, lastError: 'HTTP 500' },
      ])
    })

    it('while throttled, put their events off without an attempt', async () => {
      await commitEvent()
      await commitEvent()
      const until = clock.now() + 30_000
      await settle(await takeOne(), retryIn(5_000), { throttledUntil: until })

      expect(await take(10)).toEqual([])
      clock.advance(5_000)
      expect(await take(10)).toEqual([])
      expect(await nextDueAt()).toBe(until)
      clock.advance(25_000)
      expect((await take(10)).map(({ attempts }) => attempts).sort()).toEqual([0, 1])
    })

    it('keep a throttle that a success overtook', async () => {
      await Promise.all([commitEvent(), commitEvent()])
      const [a, b] = await take(2)
      if (!a || !b) throw new Error('two events are due')
      const throttledUntil = clock.now() + 30_000
      await Promise.all([settle(a, retryIn(5_000), { throttledUntil }), settle(b, delivered)])

      expect(await events().receiver(tenantId, URL)).toMatchObject({
        failingSince: null,
        throttledUntil,
      })
    })

    it('are forgotten once they have not failed for long, unless disabled', async () => {
      await failOnce()
      await commitEvent('https://gone.example/')
      await settle(await takeOne(), failed, { disable: 'HTTP 410' })
      await advanceDays(30 * DAY)

      expect(await events().forgetReceivers(clock.now() - 30 * DAY)).toBe(0)
      expect(await events().forgetReceivers(clock.now() - 30 * DAY + 1)).toBe(1)
      expect(await events().receiver(tenantId, URL)).toBeUndefined()
      expect(await events().receiver(tenantId, 'https://gone.example/')).toBeDefined()
    })
  })

  describe('resend', () => {
    it('makes a failed event due again, with the schedule from its beginning', async () => {
      await commitEvent()
      let event = await takeOne()
      await settle(event, retryIn(0))
      event = await takeOne()
      await settle(event, failed, { disable: 'HTTP 410' })
      clock.advance(MINUTE)

      expect(await events().resend(tenantId, event.id)).toMatchObject({
        id: event.id,
        state: 'pending',
        nextAttemptAt: clock.now(),
      })
      expect(await events().receiver(tenantId, URL)).toMatchObject({
        disabledAt: null,
        disabledReason: null,
        failingSince: null,
      })
      expect(await takeOne()).toMatchObject({ id: event.id, attempts: 2, scheduleAttempts: 0 })
    })

    it('resends what was delivered as well', async () => {
      await commitEvent()
      const event = await takeOne()
      await settle(event, delivered)
      await events().resend(tenantId, event.id)

      expect(await takeOne()).toMatchObject({ id: event.id, attempts: 1 })
    })

    it("leaves other tenants' events alone", async () => {
      await commitEvent()
      const event = await takeOne()
      await settle(event, failed)
      const other = await test.store.tenants.ensure('another')

      expect(await events().resend(other.id, event.id)).toBeUndefined()
      expect(await events().get(other.id, event.id)).toBeUndefined()
      expect(await nextDueAt()).toBeUndefined()
    })
  })

  it('recoverSince resends what failed at one receiver since then', async () => {
    const fail = async (url: string) => {
      await commitEvent(url)
      const event = await takeOne()
      await settle(event, failed)
      return event.id
    }
    await fail(URL)
    clock.advance(MINUTE)
    const since = clock.now()
    const wanted = [await fail(URL), await fail(URL)]
    await fail('https://example.com/other')
    await commitEvent()
    await settle(await takeOne(), delivered)

    expect(await events().recoverSince(tenantId, URL, since)).toBe(2)
    const taken = await take(10)
    expect(taken.map(({ id }) => id).sort()).toEqual(wanted.sort())
    expect(await events().recoverSince(tenantId, URL, since)).toBe(0)
  })

  it('lists newest first, by page and by job', async () => {
    const jobs: string[] = []
    for (let made = 0; made < 5; made += 1) {
      clock.advance(1)
      jobs.unshift(await commitEvent())
    }

    const first = await events().list({ tenantId, limit: 3 })
    expect(first.events.map(({ subjectId }) => subjectId)).toEqual(jobs.slice(0, 3))
    expect(first.hasMore).toBe(true)
    const after = first.events.at(-1)?.id ?? ''
    const second = await events().list({ tenantId, limit: 3, after })
    expect(second.events.map(({ subjectId }) => subjectId)).toEqual(jobs.slice(3))
    expect(second.hasMore).toBe(false)

    const jobId = jobs[2] ?? ''
    expect((await events().list({ tenantId, jobId, limit: 3 })).events).toMatchObject([
      { subjectId: jobId },
    ])
    const other = await test.store.tenants.ensure('another')
    expect((await events().list({ tenantId: other.id, limit: 3 })).events).toEqual([])
  })
})
