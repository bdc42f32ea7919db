import { EnduringConnector, type RedisTls } from '@longhaul/redis'
import { Queue, Worker } from 'bullmq'
import { Redis, type RedisOptions } from 'ioredis'
import { bullmqBackend } from './bullmq.ts'
import type { QueueBackend } from './port.ts'

export interface BullmqRedisOptions {
  /** `redis://` or `rediss://`. */
  redisUrl: string
  tls?: RedisTls
  /** Of BullMQ's keys. */
  keyPrefix: string
}

const CONNECT_TIMEOUT_MS = 5_000
/** A server that hangs must not hold a round for ever. */
const COMMAND_TIMEOUT_MS = 5_000
const DISCONNECT_TIMEOUT_MS = 500
const LONGEST_RETRY_MS = 2_000

/** `connect` rejects at the first failure, so that nobody waits for a server that is away. */
const CONNECTION: RedisOptions = {
  Connector: EnduringConnector,
  lazyConnect: true,
  connectTimeout: CONNECT_TIMEOUT_MS,
  commandTimeout: COMMAND_TIMEOUT_MS,
  disconnectTimeout: DISCONNECT_TIMEOUT_MS,
  keepAlive: 10_000,
  disableClientInfo: true,
  retryStrategy: times => Math.min(50 * 2 ** Math.min(times, 10), LONGEST_RETRY_MS),
}
const FOR_QUEUE: RedisOptions = {
  ...CONNECTION,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
}
/** BullMQ asks for it: what a worker says while the connection is away is said when it is back. */
const FOR_WORKER: RedisOptions = { ...CONNECTION, maxRetriesPerRequest: null }
/** The connection on which a worker waits for jobs; BullMQ breaks it off when an answer is overdue. */
const FOR_WAITING = { commandTimeout: undefined }

/** BullMQ on Redis: three connections. */
export function bullmqOnRedis({ redisUrl, tls, keyPrefix }: BullmqRedisOptions): QueueBackend {
  const secured = tls && { tls: { ...tls } }
  return bullmqBackend({
    name: 'BullMQ on Redis',
    openQueue(name, options) {
      const connections = new Connections(redisUrl, { ...FOR_QUEUE, ...secured })
      const queue = new Queue(name, {
        ...options,
        prefix: keyPrefix,
        connection: connections.first,
      })
      const close = queue.close.bind(queue)
      queue.close = () => close().finally(() => connections.end())
      return queue
    },
    openWorker(name, handle, options) {
      const connections = new Connections(redisUrl, { ...FOR_WORKER, ...secured })
      const worker = new Worker(name, handle, {
        ...options,
        prefix: keyPrefix,
        connection: connections.first,
      })
      const close = worker.close.bind(worker)
      worker.close = force => close(force).finally(() => connections.end())
      worker.disconnect = async () => connections.end()
      return worker
    },
  })
}

/**
 * A connection and the copies that BullMQ makes of it. BullMQ (6.7) makes no
 * connection by itself in an ES module, closes only its copies, and leaves
 * those that are away trying for ever.
 */
class Connections {
  readonly first: Redis
  readonly #all: Redis[] = []

  constructor(url: string, options: RedisOptions) {
    this.first = this.#keep(new Redis(url, options))
    const duplicate = this.first.duplicate.bind(this.first)
    this.first.duplicate = override => this.#keep(duplicate({ ...override, ...FOR_WAITING }))
  }

  end(): void {
    for (const connection of this.#all) {
      if (connection.status !== 'end') connection.disconnect()
    }
  }

  #keep(connection: Redis): Redis {
    connection.on('error', ignore)
    this.#all.push(connection)
    return connection
  }
}

/** BullMQ reports it while it listens; before and afterwards nobody is to know. */
function ignore(): void {}
