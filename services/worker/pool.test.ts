import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type Bus, openMemoryBus } from '@longhaul/bus'
import {
  configSchema,
  encodeJobMessage,
  type JobMessage,
  modelTopic,
  newId,
  systemClock,
  uuidOf,
} from '@longhaul/contracts'
import { type Coordination, openMemoryCoordination } from '@longhaul/coordination'
import { Conversations } from '@longhaul/runtime'
import type { NewJob } from '@longhaul/store'
import { startTelemetry } from '@longhaul/telemetry'
import { openTestStore, type TestStore } from '../../test/database.ts'
import { Worker } from './worker.ts'

const deployments = { main: { provider: 'openai-compatible', base_url: 'http://127.0.0.1:9/v1' } }
const config = configSchema.parse({
  models: { small: { context_window: 8_000, price: { input: 1, output: 2 }, deployments } },
})
const body = '{"messages":[{"role":"user","content":"hello"}]}'

interface Waiting {
  status: string
  dispatch_model: string
  due_in_ms: number
  hints: unknown
}

describe('a job that allows only deployments which the configuration has no more', () => {
  const clock = systemClock
  let test: TestStore
  let bus: Bus
  let coordination: Coordination
  let worker: Worker
  let calls: number

  beforeEach(async () => {
    test = await openTestStore()
    bus = await openMemoryBus({ clock })
    coordination = await openMemoryCoordination({
      clock,
      breaker: {
        failureRate: 0.5,
        minCalls: 1,
        windowMs: 1_000,
        openForMs: 1_000,
        maxOpenForMs: 1_000,
        probes: 1,
      },
    })
    calls = 0
    const provider = {
      complete() {
        calls += 1
        return Promise.reject(new Error('it must not be called'))
      },
      async stop() {},
    }
    const telemetry = startTelemetry({ service: 'test', logLevel: 'silent' })
    const conversations = new Conversations({ coordination }, config)
    const shared = { store: test.store, bus, coordination, provider, telemetry, clock }
    const parts = { ...shared, conversations, random: () => 0.5 }
    worker = new Worker(parts, config, { owner: 'test' })
    await worker.start()
  })
  afterEach(async () => {
    await worker.stop(1_000)
    await Promise.all([bus.stop(), coordination.stop()])
    await test.close()
  })

  /** Hands the worker a job that was routed by the configuration before. */
  async function handOver(requestedModel: string | null): Promise<Waiting> {
    const { id: tenantId } = await test.store.tenants.ensure('acme')
    const about = {
      tenantId,
      endpoint: '/v1/chat/completions' as const,
      lane: 'standard' as const,
      policy: null,
      requestedModel,
      metadata: null,
      deadlineAt: null,
      options: { constraints: { deployments: ['small/old'] } },
      traceparent: null,
      body,
      bodyBytes: body.length,
    }
    const job: NewJob = {
      ...about,
      id: newId('job'),
      status: 'queued',
      notBefore: null,
      webhook: null,
      idempotency: null,
    }
    await test.store.jobs.insert(job)
    const putBack = new Promise<void>(resolve => {
      coordination.broadcasts.on('job-changed', ({ jobId, status }) => {
        if (jobId === job.id && status === 'pending') resolve()
      })
    })
    const message: JobMessage = {
      ...about,
      jobId: job.id,
      dispatch: 1,
      hints: null,
      route: { model: 'small', fallbacks: ['large'] },
    }
    await bus.publish(modelTopic('small', 'standard'), encodeJobMessage(message))
    await putBack
    const [row] = await test.query<Waiting>(
      `SELECT status, dispatch_model, hints,
         extract(epoch FROM due_at - now())::float8 * 1000 AS due_in_ms
       FROM jobs WHERE id = $1::uuid`,
      [uuidOf('job', job.id)],
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
