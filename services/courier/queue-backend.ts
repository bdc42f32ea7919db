import { bullmqOnPostgres } from './bullmq-postgres.ts'
import { bullmqOnRedis } from './bullmq-redis.ts'
import type { QueueBackend } from './delivery-queue.ts'

export interface DeliveryQueueSettings {
  databaseUrl: string
  /** Undefined: the queue is on PostgreSQL. */
  redisUrl?: string | undefined
  /** Of BullMQ's tables on PostgreSQL; default `bullmq`. */
  schema?: string | undefined
  /** Of BullMQ's keys on Redis; default `longhaul`. */
  keyPrefix?: string | undefined
}

const DEFAULT_KEY_PREFIX = 'longhaul'

/** The queue on Redis where there is one, since it costs PostgreSQL a dozen statements per attempt. */
export function deliveryQueueBackend(settings: DeliveryQueueSettings): QueueBackend {
  const { databaseUrl, redisUrl, schema, keyPrefix = DEFAULT_KEY_PREFIX } = settings
  if (redisUrl !== undefined) return bullmqOnRedis({ redisUrl, keyPrefix })
  return bullmqOnPostgres({ databaseUrl, ...(schema !== undefined && { schema }) })
}
