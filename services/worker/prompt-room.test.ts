import { EventEmitter, once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { configSchema, type Lane } from '@longhaul/contracts'
import type { Provider, ProviderResult } from '@longhaul/providers'
import { openWorkerTest, type WorkerTest } from '../../test/worker.ts'
import { PromptRoom } from './prompt-room.ts'
import type { Worker } from './worker.ts'

const MEBIBYTE = 1024 * 1024
const SLOTS = 64

interface Call {
  model: string
  isLong: boolean
  mebibytes: number
  answer: () => void
}

/** It ends the job, and needs no more words than that. */
const refused: ProviderResult = { ok: false, kind: 'refused', detail: 'no', status: 400 }

const nothingWaits = { beginNext: () => false }

describe('the room for prompts of a worker', () => {
  it('is 8 MiB for a model and 16 for all; the last prompt may be more than what is left', () => {
    const room = new PromptRoom()
    const [first, second, third] = [1, 2, 3].map(() => room.join(nothingWaits))
    first?.take(8 * MEBIBYTE - 1)
    expect(first?.isOpen()).toBe(true)
    first?.take(33 * 1024)
    expect(first?.isOpen()).toBe(false)
    second?.take(7 * MEBIBYTE)
    third?.take(MEBIBYTE - 64 * 1024)
    expect([second, third].map(share => share?.isOpen())).toEqual([true, true])
    third?.take(9 * MEBIBYTE)
    expect(second?.isOpen()).toBe(false)
    third?.giveBack(9 * MEBIBYTE)
    expect(second?.isOpen()).toBe(true)
  })

  it('has a place for one prompt of each model, however full it is', () => {
    const room = new PromptRoom()
    room.join(nothingWaits).take(100 * MEBIBYTE)
    const other = room.join(nothingWaits)
    expect(other.isOpen()).toBe(true)
    other.take(33 * 1024)
    expect(other.isOpen()).toBe(false)
  })

  it('is nothing to short prompts', () => {
    const share = new PromptRoom().join(nothingWaits)
    for (let taken = 0; taken < 10_000; taken += 1) share.take(32 * 1024)
    share.take(8 * MEBIBYTE - 1)
    expect(share.isOpen()).toBe(true)
    share.take(33 * 1024)
    expect(share.mayTake(32 * 1024)).toBe(true)
    expect(share.mayTake(32 * 1024 + 1)).toBe(false)
  })

  it('goes in turn to those who wait for it, one prompt each, until it is taken', () => {
    const room = new PromptRoom()
    const begun: string[] = []
    const waitWith = (name: string, ...bytes: number[]) => {
      const share = room.join({
        beginNext() {
          const next = share.isOpen() ? bytes.shift() : undefined
          if (next === undefined) return false
          begun.push(name)
          share.take(next)
          return true
        },
      })
      share.take(MEBIBYTE)
      return share
    }
    const full = room.join(nothingWaits)
    full.take(16 * MEBIBYTE)
    waitWith('a', ...Array<number>(9).fill(4 * MEBIBYTE))
    waitWith('nothing')
    const b = waitWith('b', ...Array<number>(9).fill(4 * MEBIBYTE))
    full.giveBack(16 * MEBIBYTE)
    expect(begun).toEqual(['a', 'b', 'a', 'b'])
    b.giveBack(4 * MEBIBYTE)
    expect(begun.slice(4)).toEqual(['b'])
    b.leave()
    b.giveBack(4 * MEBIBYTE)
    expect(begun).toHaveLength(5)
  })
})

describe('a worker with many long prompts', () => {
  const deployments = {
    main: {
      provider: 'openai-compatible',
      base_url: 'http://127.0.0.1:9/v1',
      max_concurrency: SLOTS,
    },
  }
  const model = { context_window: 8_000, price: { input: 1, output: 2 }, deployments }
  const config = configSchema.parse({ models: { small: model, large: model, other: model } })
  let test: WorkerTest
  let worker: Worker
  let calls: Call[]
  let begun: EventEmitter
  /** Whatever is called then is answered at once. */
  let ending: boolean

  beforeEach(async () => {
    calls = []
    ending = false
    begun = new EventEmitter()
    const provider: Provider = {
      complete({ body }, { model }) {
        const { promise, resolve } = Promise.withResolvers<ProviderResult>()
        const mebibytes = Math.floor(JSON.stringify(body).length / MEBIBYTE)
        calls.push({ model, isLong: mebibytes > 0, mebibytes, answer: () => resolve(refused) })
        begun.emit(String(calls.length))
        if (ending) resolve(refused)
        return promise
      },
      async stop() {},
    }
    test = await openWorkerTest(config, provider)
    worker = test.newWorker()
    await worker.start()
  })
  afterEach(async () => {
    ending = true
    for (const { answer } of calls) answer()
    await worker.stop(5_000)
    await test.close()
  })

  function handOver(model: string, bytes: number, lane: Lane = 'standard') {
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'x'.repeat(bytes) }] })
    const route = { model, fallbacks: [] }
    return test.handOver({ requestedModel: model, lane, options: null, route, body })
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

  it('calls for those of each model in turn', async () => {
    for (let job = 0; job < 40; job += 1) {
      await handOver(job % 2 ? 'large' : 'other', MEBIBYTE, 'bulk')
    }
    await callsBegun(16)
    await handOver('small', MEBIBYTE)
    await callsBegun(17)
    await handOver('small', 2 * MEBIBYTE, 'bulk')
    await handOver('small', 3 * MEBIBYTE, 'interactive')
    await handOver('small', 10)
    await callsBegun(18)
    for (const { answer } of calls.slice(0, 8)) answer()
    await callsBegun(20)
    const ofSmall = calls.filter(({ model }) => model === 'small').map(each => each.mebibytes)
    expect(ofSmall.slice(0, 3)).toEqual([1, 0, 3])
  })

  it('keeps its slots for short ones while long ones wait', async () => {
    for (let job = 0; job < 48; job += 1) await handOver('large', MEBIBYTE)
    await callsBegun(8)
    for (let job = 0; job < SLOTS - 8; job += 1) await handOver('large', 10)
    await callsBegun(SLOTS)
    expect(calls.filter(({ isLong }) => isLong)).toHaveLength(8)
  })

  it('sends back those that wait when their model is out, though nothing makes room', async () => {
    for (let job = 0; job < 8; job += 1) await handOver('small', MEBIBYTE)
    await callsBegun(8)
    const { putBack } = await handOver('small', MEBIBYTE)
    await handOver('small', 10)
    await callsBegun(9)
    test.coordination.breakers.holdUntil('small/main', Date.now() + 60_000, 'rate_limited')
    await putBack
    expect(calls).toHaveLength(9)
  })

  it('gives back those that wait when it stops', async () => {
    for (let job = 0; job < 8; job += 1) await handOver('large', MEBIBYTE)
    await callsBegun(8)
    await handOver('large', MEBIBYTE)
    await handOver('large', 10)
    await callsBegun(9)
    const stopped = worker.stop(5_000)
    for (const { answer } of calls) answer()
    await stopped
    expect(calls).toHaveLength(9)
    worker = test.newWorker()
    await worker.start()
    await callsBegun(10)
    expect(calls[9]?.isLong).toBe(true)
  })
})
