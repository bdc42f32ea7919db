import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { EmbeddedPostgres } from '@longhaul/embedded-postgres'
import {
  Container,
  type ContainerSpec,
  dockerAnswers,
  findSystemPostgres,
  kafkaContainer,
  LocalKafka,
  LocalRedis,
  LocalS3,
  postgresContainer,
  redisContainer,
} from '@longhaul/local-servers'

/**
 * `postgres` is the one that every test uses; `system-postgres` another build of it.
 * `local-kafka` and `local-redis` are no servers but the means to start some, for
 * tests that stop and kill them.
 */
export const serverKinds = [
  'postgres',
  'system-postgres',
  'kafka',
  'redis',
  's3',
  'local-kafka',
  'local-redis',
] as const
export type ServerKind = (typeof serverKinds)[number]

export interface OpenServer {
  /** A URL; for Kafka `host:port`, several with commas. */
  address: string
  stop(): Promise<void>
}

/** A way to a server; undefined where it does not apply, rejects where it fails. */
type Source = () => Promise<OpenServer | undefined>

/** In the order in which they are tried: what the environment names, a container, a process. */
export function sourcesOf(kind: ServerKind, folder: string): Source[] {
  const dataDir = join(folder, kind)
  switch (kind) {
    case 'postgres':
      return [named('DATABASE_URL'), postgres(async () => new EmbeddedPostgres({ dataDir }))]
    case 'system-postgres':
      return [
        container(() => postgresContainer(randomBytes(12).toString('hex'))),
        postgres(async () => {
          const binaries = await findSystemPostgres()
          return new EmbeddedPostgres({ dataDir, binaries })
        }),
      ]
    case 'kafka':
      return [
        named('KAFKA_BROKERS'),
        container(kafkaContainer),
        async () => {
          const kafka = new LocalKafka({ dataDir })
          await kafka.start()
          return { address: kafka.brokers.join(','), stop: () => kafka.stop() }
        },
      ]
    case 'redis':
      return [
        named('REDIS_URL'),
        container(redisContainer),
        async () => {
          const redis = new LocalRedis({ dataDir })
          await redis.start()
          return { address: redis.url, stop: () => redis.stop() }
        },
      ]
    case 's3':
      return [
        named('S3_ENDPOINT'),
        async () => {
          const s3 = new LocalS3({ dataDir })
          await s3.start()
          return { address: s3.url, stop: () => s3.stop() }
        },
      ]
    case 'local-kafka':
      return [means(() => LocalKafka.prepare())]
    case 'local-redis':
      return [means(() => LocalRedis.prepare())]
  }
}

function means(prepare: () => Promise<unknown>): Source {
  return async () => {
    await prepare()
    return { address: '127.0.0.1', stop: async () => {} }
  }
}

function named(variable: string): Source {
  return async () => {
    const address = process.env[variable]
    return address ? { address, stop: async () => {} } : undefined
  }
}

function container(spec: () => Promise<ContainerSpec>): Source {
  return async () => {
    if (!(await dockerAnswers())) return undefined
    const chosen = await spec()
    const running = new Container(chosen)
    await running.start()
    return { address: chosen.address, stop: () => running.stop() }
  }
}

function postgres(open: () => Promise<EmbeddedPostgres>): Source {
  return async () => {
    const server = await open()
    await server.start()
    return { address: server.url, stop: () => server.stop() }
  }
}
