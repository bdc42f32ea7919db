/**
 * What a team would write in an afternoon: an Express endpoint that puts jobs on
 * BullMQ, a worker that calls the model by undici, and one row per job. No
 * routing, no attempts, no webhooks, no recovery of what was accepted twice.
 */
import type { EventEmitter } from 'node:events'
import { parseArgs } from 'node:util'
import { createPostgresBackend, type Job, Queue, Worker, withBackend } from 'bullmq'
import express from 'express'
import { Redis } from 'ioredis'
import pg from 'pg'
import { Pool } from 'undici'

const QUEUE = 'prompts'
const CONCURRENCY = 64
const QUEUE_CONNECTIONS = 5
const WORKER_CONNECTIONS = 10
const DATABASE_CONNECTIONS = 10

interface Prompt {
  body: object
  createdAt: number
}

/** BullMQ, wherever it keeps its jobs. */
interface Jobs {
  queue: Pick<Queue, 'add' | 'addBulk' | 'waitUntilReady'>
  work(handle: (job: Pick<Job, 'id' | 'data'>) => Promise<void>): Pick<EventEmitter, 'on'>
}

const { values } = parseArgs({
  options: {
    'database-url': { type: 'string', default: '' },
    'simulator-origin': { type: 'string', default: '' },
    /** Default: BullMQ keeps its jobs in PostgreSQL. */
    'redis-url': { type: 'string' },
    /** `api`, `worker`; default: both in one process. */
    role: { type: 'string' },
  },
})
const databaseUrl = values['database-url']
const redisUrl = values['redis-url']
const jobs = redisUrl === undefined ? openOnPostgres() : openOnRedis(redisUrl)
await jobs.queue.waitUntilReady()
if (values.role !== 'api') await work()
if (values.role !== 'worker') serve()
else console.log(JSON.stringify({ origin: null }))

function openOnPostgres(): Jobs {
  const classes = withBackend(createPostgresBackend)
  const connection = (max: number, migrate: boolean) => ({
    connection: { connectionString: databaseUrl, schema: 'plain_bullmq', migrate, max },
  })
  return {
    queue: new classes.Queue(QUEUE, connection(QUEUE_CONNECTIONS, true)),
    work: handle =>
      new classes.Worker(QUEUE, handle, {
        ...connection(WORKER_CONNECTIONS, false),
        concurrency: CONCURRENCY,
      }),
  }
}

function openOnRedis(url: string): Jobs {
  const connection = () => ({ connection: new Redis(url, { maxRetriesPerRequest: null }) })
  return {
    queue: new Queue(QUEUE, connection()),
    work: handle => new Worker(QUEUE, handle, { ...connection(), concurrency: CONCURRENCY }),
  }
}

async function work(): Promise<void> {
  const simulator = new Pool(values['simulator-origin'], { connections: CONCURRENCY })
  const database = new pg.Pool({ connectionString: databaseUrl, max: DATABASE_CONNECTIONS })
  await database.query(`CREATE SCHEMA plain; CREATE TABLE plain.results (
    id text PRIMARY KEY, created_at timestamptz NOT NULL, finished_at timestamptz NOT NULL,
    response text NOT NULL)`)
  const worker = jobs.work(async job => {
    const { body, createdAt } = job.data as Prompt
    const answer = await simulator.request({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json', authorization: 'Bearer none' },
      body: JSON.stringify({ model: 'small', ...body }),
    })
    const response = await answer.body.text()
    if (answer.statusCode !== 200) throw new Error(`the model answered ${answer.statusCode}`)
    await database.query({
      name: 'result',
      text: `INSERT INTO plain.results VALUES ($1, to_timestamp($2::float8 / 1000), now(), $3)`,
      values: [job.id, createdAt, response],
    })
  })
  worker.on('failed', (_job, error) => console.error(error))
  worker.on('error', error => console.error(error))
}

function serve(): void {
  const { queue } = jobs
  const options = { attempts: 3, removeOnComplete: true }
  const app = express()
  app.use(express.json({ limit: '10mb' }))
  app.post('/jobs', async (request, response) => {
    const data = { body: request.body.body, createdAt: Date.now() }
    const { id } = await queue.add('prompt', data, options)
    response.status(202).json({ id })
  })
  app.post('/jobs/bulk', async (request, response) => {
    const prompts = (request.body.jobs as Array<{ body: object }>).map(({ body }) => ({
      name: 'prompt',
      data: { body, createdAt: Date.now() },
      opts: options,
    }))
    const added = await queue.addBulk(prompts)
    response.status(202).json({ ids: added.map(({ id }) => id) })
  })
  const server = app.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('not listening')
    console.log(JSON.stringify({ origin: `http://127.0.0.1:${address.port}` }))
  })
}
