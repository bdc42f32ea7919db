export { type KafkaBusOptions, openKafkaBus } from './kafka.ts'
export { MemoryBus, type MemoryBusOptions, openMemoryBus } from './memory.ts'
export {
  type Bus,
  BusFullError,
  type BusHealth,
  BusUnavailableError,
  type ConsumeOptions,
  type Delivery,
  deadLetterTopic,
  type Message,
  type MessageHeaders,
  type Subscription,
  UnknownTopicError,
} from './port.ts'
