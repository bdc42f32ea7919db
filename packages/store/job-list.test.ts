import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { idFrom, newId, uuidOf } from '@longhaul/contracts'
import { openTestDatabase, type TestDatabase } from '../../test/database.ts'
import type { Database } from './database.ts'
import { type ListBounds, listJobs } from './job-list.ts'
import type { JobFilter } from './types.ts'

let db: TestDatabase
let database: Database

beforeAll(async () => {
  db = await openTestDatabase()
  database = db.database
})
afterAll(() => db.close())

/** Of a tenant of its own, oldest first, one for each status. */
async function insert(statuses: string[]): Promise<{ tenantId: string; ids: string[] }> {
  const tenantId = (await db.store.tenants.ensure(newId('tenant'))).id
  const ids = statuses.map(() => uuidOf('job', newId('job')) ?? '')
  await db.query(
    `INSERT INTO jobs (id, tenant_id, status, endpoint, lane, dispatch_model, due_at, created_at, body_bytes)
     SELECT id, $3, status, '/v1/chat/completions', 'bulk', '', now(), now(), 2
     FROM unnest($1::uuid[], $2::text[]) AS j(id, status)`,
    [ids, statuses, uuidOf('tenant', tenantId)],
  )
  return { tenantId, ids: ids.map(id => idFrom('job', id)) }
}

function filter(tenantId: string, more: Partial<JobFilter> = {}): JobFilter {
  return { tenantId, limit: 2, order: 'asc', status: 'failed', ...more }
}

const patient: ListBounds = { sliceRows: 3, patienceMs: 60_000 }
const hasty: ListBounds = { sliceRows: 3, patienceMs: 0 }
const ok = (count: number): string[] => Array.from({ length: count }, () => 'succeeded')

describe('a list of jobs that few pass', () => {
  it('is found among all, in either order, page by page', async () => {
    const { tenantId, ids } = await insert([
      ...ok(4),
      'failed',
      ...ok(3),
      'failed',
      'failed',
      ...ok(2),
    ])
    const failed = [ids[4], ids[8], ids[9]]
    const first = await listJobs(database, filter(tenantId), patient)
    expect(first).toMatchObject({ jobs: [{ id: failed[0] }, { id: failed[1] }], hasMore: true })
    const rest = await listJobs(database, filter(tenantId, { after: ids[8] ?? '' }), patient)
    expect(rest).toMatchObject({ jobs: [{ id: failed[2] }], hasMore: false })

    const newest = await listJobs(database, filter(tenantId, { order: 'desc' }), patient)
    expect(newest.jobs.map(({ id }) => id)).toEqual([failed[2], failed[1]])
    expect(newest.hasMore).toBe(true)
  })

  it.each([0, 1, 2, 3, 4, 6, 7])('ends where %i jobs end', async count => {
    const { tenantId } = await insert(ok(count))
    expect(await listJobs(database, filter(tenantId), patient)).toEqual({
      jobs: [],
      hasMore: false,
    })
  })

  it('is shorter when the time is over, and goes on behind its last', async () => {
    const { tenantId, ids } = await insert(['failed', ...ok(4), 'failed'])
    const page = await listJobs(database, filter(tenantId), hasty)
    expect(page).toMatchObject({ jobs: [{ id: ids[0] }], hasMore: true })
    expect(page.lookedUpTo).toBeUndefined()
  })

  it('tells how far it came when the time was over before it found any', async () => {
    const { tenantId, ids } = await insert([...ok(4), 'failed'])
    const page = await listJobs(database, filter(tenantId), hasty)
    expect(page).toEqual({ jobs: [], hasMore: true, lookedUpTo: ids[2] })
    const rest = await listJobs(database, filter(tenantId, { after: ids[2] ?? '' }), hasty)
    expect(rest).toMatchObject({ jobs: [{ id: ids[4] }], hasMore: false })
  })

  it('looks at a backlog of many slices at the usual bounds', async () => {
    const { tenantId, ids } = await insert([...ok(25_000), 'failed', ...ok(10_000)])
    expect(await listJobs(database, filter(tenantId, { order: 'desc' }))).toMatchObject({
      jobs: [{ id: ids[25_000] }],
      hasMore: false,
    })
  })
})

describe('a list of all jobs', () => {
  it('asks for no more than a page', async () => {
    const { tenantId, ids } = await insert(ok(5))
    const { status: _, ...all } = filter(tenantId)
    const page = await listJobs(database, all, hasty)
    expect(page.jobs.map(({ id }) => id)).toEqual(ids.slice(0, 2))
    expect(page.hasMore).toBe(true)
  })
})
