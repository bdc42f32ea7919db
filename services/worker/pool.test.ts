import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { configSchema, uuidOf } from '@longhaul/contracts'
import { openWorkerTest, type WorkerTest } from '../../test/worker.ts'
import type { Worker } from './worker.ts'

const deployments = { main: { provider: 'openai-compatible', base_url: 'http://127.0.0.1:9/v1' } }
const config = configSchema.parse({
  models: { small: { context_window: 8_000, price: { input: 1, output: 2 }, deployments } },
})
/** Both jobs come meanwhile, and wait in the worker: it is short. */
const HOLD_MS = 3_000
const body = '{"messages":[{"role":"user","content":"hello"}]}'

interface Waiting {
  status: string
  dispatch_model: string
  due_in_ms: number
  hints: unknown
}

describe('a job that allows only deployments which the configuration has no more', () => {
  let test: WorkerTest
  let worker: Worker
  let calls: number

  beforeEach(async () => {
    calls = 0
    test = await openWorkerTest(config, {
      complete() {
        calls += 1
        return Promise.reject(new Error('it must not be called'))
      },
      async stop() {},
    })
    worker = test.newWorker()
    await worker.start()
  })
  afterEach(async () => {
    await worker.stop(1_000)
    await test.close()
  })

  /** Hands the worker a job that was routed by the configuration before. */
  async function handOver(requestedModel: string | null): Promise<Waiting> {
    const { id, putBack } = await test.handOver({
      requestedModel,
      lane: 'standard',
      options: { constraints: { deployments: ['small/old'] } },
      route: { model: 'small', fallbacks: ['large'] },
      body,
    })
    await putBack
    const [row] = await test.db.query<Waiting>(
      `SELECT status, dispatch_model, hints,
         extract(epoch FROM due_at - now())::float8 * 1000 AS due_in_ms
       FROM jobs WHERE id = $1::uuid`,
      [uuidOf('job', id)],
    )
    if (!row) throw new Error('the job is gone')
    return row
  }

  it('is due again at once, for the router to say that nothing is left of its model', async () => {
    const { due_in_ms, ...row } = await handOver('small')
    expect(row).toEqual({ status: 'pending', dispatch_model: 'small', hints: null })
    expect(due_in_ms).toBeLessThanOrEqual(0)
    expect(calls).toBe(0)
  })

  it('is due at once for another model too, with this one out for good', async () => {
    const { due_in_ms, ...row } = await handOver(null)
    expect(row).toEqual({
      status: 'pending',
      dispatch_model: '',
      hints: { exclusions: [{ model: 'small', reason: 'unavailable' }], preferred: ['large'] },
    })
    expect(due_in_ms).toBeLessThanOrEqual(0)
  })
})

describe('a job whose calls have failed', () => {
  it('is called after one that has not, when their deployment may be probed again', async () => {
    const called: string[] = []
    let told = () => {}
    const both = new Promise<void>(resolve => {
      told = resolve
    })
    const test = await openWorkerTest(config, {
      async complete({ body: { messages } }) {
        called.push(String((messages as Array<{ content: string }>)[0]?.content))
        if (called.length === 2) told()
        return { ok: true, status: 200, body: '{}', usage: undefined, costUsd: undefined }
      },
      async stop() {},
    })
    const worker = test.newWorker()
    await worker.start()
    test.coordination.breakers.holdUntil('small/main', Date.now() + HOLD_MS, 'asked to wait')
    const wanted = { requestedModel: 'small', lane: 'standard', options: null } as const
    const route = { model: 'small', fallbacks: [] }
    const bodyOf = (content: string) => JSON.stringify({ messages: [{ role: 'user', content }] })
    await test.handOver({ ...wanted, route, body: bodyOf('failed'), failures: 1 })
    await test.handOver({ ...wanted, route, body: bodyOf('new') })
    await both
    expect(called).toEqual(['new', 'failed'])
    await worker.stop(1_000)
    await test.close()
  })
})
