import { createPostgresBackend, withBackend } from 'bullmq'
import { bullmqBackend } from './bullmq.ts'
import type { QueueBackend } from './port.ts'

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

const { Queue, Worker } = withBackend(createEnduringBackend)

/** BullMQ on PostgreSQL: 6 connections, and one that listens. */
export function bullmqOnPostgres({
  databaseUrl,
  schema = 'bullmq',
}: BullmqPostgresOptions): QueueBackend {
  const connection = (max: number, migrate: boolean) => ({
    connectionString: databaseUrl,
    schema,
    migrate,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
  })
  return bullmqBackend({
    name: 'BullMQ on PostgreSQL',
    openQueue: (name, options) =>
      new Queue(name, { ...options, connection: connection(QUEUE_CONNECTIONS, true) }),
    openWorker: (name, handle, options) =>
      new Worker(name, handle, { ...options, connection: connection(WORKER_CONNECTIONS, false) }),
  })
}

type Backend = ReturnType<typeof createPostgresBackend>
type ListenClient = Awaited<ReturnType<Backend['connection']['getListenClient']>>

/**
 * `createPostgresBackend`, whose connections may die at any moment. A client of
 * `pg` that is lost while nobody listens for its `error` ends the process, and
 * BullMQ (6.7) leaves two gaps: while it migrates, and while it closes.
 */
function createEnduringBackend(...settings: Parameters<typeof createPostgresBackend>): Backend {
  const backend = createPostgresBackend(...settings)
  const { connection } = backend
  connection.pool.on('connect', client => void client.on('error', ignore))
  const connectListener = connection.getListenClient.bind(connection)
  connection.getListenClient = async () => neverDeaf(await connectListener())
  return backend
}

function neverDeaf(client: ListenClient): ListenClient {
  if (Object.hasOwn(client, 'removeAllListeners')) return client
  const removeAllListeners = client.removeAllListeners.bind(client)
  client.removeAllListeners = event => {
    removeAllListeners(event)
    return client.on('error', ignore)
  }
  return client
}

/** Whoever uses the client learns of it by their query. */
function ignore(): void {}
