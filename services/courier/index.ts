export { type BullmqPostgresOptions, bullmqOnPostgres } from './bullmq-postgres.ts'
export { Courier, type CourierDependencies } from './courier.ts'
export type { DeliveryQueue, DeliveryQueueOptions, QueueBackend } from './delivery-queue.ts'
