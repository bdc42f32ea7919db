export {
  Container,
  type ContainerSpec,
  dockerAnswers,
  kafkaContainer,
  postgresContainer,
  redisContainer,
} from './docker.ts'
export { LocalKafka, type LocalKafkaOptions } from './kafka/local-kafka.ts'
export { findSystemPostgres } from './postgres/system-postgres.ts'
export { LocalRedis, type LocalRedisOptions } from './redis/local-redis.ts'
export { LocalS3 } from './s3/local-s3.ts'
