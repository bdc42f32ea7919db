import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { newId } from '@longhaul/contracts'
import { openTestStore, type TestStore } from '../../test/database.ts'
import type { EndedCursor, EndedLine } from './batch-types.ts'
import type { AttemptRecord } from './types.ts'

const OWNER = 'keeper'
const success = { body: '{"ok":true}', error: null, usage: null }

let db: TestStore
let tenantId: string

beforeAll(async () => {
  db = await openTestStore()
  tenantId = (await db.store.tenants.ensure('acme')).id
})
afterAll(() => db.close())

function attempt(): AttemptRecord {
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
  }
}

/** A batch of so many lines, in progress. */
async function batchOf(total: number) {
  const { batches, batchWork } = db.store
  const id = newId('batch')
  const createdAt = Date.now()
  const expiresAt = createdAt + 3_600_000
  const batch = {
    id,
    tenantId,
    endpoint: '/v1/responses' as const,
    inputFileId: newId('file'),
    completionWindow: '1h',
    createdAt,
    expiresAt,
    metadata: null,
    outputExpiresSeconds: null,
    priority: 0,
    paused: false,
    retryOf: null,
    webhook: null,
  }
  await batches.create(batch, { key: id, bodyHash: id, since: 0 })
  await batchWork.claim(OWNER, 60_000, 10)
  await batchWork.validated(id, OWNER, { total, estimatedCostUsd: null })
  const lines = Array.from({ length: total }, (_, at) => ({
    jobId: newId('job'),
    line: at + 1,
    customId: `line ${at + 1}`,
    requestedModel: 'small',
    policy: null,
    options: { constraints: { native: true } },
    body: '{}',
    bodyBytes: 2,
  }))
  await batchWork.recordLines(batch, OWNER, 0, lines)
  await batchWork.begin(id, OWNER)
  return { id, jobIds: lines.map(({ jobId }) => jobId) }
}

describe('a line of a batch', () => {
  it('is counted once, and with what a late call cost', async () => {
    const { id, jobIds } = await batchOf(1)
    const [jobId = ''] = jobIds
    const key = { lane: 'bulk' as const, tenantId, model: 'small', batchId: id, count: 1 }
    const settlement = {
      jobId,
      from: 'running' as const,
      to: 'succeeded' as const,
      attempt: attempt(),
      result: success,
    }
    const [released] = await db.store.dispatch.release([key])
    expect(released).toMatchObject({ id: jobId, options: { constraints: { native: true } } })
    const late = await db.store.jobs.claim(jobId, 'small', 'worker-1', -1_000)
    await db.store.dispatch.reclaimExpired(10)
    await db.store.dispatch.release([key])
    const second = await db.store.jobs.claim(jobId, 'small', 'worker-2', 30_000)
    const done = await db.store.jobs.settle({ ...settlement, fence: second?.fence ?? 0 })
    expect(done.applied).toBe(true)
    const zombie = await db.store.jobs.settle({ ...settlement, fence: late?.fence ?? 0 })
    expect(zombie.applied).toBe(false)
    const found = await db.store.batches.get(tenantId, id)
    expect(found?.counts).toEqual([
      expect.objectContaining({ model: 'small', succeeded: 1, failed: 0, costUsd: 1 }),
    ])
  })
})

describe('lines that ended', () => {
  it('are read in slices of so many bytes, whatever their answers measure', async () => {
    const { id, jobIds } = await batchOf(5)
    const key = { lane: 'bulk' as const, tenantId, model: 'small', batchId: id, count: 5 }
    await db.store.dispatch.release([key])
    const characters = [100, 400, 3_000_000, 500, 600]
    for (const [at, jobId] of jobIds.entries()) {
      const claimed = await db.store.jobs.claim(jobId, 'small', 'worker-1', 30_000)
      await db.store.jobs.settle({
        jobId,
        fence: claimed?.fence ?? 0,
        from: 'running',
        to: 'succeeded',
        attempt: attempt(),
        result: { ...success, body: JSON.stringify('ä'.repeat((characters[at] ?? 0) / 2)) },
      })
    }
    const bound = { lines: 100, bytes: 1_000 }
    const inFile = await slicesOf(last =>
      db.store.batchLines.ended(id, 'succeeded', last?.line ?? 0, bound),
    )
    expect(inFile).toEqual([[1, 2], [3], [4], [5]])
    const asEnded = await slicesOf<EndedLine & { cursor: EndedCursor }>(last =>
      db.store.batchLines.endedSince(id, last?.cursor ?? { xid: '0', jobId: '' }, bound, true),
    )
    expect(asEnded).toEqual([[1, 2], [3], [4], [5]])
  })

  it('that have no answer come as many at a time as are wanted', async () => {
    const { id } = await batchOf(5)
    await db.store.batches.cancel(tenantId, id)
    await db.store.batchWork.cancelLines({ id, tenantId })
    const bound = { lines: 3, bytes: 1 }
    const slices = await slicesOf(last =>
      db.store.batchLines.ended(id, 'others', last?.line ?? 0, bound),
    )
    expect(slices).toEqual([
      [1, 2, 3],
      [4, 5],
    ])
    const [request] = await db.store.batchLines.failedRequests(id, 0, bound)
    expect(request).toMatchObject({ line: 1, customId: 'line 1', body: '{}' })
  })
})

/** Numbers of the lines of each slice, until there is none. */
async function slicesOf<Line extends EndedLine>(
  read: (last: Line | undefined) => Promise<Line[]>,
): Promise<number[][]> {
  const slices: number[][] = []
  for (let last: Line | undefined; ; ) {
    const lines = await read(last)
    if (lines.length === 0) return slices
    slices.push(lines.map(({ line }) => line))
    last = lines.at(-1)
  }
}
