import { type Clock, systemClock } from '@longhaul/contracts'
import {
  type Env,
  ensureFirstKey,
  type LauncherEnv,
  type probeOllama,
  type Stoppable,
  stopInOrder,
} from '@longhaul/runtime'
import { openStore } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'
import { DataFolder } from '../data-folder.ts'
import { Member } from './member.ts'
import { type ClusterModels, type ModelsOptions, openModels } from './models.ts'
import type { ClusterOptions } from './options.ts'
import { seatsOf } from './ports.ts'
import { type ClusterServers, openServers } from './servers.ts'
import { serviceNames } from './service-names.ts'

export interface StartClusterOptions extends ClusterOptions {
  env: Pick<LauncherEnv, 'apiKey' | 'databaseUrl' | 'shared' | 'shutdownMs' | 'logLevel'>
  /** Where a configuration finds its `${NAME}`s; the services get it too. */
  secrets: Env
  telemetry: Telemetry
  /** Takes what the services write, each line with the name of its process. */
  print: (line: string) => void
  /** Changes the configuration before it is checked. */
  adjust?: ModelsOptions['adjust'] | undefined
  probeOllama?: typeof probeOllama
  clock?: Clock
}

/** A running cluster: its processes, and what they stand on. */
export interface Cluster extends Pick<ClusterModels, 'config' | 'source' | 'kind'> {
  readonly name: 'cluster'
  /** Of the ingresses. */
  readonly urls: readonly string[]
  readonly members: readonly Member[]
  readonly dataDir: string
  readonly servers: ClusterServers
  /** Set at the first start only: afterwards just its hash is known. */
  readonly newKey: string | undefined
  /** What was unfinished when it started. */
  readonly resumed: { pending: number; queued: number; running: number }
  /** Intake first, the servers last. Safe to call twice. */
  stop(budgetMs: number): Promise<void>
}

/** Of the time to stop, what one service may take: others come after it. */
const SHARE_OF_ONE = 0.6
const FAILED_START_STOP_MS = 5_000

/**
 * Takes the data folder, starts the servers that the environment does not name,
 * and every service in processes of its own. What was started is stopped when a
 * later step fails.
 * @throws {StartError | DataFolderInUseError | ListenAddressError} with a message for people
 */
export async function startCluster(options: StartClusterOptions): Promise<Cluster> {
  const endings: Stoppable[] = []
  try {
    return await startWith(options, endings)
  } catch (error) {
    await stopAll(options, endings, FAILED_START_STOP_MS)
    throw error
  }
}

async function startWith(options: StartClusterOptions, endings: Stoppable[]): Promise<Cluster> {
  const { clock = systemClock, print } = options
  const folder = new DataFolder(options.dataDir, '--data-dir, or LONGHAUL_DATA_DIR')
  endings.unshift({ name: 'data-folder', stop: async () => folder.release() })
  const started = (ending: Stoppable) => endings.unshift(ending)
  const seats = await seatsOf(options.counts, options.port)
  const models = await openModels({ ...options, dataDir: folder.path, started })
  const servers = await openServers({
    env: options.env,
    dataDir: folder.path,
    processes: seats.length,
    clock,
    log: message => options.telemetry.logger.warn(message),
    started,
  })
  const first = await prepareStore(options, servers)
  const env = environmentOf(options, models, servers)
  const members = seats.map(
    seat => new Member({ ...seat, env, clock, print: line => print(`${seat.name} | ${line}`) }),
  )
  for (const service of serviceNames.toReversed()) {
    const ofService = members.filter((_, index) => seats[index]?.service === service)
    started({
      name: service,
      stop: budgetMs => Promise.all(ofService.map(member => member.stop(budgetMs))),
    })
  }
  await Promise.all(members.map(member => member.start()))
  return {
    name: 'cluster',
    ...models,
    urls: members.flatMap(({ origin }, index) =>
      seats[index]?.service === 'ingress' ? [origin] : [],
    ),
    members,
    dataDir: folder.path,
    servers,
    ...first,
    stop: budgetMs => stopAll(options, endings, budgetMs),
  }
}

/** Before any service starts: the tables, the first key, and what is there from before. */
async function prepareStore(
  { env, clock = systemClock }: StartClusterOptions,
  servers: ClusterServers,
) {
  const store = await openStore({ databaseUrl: servers.databaseUrl, clock })
  try {
    const resumed = await store.dispatch.unfinished()
    return { resumed, newKey: await ensureFirstKey(store, env.apiKey) }
  } finally {
    await store.stop()
  }
}

function environmentOf(
  { env, secrets }: StartClusterOptions,
  { configPath }: ClusterModels,
  servers: ClusterServers,
): Env {
  return {
    ...secrets,
    DATABASE_URL: servers.databaseUrl,
    KAFKA_BROKERS: servers.kafkaBrokers,
    REDIS_URL: servers.redisUrl,
    LONGHAUL_CONFIG: configPath,
    LONGHAUL_API_KEY: '',
    LONGHAUL_SHUTDOWN_MS: String(Math.floor(env.shutdownMs * SHARE_OF_ONE)),
    LOG_LEVEL: env.logLevel,
  }
}

async function stopAll(
  { telemetry, clock = systemClock }: StartClusterOptions,
  endings: Stoppable[],
  budgetMs: number,
): Promise<void> {
  await stopInOrder(endings.splice(0), budgetMs, { clock, logger: telemetry.logger })
}
