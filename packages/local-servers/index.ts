export { freePort } from './free-port.ts'
export { LocalKafka, type LocalKafkaOptions } from './kafka/local-kafka.ts'
export { LocalRedis, type LocalRedisOptions } from './redis/local-redis.ts'
