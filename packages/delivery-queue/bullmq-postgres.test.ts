import { randomBytes } from 'node:crypto'
import { afterAll, describe, expect, it } from '@jest/globals'
import { systemClock } from '@longhaul/contracts'
import { startTelemetry } from '@longhaul/telemetry'
import pg from 'pg'
import { exerciseDeliveryQueue } from '../../test/conformance/delivery-queue.ts'
import { testDatabaseUrl } from '../../test/database.ts'
import { bullmqOnPostgres } from './bullmq-postgres.ts'

const schemas: string[] = []

function openBackend() {
  const schema = `queue_${randomBytes(6).toString('hex')}`
  schemas.push(schema)
  return bullmqOnPostgres({ databaseUrl: testDatabaseUrl(), schema })
}

afterAll(async () => {
  const client = new pg.Client(testDatabaseUrl())
  await client.connect()
  for (const schema of schemas) await client.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`)
  await client.end()
})

exerciseDeliveryQueue('BullMQ on PostgreSQL', openBackend)

describe('BullMQ on PostgreSQL', () => {
  const options = {
    handle: async () => {},
    concurrency: 1,
    clock: systemClock,
    logger: startTelemetry({ service: 'queue-test', logLevel: 'silent' }).logger,
  }

  it('starts without its server, and says so', async () => {
    const queue = bullmqOnPostgres({ databaseUrl: 'postgres://nobody@127.0.0.1:1/none' })(options)
    await queue.start()

    expect(queue.health()).toEqual({
      ok: false,
      detail: expect.stringMatching(/^BullMQ on PostgreSQL: .*ECONNREFUSED/),
    })
    await expect(queue.waiting()).rejects.toThrow()
    await queue.stop(1_000)
  })

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

    const client = new pg.Client(testDatabaseUrl())
    await client.connect()
    const { rows } = await client.query(`SELECT id FROM "${schemas.at(-1)}".job`)
    await client.end()
    expect(rows).toEqual([])
  })
})
