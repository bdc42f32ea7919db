import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type JobEventType, newId, systemClock } from '@longhaul/contracts'
import { DatabaseError, type QueryResultRow } from 'pg'
import { openTestStore, type TestStore } from '../../test/database.ts'
import { Database, type Statement } from './database.ts'
import { Jobs } from './jobs.ts'
import type { AttemptRecord, NewJob } from './types.ts'

let db: TestStore
let tenantId: string

beforeAll(async () => {
  db = await openTestStore()
  tenantId = (await db.store.tenants.ensure('acme')).id
})
afterAll(() => db.close())

function newJob(overrides: Partial<NewJob> = {}): NewJob {
  const body = JSON.stringify({ messages: [{ role: 'user', content: 'hi' }] })
  return {
    id: newId('job'),
    tenantId,
    status: 'queued',
    endpoint: '/v1/chat/completions',
    lane: 'standard',
    policy: null,
    requestedModel: null,
    metadata: null,
    notBefore: null,
    deadlineAt: null,
    webhook: null,
    traceparent: null,
    body,
    bodyBytes: body.length,
    idempotency: null,
    ...overrides,
  }
}

function attempt(overrides: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    model: 'small',
    deployment: 'small/a',
    startedAt: Date.now() - 10,
    finishedAt: Date.now(),
    outcome: 'succeeded',
    httpStatus: 200,
    error: null,
    usage: null,
    costUsd: 0.5,
    ...overrides,
  }
}

async function insertAndClaim(overrides: Partial<NewJob> = {}, leaseMs = 30_000) {
  const job = newJob(overrides)
  await db.store.jobs.insert(job)
  const claim = await db.store.jobs.claim(job.id, 'small', 'worker-1', leaseMs)
  if (!claim) throw new Error('not claimed')
  return { job, claim }
}

/** PostgreSQL counts them for all schemas together, and the store tries again. */
class WatchedDatabase extends Database {
  deadlocks = 0

  override async hot<Row extends QueryResultRow>(
    statement: Statement,
    values: unknown[],
  ): Promise<Row[]> {
    try {
      return await super.hot<Row>(statement, values)
    } catch (error) {
      if (error instanceof DatabaseError && error.code === '40P01') this.deadlocks += 1
      throw error
    }
  }
}

const success = { body: '{"ok":true}', error: null, usage: null }

describe('a job', () => {
  it('goes from queued over running to succeeded, with its attempt and its cost', async () => {
    const { job, claim } = await insertAndClaim()
    const settled = await db.store.jobs.settle({
      jobId: job.id,
      from: 'running',
      fence: claim.fence,
      to: 'succeeded',
      attempt: attempt(),
      result: success,
    })
    expect(settled).toEqual({ applied: true, eventWritten: false })
    const found = await db.store.reads.get(tenantId, job.id, new Set(['request', 'attempts']))
    expect(found).toMatchObject({
      status: 'succeeded',
      model: 'small',
      attempts: 1,
      costUsd: 0.5,
      resultBody: '{"ok":true}',
      requestBody: job.body,
      attemptRecords: [{ number: 1, outcome: 'succeeded', deployment: 'small/a' }],
    })
  })

  it('is claimed by one of many that try at once', async () => {
    const job = newJob()
    await db.store.jobs.insert(job)
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        db.store.jobs.claim(job.id, 'small', `worker-${n}`, 30_000),
      ),
    )
    expect(claims.filter(Boolean)).toHaveLength(1)
  })

  it('is claimed beside one that cannot be: the fault is told to the one alone', async () => {
    const job = newJob()
    await db.store.jobs.insert(job)
    const [good, bad] = await Promise.allSettled([
      db.store.jobs.claim(job.id, 'small', 'worker-1', 30_000),
      (async () => db.store.jobs.claim('nonsense', 'small', 'worker-1', 30_000))(),
    ])
    expect(good).toMatchObject({ status: 'fulfilled', value: { fence: 1 } })
    expect(bad.status).toBe('rejected')
  })

  it('tells a settlement whose answer was lost from that of a zombie', async () => {
    const { job, claim } = await insertAndClaim()
    const settlement = {
      jobId: job.id,
      from: 'running' as const,
      fence: claim.fence,
      to: 'succeeded' as const,
      attempt: attempt(),
      result: success,
    }
    expect(await db.store.jobs.wasSettled(settlement)).toBe(false)
    expect(await db.store.jobs.settle(settlement)).toMatchObject({ applied: true })
    expect(await db.store.jobs.settle(settlement)).toMatchObject({ applied: false })
    expect(await db.store.jobs.wasSettled(settlement)).toBe(true)
    const zombie = { ...settlement, attempt: attempt({ finishedAt: Date.now() + 5 }) }
    expect(await db.store.jobs.wasSettled(zombie)).toBe(false)
  })

  it('is renewed while others are settled in another order, without waiting for a deadlock', async () => {
    const claims = await Promise.all(Array.from({ length: 300 }, () => insertAndClaim()))
    const { databaseUrl, schema } = db
    const database = new WatchedDatabase({ databaseUrl, schema, maxConnections: 11 })
    const jobs = new Jobs(database, systemClock, () => {})
    const held = claims.map(({ job, claim }) => ({ jobId: job.id, fence: claim.fence }))
    const renewAll = () => Promise.all(Array.from({ length: 6 }, () => jobs.renew(held, 30_000)))
    await renewAll() // the connections are there, and the statements planned
    const settled = claims.toReversed().map(({ job, claim }) =>
      jobs.settle({
        jobId: job.id,
        from: 'running',
        fence: claim.fence,
        to: 'running',
        spent: false,
        attempt: attempt(),
      }),
    )
    await Promise.all([...settled, renewAll()])
    await database.stop()
    expect(database.deadlocks).toBe(0)
  })

  it('keeps the first result: a late finisher finds no row, its attempt and cost stay', async () => {
    const { job, claim } = await insertAndClaim({}, -1_000)
    const reclaimed = await db.store.dispatch.reclaimExpired(10)
    expect(reclaimed).toContainEqual({ jobId: job.id, fence: 1, failed: false })
    await db.store.dispatch.release([
      { lane: 'standard', tenantId, model: '', batchId: null, count: 100 },
    ])
    const second = await db.store.jobs.claim(job.id, 'small', 'worker-2', 30_000)
    expect(second?.fence).toBe(2)
    const done = await db.store.jobs.settle({
      jobId: job.id,
      from: 'running',
      fence: 2,
      to: 'succeeded',
      attempt: attempt(),
      result: success,
    })
    expect(done.applied).toBe(true)
    const zombie = await db.store.jobs.settle({
      jobId: job.id,
      from: 'running',
      fence: claim.fence,
      to: 'succeeded',
      attempt: attempt(),
      result: { ...success, body: '{"late":true}' },
    })
    expect(zombie.applied).toBe(false)
    const found = await db.store.reads.get(tenantId, job.id, new Set(['attempts']))
    expect(found).toMatchObject({ resultBody: '{"ok":true}', costUsd: 1, attempts: 2 })
    expect(found?.attemptRecords?.map(({ number, outcome }) => [number, outcome])).toEqual([
      [1, 'succeeded'],
      [2, 'succeeded'],
    ])
  })
})

describe('the outbox', () => {
  it.each<[JobEventType[] | null, boolean]>([
    [null, true],
    [['job.succeeded'], true],
    [['job.failed'], false],
  ])(
    'for a receiver that wants %j an event is written with the success: %s',
    async (events, written) => {
      const { job, claim } = await insertAndClaim({
        webhook: { url: 'https://example.com/hook', events },
      })
      const settled = await db.store.jobs.settle({
        jobId: job.id,
        from: 'running',
        fence: claim.fence,
        to: 'succeeded',
        attempt: attempt(),
        result: success,
      })
      expect(settled).toEqual({ applied: true, eventWritten: written })
      const rows = await db.query('SELECT type FROM webhook_events WHERE job_id = $1', [
        job.id.slice(4),
      ])
      expect(rows).toEqual(written ? [{ type: 'job.succeeded' }] : [])
    },
  )
})

describe('statements issued at the same time', () => {
  it('fail alone: a bad row does not take its neighbours with it', async () => {
    const jobs = Array.from({ length: 50 }, () => newJob())
    const bad = [
      newJob({ body: 'bad \u0000 text' }),
      newJob({ body: 'half \ud83d' }),
      newJob({ metadata: { of: 'bad \u0000 text' } }),
    ]
    const outcomes = await Promise.allSettled(
      [...jobs.slice(0, 20), ...bad, ...jobs.slice(20)].map(job => db.store.jobs.insert(job)),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(50)
    for (const at of [20, 21, 22]) expect(outcomes[at]?.status).toBe('rejected')
  })

  it('keep lists and objects as they came', async () => {
    const url = 'https://example.com/hook'
    const lists = [null, [], ['job.succeeded', 'a "b", {c}', 'NULL', 'ä 🌍']] as const
    const metadata = { ä: '🌍 "quoted"', empty: '' }
    const jobs = lists.map(events =>
      newJob({ webhook: { url, events: events as never }, metadata, options: null }),
    )
    await Promise.all([...jobs, newJob()].map(job => db.store.jobs.insert(job)))
    for (const [index, { id }] of jobs.entries()) {
      const rows = await db.query('SELECT webhook_events, metadata FROM jobs WHERE id = $1', [
        id.slice(4),
      ])
      const events = lists[index]
      expect(rows).toEqual([{ webhook_events: events, metadata }])
      const read = await db.store.reads.get(tenantId, id)
      expect(read).toMatchObject({ webhook: { url, events }, metadata })
    }
  })
})

describe('an idempotency key', () => {
  it('gives the same job for the same body, and refuses another', async () => {
    const idempotency = { key: 'k1', bodyHash: 'h1' }
    const first = newJob({ idempotency })
    expect(await db.store.jobs.insert(first)).toEqual({ kind: 'inserted' })
    expect(await db.store.jobs.insert(newJob({ idempotency }))).toEqual({
      kind: 'duplicate',
      jobId: first.id,
    })
    expect(
      await db.store.jobs.insert(newJob({ idempotency: { key: 'k1', bodyHash: 'h2' } })),
    ).toEqual({ kind: 'key-reused' })
  })
  it('works between rows of one statement', async () => {
    const idempotency = { key: 'k2', bodyHash: 'h1' }
    const outcomes = await Promise.all(
      [newJob({ idempotency }), newJob({ idempotency })].map(job => db.store.jobs.insert(job)),
    )
    expect(outcomes.map(({ kind }) => kind)).toEqual(['inserted', 'duplicate'])
  })
})

describe('cancel', () => {
  it.each(['pending', 'queued'] as const)(
    'ends a %s job once, and answers the same twice',
    async status => {
      const job = newJob({ status })
      await db.store.jobs.insert(job)
      expect(await db.store.jobs.cancel(tenantId, job.id)).toEqual({
        status: 'cancelled',
        changed: true,
      })
      expect(await db.store.jobs.cancel(tenantId, job.id)).toEqual({
        status: 'cancelled',
        changed: false,
      })
      expect(await db.store.jobs.claim(job.id, 'small', 'w', 1_000)).toBeUndefined()
    },
  )
  it('keeps the attempt of a running job whose call was aborted', async () => {
    const { job, claim } = await insertAndClaim()
    await db.store.jobs.cancel(tenantId, job.id)
    const settled = await db.store.jobs.settle({
      jobId: job.id,
      from: 'running',
      fence: claim.fence,
      to: 'cancelled',
      attempt: attempt({ outcome: 'cancelled' }),
      result: { body: null, error: null, usage: null },
    })
    expect(settled.applied).toBe(false)
    const found = await db.store.reads.get(tenantId, job.id, new Set(['attempts']))
    expect(found).toMatchObject({ status: 'cancelled', attemptRecords: [{ outcome: 'cancelled' }] })
  })
})

describe('the dispatcher', () => {
  it('keeps what a job carries with it for every dispatch', async () => {
    const key = { lane: 'interactive' as const, tenantId, model: 'carried' }
    const options = { constraints: { models: ['a', 'b'] }, streamTo: 'somewhere' }
    const job = newJob({ ...key, requestedModel: key.model, status: 'pending', options })
    await db.store.jobs.insert(job)
    const [released] = await db.store.dispatch.release([{ ...key, batchId: null, count: 1 }])
    expect(released).toMatchObject({ id: job.id, options })
    expect(await db.store.reads.get(tenantId, job.id)).toMatchObject({ options })
  })

  it('removes what was said of a job that has ended, once', async () => {
    const { job, claim } = await insertAndClaim()
    expect(await db.store.contents.remove(tenantId, job.id)).toBe(false)
    await db.store.jobs.settle({
      jobId: job.id,
      from: 'running',
      fence: claim.fence,
      to: 'succeeded',
      attempt: attempt(),
      result: success,
    })
    expect(await db.store.contents.remove(tenantId, job.id)).toBe(true)
    expect(await db.store.contents.remove(tenantId, job.id)).toBe(false)
    expect(await db.store.reads.get(tenantId, job.id)).toBeUndefined()
    expect(await db.query('SELECT FROM job_bodies WHERE job_id = $1', [job.id.slice(4)])).toEqual(
      [],
    )
  })

  it('finds every key with due work, and releases each up to its count, longest due first', async () => {
    const other = (await db.store.tenants.ensure('dispatch-tenant')).id
    const jobs = Array.from({ length: 5 }, () =>
      newJob({ tenantId: other, status: 'pending', lane: 'bulk', requestedModel: 'm' }),
    )
    for (const job of jobs) await db.store.jobs.insert(job)
    await db.store.jobs.insert(
      newJob({
        tenantId: other,
        status: 'pending',
        lane: 'interactive',
        notBefore: Date.now() + 60_000,
      }),
    )
    const key = { lane: 'bulk' as const, tenantId: other, model: 'm' }
    expect(
      (await db.store.dispatch.dueKeys()).filter(({ tenantId }) => tenantId === other),
    ).toEqual([{ ...key, batchId: null }])
    expect(await db.store.dispatch.held()).toContainEqual({ lane: 'bulk', model: 'm', count: 5 })
    const released = await db.store.dispatch.release([{ ...key, batchId: null, count: 3 }])
    expect(released.map(({ id }) => id)).toEqual(jobs.slice(0, 3).map(({ id }) => id))
    expect(released[0]).toMatchObject({
      dispatch: 1,
      dispatchModel: 'm',
      bodyBytes: jobs[0]?.bodyBytes,
    })
    const bodies = jobs.map(({ id, bodyBytes }) => db.store.requestBodies.of(id, bodyBytes))
    expect(await Promise.all(bodies)).toEqual(jobs.map(({ body }) => body))
    expect(await db.store.requestBodies.of(newId('job'), 0)).toBeUndefined()
    expect(await db.store.dispatch.published()).toContainEqual({ ...key, count: 3 })
    expect(await db.store.dispatch.held()).toContainEqual({ lane: 'bulk', model: 'm', count: 2 })
    const { keys, nextAt } = await db.store.dispatch.due()
    expect(keys).toContainEqual({ ...key, batchId: null })
    expect(nextAt).toBeGreaterThan(Date.now() + 50_000)
  })

  it('expires what is past its deadline, and fails what too many workers died on', async () => {
    const late = newJob({ status: 'pending', deadlineAt: Date.now() - 1 })
    await db.store.jobs.insert(late)
    expect(await db.store.dispatch.stuck(60_000)).toMatchObject({ overdue: true })
    expect(await db.store.dispatch.expireOverdue()).toContain(late.id)
    const { job } = await insertAndClaim({}, -1_000)
    expect(await db.store.dispatch.stuck(60_000)).toMatchObject({
      leasesExpired: true,
      overdue: false,
    })
    await db.store.dispatch.reclaimExpired(1)
    expect(await db.store.reads.get(tenantId, job.id)).toMatchObject({
      status: 'failed',
      error: { code: 'worker_lost' },
    })
  })
})

describe('lists', () => {
  it('page through all jobs of a tenant by cursor, both ways', async () => {
    const lister = (await db.store.tenants.ensure('lister')).id
    const ids: string[] = []
    for (let n = 0; n < 5; n += 1) {
      const job = newJob({ tenantId: lister, metadata: { n: String(n) } })
      ids.push(job.id)
      await db.store.jobs.insert(job)
    }
    const first = await db.store.reads.list({ tenantId: lister, limit: 3, order: 'asc' })
    expect(first).toMatchObject({ hasMore: true })
    const rest = await db.store.reads.list({
      tenantId: lister,
      limit: 3,
      order: 'asc',
      after: ids[2] ?? '',
    })
    expect([...first.jobs, ...rest.jobs].map(({ id }) => id)).toEqual(ids)
    const filtered = await db.store.reads.list({
      tenantId: lister,
      limit: 3,
      order: 'desc',
      metadata: { n: '4' },
    })
    expect(filtered.jobs.map(({ id }) => id)).toEqual([ids[4]])
  })
})
