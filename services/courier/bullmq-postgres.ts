import { createPostgresBackend, withBackend } from 'bullmq'
import { bullmqBackend } from './bullmq.ts'
import type { QueueBackend } from './delivery-queue.ts'

export interface BullmqPostgresOptions {
  databaseUrl: string
  /** Of BullMQ's own tables, made when absent. */
  schema?: string
}

const QUEUE_CONNECTIONS = 2
const WORKER_CONNECTIONS = 4
const CONNECT_TIMEOUT_MS = 5_000
/** A server that hangs must not hold a round for ever. */
const QUERY_TIMEOUT_MS = 30_000

const { Queue, Worker } = withBackend(createPostgresBackend)

/** BullMQ on PostgreSQL: 6 connections, and one that listens. */
export function bullmqOnPostgres({
  databaseUrl,
  schema = 'bullmq',
}: BullmqPostgresOptions): QueueBackend {
  const connection = (max: number) => ({
    connectionString: databaseUrl,
    schema,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
  })
  return bullmqBackend({
    name: 'BullMQ on PostgreSQL',
    openQueue: (name, options) =>
      new Queue(name, {
        ...options,
        connection: { ...connection(QUEUE_CONNECTIONS), migrate: true },
      }),
    openWorker: (name, handle, options) =>
      new Worker(name, handle, { ...options, connection: connection(WORKER_CONNECTIONS) }),
  })
}
