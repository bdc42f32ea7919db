export { type BullmqPostgresOptions, bullmqOnPostgres } from './bullmq-postgres.ts'
export { type BullmqRedisOptions, bullmqOnRedis } from './bullmq-redis.ts'
export {
  attemptId,
  type DeliveryQueue,
  type DeliveryQueueOptions,
  type QueueBackend,
} from './port.ts'
