export {
  Container,
  type ContainerSpec,
  dockerAnswers,
  kafkaContainer,
  postgresContainer,
  redisContainer,
} from './docker.ts'
export { LocalKafka, type LocalKafkaOptions, type ScramUser } from './kafka/local-kafka.ts'
export type { KafkaListener, KafkaQuorum } from './kafka/properties.ts'
export { runOpenssl } from './openssl.ts'
export { findSystemPostgres } from './postgres/system-postgres.ts'
export { LocalRedis, type LocalRedisOptions } from './redis/local-redis.ts'
export { LocalS3 } from './s3/local-s3.ts'
