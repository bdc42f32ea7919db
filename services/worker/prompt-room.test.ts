import { EventEmitter, once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type Bus, openMemoryBus } from '@longhaul/bus'
import {
  configSchema,
  encodeJobMessage,
  type JobMessage,
  type Lane,
  modelTopic,
  newId,
  systemClock,
} from '@longhaul/contracts'
import { type Coordination, openMemoryCoordination } from '@longhaul/coordination'
import type { Provider, ProviderResult } from '@longhaul/providers'
import { Conversations } from '@longhaul/runtime'
import type { NewJob } from '@longhaul/store'
import { startTelemetry } from '@longhaul/telemetry'
import { openTestStore, type TestStore } from '../../test/database.ts'
import { PromptRoom } from './prompt-room.ts'
import { Worker } from './worker.ts'

const MEBIBYTE = 1024 * 1024

interface Call {
  isLong: boolean
  mebibytes: number
  answer: () => void
}

/** It ends the job, and needs no more words than that. */
const refused: ProviderResult = { ok: false, kind: 'refused', detail: 'no', status: 400 }

describe('the room for prompts of a worker', () => {
  it('is 16 MiB, and tells when some is given back', () => {
    const room = new PromptRoom()
    let told = 0
    const end = room.onGivenBack(() => {
      told += 1
    })
    room.take(15 * MEBIBYTE)
    expect(room.isOpen).toBe(true)
    room.take(1 * MEBIBYTE)
    expect(room.isOpen).toBe(false)
    room.giveBack(1 * MEBIBYTE)
    expect(room.isOpen).toBe(true)
    end()
    room.take(1 * MEBIBYTE)
    room.giveBack(1 * MEBIBYTE)
    expect(told).toBe(1)
  })

  it('is nothing to short prompts', () => {
    const room = new PromptRoom()
    for (let taken = 0; taken < 10_000; taken += 1) room.take(4 * 1024)
    expect(room.isOpen).toBe(true)
    room.take(100 * MEBIBYTE)
    expect(room.mayTake(4 * 1024)).toBe(true)
    expect(room.mayTake(4 * 1024 + 1)).toBe(false)
  })
})

describe('a worker with many long prompts', () => {
  const clock = systemClock
  const deployments = {
    main: { provider: 'openai-compatible', base_url: 'http://127.0.0.1:9/v1', max_concurrency: 64 },
  }
  const model = { context_window: 8_000, price: { input: 1, output: 2 }, deployments }
  const config = configSchema.parse({ models: { small: model, large: model } })
  let test: TestStore
  let bus: Bus
  let coordination: Coordination
  let worker: Worker
  let tenantId: string
  let calls: Call[]
  let begun: EventEmitter

  beforeEach(async () => {
    test = await openTestStore()
    tenantId = (await test.store.tenants.ensure('acme')).id
    bus = await openMemoryBus({ clock })
    coordination = await openMemoryCoordination({
      clock,
      breaker: {
        failureRate: 0.5,
        minCalls: 1_000,
        windowMs: 1_000,
        openForMs: 1_000,
        maxOpenForMs: 1_000,
        probes: 1,
      },
    })
    calls = []
    begun = new EventEmitter()
    const provider: Provider = {
      complete({ body }) {
        const { promise, resolve } = Promise.withResolvers<ProviderResult>()
        const mebibytes = Math.floor(JSON.stringify(body).length / MEBIBYTE)
        calls.push({ isLong: mebibytes > 0, mebibytes, answer: () => resolve(refused) })
        begun.emit(String(calls.length))
        return promise
      },
      async stop() {},
    }
    const telemetry = startTelemetry({ service: 'test', logLevel: 'silent' })
    const conversations = new Conversations({ coordination }, config)
    const shared = { store: test.store, bus, coordination, provider, telemetry, clock }
    worker = new Worker({ ...shared, conversations, random: () => 0.5 }, config, { owner: 'test' })
    await worker.start()
  })
  afterEach(async () => {
    for (const { answer } of calls) answer()
    await worker.stop(5_000)
    await Promise.all([bus.stop(), coordination.stop()])
    await test.close()
  })

  async function handOver(to: string, bytes: number, lane: Lane = 'standard'): Promise<void> {
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'x'.repeat(bytes) }] })
    const about = {
      tenantId,
      endpoint: '/v1/chat/completions' as const,
      lane,
      policy: null,
      requestedModel: to,
      metadata: null,
      deadlineAt: null,
      options: null,
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
    const route = { model: to, fallbacks: [] }
    const message: JobMessage = {
      ...about,
      body: null,
      jobId: job.id,
      dispatch: 1,
      hints: null,
      route,
    }
    await bus.publish(modelTopic(to, lane), encodeJobMessage(message))
  }

  async function callsBegun(count: number): Promise<void> {
    if (calls.length < count) await once(begun, String(count))
  }

  it('calls for as many at a time as have room, whatever their model, and for all in the end', async () => {
    for (let job = 0; job < 20; job += 1) await handOver(job % 2 ? 'small' : 'large', MEBIBYTE)
    await callsBegun(16)
    await handOver('small', 10)
    await callsBegun(17)
    expect(calls.filter(({ isLong }) => isLong)).toHaveLength(16)
    for (let ended = 0; ended < 4; ended += 1) {
      calls[ended]?.answer()
      await callsBegun(18 + ended)
      expect(calls).toHaveLength(18 + ended)
    }
  })

  it('calls for the long ones that wait when another model makes room, the urgent first', async () => {
    for (let job = 0; job < 2; job += 1) await handOver('large', 8 * MEBIBYTE)
    await callsBegun(2)
    await handOver('small', 2 * MEBIBYTE, 'bulk')
    await handOver('small', MEBIBYTE, 'bulk')
    await handOver('small', 3 * MEBIBYTE, 'interactive')
    await handOver('small', 10)
    await callsBegun(3)
    expect(calls.map(({ mebibytes }) => mebibytes)).toEqual([8, 8, 0])
    calls[0]?.answer()
    await callsBegun(4)
    expect(calls[3]?.mebibytes).toBe(3)
  })
})
