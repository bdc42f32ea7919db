import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { configSchema } from '@longhaul/contracts'
import { openWorkerTest, type WorkerTest } from '../../test/worker.ts'
import type { Worker } from './worker.ts'

const deployments = { main: { provider: 'openai-compatible', base_url: 'http://127.0.0.1:9/v1' } }
const model = { context_window: 8_000, price: { input: 1, output: 2 }, deployments }
const config = configSchema.parse({ models: { small: model, large: model } })

describe('the health of a worker that serves some models', () => {
  let test: WorkerTest
  let worker: Worker | undefined

  beforeEach(async () => {
    const complete = () => Promise.reject(new Error('it must not be called'))
    test = await openWorkerTest(config, { complete, async stop() {} })
  })
  afterEach(async () => {
    await worker?.stop(1_000)
    await test.close()
  })

  it.each([
    [undefined, true, 'consuming for 2 models'],
    [['small'], true, 'consuming for 1 models'],
    [['small', 'lrge'], true, 'consuming for 1 models; not in the configuration: lrge'],
    [['lrge'], false, 'consuming for 0 models; not in the configuration: lrge'],
  ])('of %j', async (models, ok, detail) => {
    worker = test.newWorker(models)
    await worker.start()
    expect(worker.health()).toEqual({ ok, detail })
  })
})
