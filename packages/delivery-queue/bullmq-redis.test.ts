import { randomBytes } from 'node:crypto'
import { afterAll, expect, it } from '@jest/globals'
import { systemClock } from '@longhaul/contracts'
import { startTelemetry } from '@longhaul/telemetry'
import { Redis } from 'ioredis'
import { exerciseDeliveryQueue } from '../../test/conformance/delivery-queue.ts'
import { describeOn } from '../../test/servers.ts'
import { bullmqOnRedis } from './bullmq-redis.ts'

const { logger } = startTelemetry({ service: 'queue-test', logLevel: 'silent' })
const options = { handle: async () => {}, concurrency: 1, clock: systemClock, logger }

await describeOn('redis', 'BullMQ on Redis', redisUrl => {
  const prefixes: string[] = []

  function openBackend() {
    const keyPrefix = `queue-${randomBytes(6).toString('hex')}`
    prefixes.push(keyPrefix)
    return bullmqOnRedis({ redisUrl, keyPrefix })
  }

  async function withClient<T>(act: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(redisUrl)
    try {
      return await act(client)
    } finally {
      client.disconnect()
    }
  }

  afterAll(() =>
    withClient(async client => {
      for (const prefix of prefixes) {
        const keys = await client.keys(`${prefix}:*`)
        if (keys.length > 0) await client.del(keys)
      }
    }),
  )

  exerciseDeliveryQueue('BullMQ on Redis', openBackend)

  it('leaves nothing behind of what has ended', async () => {
    const backend = openBackend()
    const ended = Promise.withResolvers<void>()
    const queue = backend({ ...options, handle: async () => ended.resolve() })
    await queue.start()
    await queue.enqueue([
      {
        id: 'evt_1',
        tenantId: 'tenant_1',
        subjectId: 'job_1',
        type: 'job.failed',
        status: 'failed',
        url: 'https://example.com/',
        createdAt: 0,
        attempts: 0,
        scheduleAttempts: 0,
        metadata: null,
      },
    ])
    await ended.promise
    await queue.stop(5_000)

    const keys = await withClient(client => client.keys(`${prefixes.at(-1)}:*`))
    expect(keys.map(key => key.split(':').at(-1)).sort()).toEqual([
      ...['events', 'id', 'marker', 'meta', 'stalled-check'],
    ])
  })

  it('leaves no connection behind', async () => {
    const name = `probe-${randomBytes(4).toString('hex')}`
    const count = () =>
      withClient(async client => {
        await client.client('SETNAME', name)
        return String(await client.client('LIST')).split('\n').length
      })
    const before = await count()
    const queue = openBackend()(options)
    await queue.start()
    expect(await count()).toBeGreaterThan(before)
    await queue.stop(1_000)

    while ((await count()) > before) await new Promise(resolve => setImmediate(resolve))
  })
})

it('starts without its server, and says so', async () => {
  const queue = bullmqOnRedis({ redisUrl: 'redis://127.0.0.1:1', keyPrefix: 'none' })(options)
  await queue.start()

  expect(queue.health()).toEqual({
    ok: false,
    detail: expect.stringMatching(/^BullMQ on Redis: ./),
  })
  await expect(queue.waiting()).rejects.toThrow()
  await queue.stop(1_000)
})
