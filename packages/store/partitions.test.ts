import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { firstUuidAt, newId } from '@longhaul/contracts'
import { openTestStore, type TestStore } from '../../test/database.ts'

const DAY_MS = 86_400_000
let db: TestStore
beforeAll(async () => {
  db = await openTestStore()
})
afterAll(() => db.close())

async function daysOf(table: string): Promise<string[]> {
  const rows = await db.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = $1::regclass AND c.relkind = 'r' ORDER BY 1`,
    [table],
  )
  return rows.map(({ name }) => name.slice(-8))
}

const dateOf = (epochMs: number) => new Date(epochMs).toISOString().slice(0, 10).replaceAll('-', '')

describe('partitions', () => {
  it('are there for yesterday, today and three days ahead, for every table that grows', async () => {
    const now = Date.now()
    const expected = [-1, 0, 1, 2, 3].map(day => dateOf(now + day * DAY_MS))
    for (const table of ['jobs', 'job_bodies', 'attempts', 'decisions', 'webhook_events']) {
      expect(await daysOf(table)).toEqual(expected)
    }
  })

  it('can be made by several processes at once', async () => {
    const others = await Promise.all([db.openAnother(), db.openAnother()])
    const inAWeek = Date.now() + 7 * DAY_MS
    await Promise.all(others.map(store => store.partitions.ensure(inAWeek)))
    expect(await daysOf('jobs')).toContain(dateOf(inAWeek))
  })

  it('are dropped by whole days, but not while one of their jobs is unfinished', async () => {
    const old = Date.now() - 40 * DAY_MS
    await db.store.partitions.ensure(old)
    const [tenant] = await db.query<{ id: string }>(
      `INSERT INTO tenants (id, name, webhook_secret, created_at)
       VALUES (gen_random_uuid(), 'old', 'x', now()) RETURNING id`,
    )
    await db.query(
      `INSERT INTO jobs (id, tenant_id, status, endpoint, lane, dispatch_model, due_at, created_at, body_bytes)
       VALUES ($1, $2, 'pending', '/v1/chat/completions', 'bulk', '', now(), now(), 2)`,
      [firstUuidAt(old), tenant?.id],
    )
    const dropped = await db.store.partitions.dropOld(Date.now(), 30)
    expect(dropped).not.toContain(dateOf(old))
    expect(dropped.length).toBeGreaterThan(0)
    await db.query(`UPDATE jobs SET status = 'succeeded' WHERE id = $1`, [firstUuidAt(old)])
    expect(await db.store.partitions.dropOld(Date.now(), 30)).toEqual([dateOf(old)])
    expect(await daysOf('job_bodies')).not.toContain(dateOf(old))
  })

  it('are chosen by the time in the id', async () => {
    const [row] = await db.query<{ partition: string }>(
      `INSERT INTO decisions (job_id, number, record) VALUES ($1, 1, '{}')
       RETURNING tableoid::regclass::text AS partition`,
      [newId('job').slice(4)],
    )
    expect(row?.partition).toBe(`decisions_p${dateOf(Date.now())}`)
  })
})
