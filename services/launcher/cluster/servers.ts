import type { Clock } from '@longhaul/contracts'
import { EmbeddedPostgres } from '@longhaul/embedded-postgres'
import { LocalKafka, LocalRedis } from '@longhaul/local-servers'
import type { LauncherEnv, Stoppable } from '@longhaul/runtime'
import { StartError } from '../expected-error.ts'
import { KeptServer, type Server } from './kept-server.ts'

/** Where the servers are: as services are told, and as people are. */
export interface ClusterServers {
  databaseUrl: string
  kafkaBrokers: string
  redisUrl: string
  described: { database: string; kafka: string; redis: string }
  /** The PostgreSQL that an earlier life left behind, and that was stopped. */
  orphan: number | undefined
}

export interface ServersOptions {
  env: Pick<LauncherEnv, 'databaseUrl' | 'shared'>
  dataDir: string
  /** Processes that will connect to PostgreSQL. */
  processes: number
  clock: Clock
  log: (message: string) => void
  /** Told of each that was started, to stop it later. */
  started: (server: Stoppable) => void
}

const CONNECTIONS_PER_PROCESS = 16
/** The launcher, the command line, people. */
const MORE_CONNECTIONS = 30

/**
 * Those that the environment names, and the others as processes of this
 * machine, which are started again when they die, and die with this one.
 * @throws {StartError} a server cannot be had here
 */
export async function openServers(options: ServersOptions): Promise<ClusterServers> {
  const { env } = options
  const [postgres, kafkaBrokers, redisUrl] = await Promise.all([
    openPostgres(options),
    env.shared.kafka?.brokers.join(',') ?? openKafka(options),
    env.shared.redisUrl ?? openRedis(options),
  ])
  const place = (named: unknown, variable: string, address: string) =>
    named ? `the one that ${variable} names` : `local, ${address}`
  return {
    ...postgres,
    kafkaBrokers,
    redisUrl,
    described: {
      database: env.databaseUrl ? 'the one that DATABASE_URL names' : 'embedded',
      kafka: place(env.shared.kafka, 'KAFKA_BROKERS', kafkaBrokers),
      redis: place(env.shared.redisUrl, 'REDIS_URL', redisUrl),
    },
  }
}

async function openPostgres({ env, dataDir, processes, log, started }: ServersOptions) {
  if (env.databaseUrl !== undefined) return { databaseUrl: env.databaseUrl, orphan: undefined }
  const postgres = new EmbeddedPostgres({
    dataDir,
    log,
    maxConnections: processes * CONNECTIONS_PER_PROCESS + MORE_CONNECTIONS,
    diesWithParent: true,
  })
  started({ name: 'postgres', stop: () => postgres.stop() })
  const { orphan } = await postgres.start()
  return { databaseUrl: postgres.url, orphan }
}

async function openKafka(options: ServersOptions): Promise<string> {
  const kafka = new LocalKafka({ dataDir: options.dataDir })
  await keep(kafka, 'Kafka', 'KAFKA_BROKERS', options)
  return kafka.brokers.join(',')
}

async function openRedis(options: ServersOptions): Promise<string> {
  const redis = new LocalRedis({ dataDir: options.dataDir })
  await keep(redis, 'Redis', 'REDIS_URL', options)
  return redis.url
}

async function keep(
  server: Server,
  title: string,
  variable: string,
  { clock, log, started }: ServersOptions,
): Promise<void> {
  const kept = new KeptServer({ title, server, clock, log })
  started(kept)
  await orExplain(kept.start(), title, variable)
}

async function orExplain(start: Promise<void>, server: string, variable: string): Promise<void> {
  try {
    await start
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StartError(
      `${server} cannot be started here, and ${variable} names none: ${reason}`,
      { cause: error },
    )
  }
}
