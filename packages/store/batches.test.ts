import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { newId } from '@longhaul/contracts'
import { openTestStore, type TestStore } from '../../test/database.ts'
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

/** A batch of one line, in progress. */
async function batchOfOne() {
  const { batches, batchWork } = db.store
  const id = newId('batch')
  const expiresAt = Date.now() + 3_600_000
  const batch = {
    id,
    tenantId,
    endpoint: '/v1/responses' as const,
    inputFileId: newId('file'),
    completionWindow: '1h',
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
  await batchWork.validated(id, OWNER, { total: 1, estimatedCostUsd: null })
  const line = {
    jobId: newId('job'),
    line: 1,
    customId: 'one',
    requestedModel: 'small',
    policy: null,
    options: { constraints: { native: true } },
    body: '{}',
    bodyBytes: 2,
  }
  await batchWork.recordLines(batch, OWNER, 0, [line])
  await batchWork.begin(id, OWNER)
  return { id, jobId: line.jobId }
}

describe('a line of a batch', () => {
  it('is counted once, and with what a late call cost', async () => {
    const { id, jobId } = await batchOfOne()
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
