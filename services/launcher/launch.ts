import { type Config, systemClock } from '@longhaul/contracts'
import { EmbeddedPostgres } from '@longhaul/embedded-postgres'
import {
  ConfigWatch,
  checkListenAddress,
  chooseCatalog,
  describeFault,
  type Env,
  ensureFirstKey,
  type LauncherEnv,
  loadConfigFile,
  probeOllama,
  simulatorBehaviours,
} from '@longhaul/runtime'
import { startSimulator } from '@longhaul/simulator'
import type { Telemetry } from '@longhaul/telemetry'
import { DataFolder } from './data-folder.ts'
import { StartError } from './expected-error.ts'
import { type System, startSystem } from './system.ts'

export interface LaunchOptions {
  env: LauncherEnv
  /** Where a configuration finds its `${NAME}`s. */
  secrets: Env
  telemetry: Telemetry
  /** Changes the configuration before anything starts on it; default: as it is. */
  adjustConfig?: (config: Config) => Config
  /** Looks for a local Ollama, when no provider's key is there. */
  probeOllama?: typeof probeOllama
}

/** A running embedded Longhaul: the system, and what it stands on. */
export interface Launched {
  readonly name: 'longhaul'
  readonly system: System
  readonly config: Config
  /** One sentence: which models, and why these. */
  readonly source: string
  readonly kind: 'file' | 'providers' | 'ollama' | 'simulator'
  readonly dataDir: string
  /** Which PostgreSQL, for people. */
  readonly database: string
  /** Set at the first start only: afterwards just its hash is known. */
  readonly newKey: string | undefined
  /** What an earlier life left behind. */
  readonly orphan: number | undefined
  stop(budgetMs: number): Promise<void>
}

/** To end what had begun before a step of the start failed. */
const GIVE_UP_MS = 5_000
/** Of the time that is left to stop, for one part: so much stays for those after it. */
const STOP_SHARE = 0.75

interface Ending {
  name: string
  stop(budgetMs: number): Promise<unknown>
}

/**
 * Takes the data folder, starts PostgreSQL unless one is named, chooses the
 * models, and starts every service. What was started is stopped when a later
 * step fails.
 * @throws {StartError | DataFolderInUseError | ListenAddressError} with a message for people
 */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const endings: Ending[] = []
  try {
    return await launchWith(options, endings)
  } catch (error) {
    await stopAll(endings, GIVE_UP_MS)
    throw error
  }
}

/** The last that began ends first. */
async function stopAll(endings: readonly Ending[], budgetMs: number): Promise<void> {
  const deadline = performance.now() + budgetMs
  for (const ending of endings.toReversed()) {
    await ending.stop(STOP_SHARE * Math.max(0, deadline - performance.now()))
  }
}

async function launchWith(options: LaunchOptions, endings: Ending[]): Promise<Launched> {
  const { env, telemetry } = options
  const folder = new DataFolder(env.dataDir)
  endings.push({ name: 'data-folder', stop: async () => folder.release() })

  await checkListenAddress(env, { host: 'LONGHAUL_HOST', port: 'LONGHAUL_PORT' })
  const chosen = await chooseModels(options, endings)
  const models = { ...chosen, config: options.adjustConfig?.(chosen.config) ?? chosen.config }
  const { databaseUrl, orphan } = await openDatabase(options, folder, endings)
  const watch = watchOf(options, models.config, changed => system.reconfigure(changed))
  const system = await startSystem({
    config: models.config,
    databaseUrl,
    shared: env.shared,
    telemetry,
    host: env.host,
    port: env.port,
    owner: folder.owner,
    deadOwners: folder.previousOwner === undefined ? [] : [folder.previousOwner],
    ...(watch && { configuration: watch }),
  })
  endings.push(system)
  if (watch) {
    await watch.start()
    endings.push(watch)
  }
  const newKey = await ensureFirstKey(system.store, env.apiKey)
  return {
    name: 'longhaul',
    system,
    ...models,
    dataDir: folder.path,
    database: env.databaseUrl ? 'the one that DATABASE_URL names' : 'embedded',
    newKey,
    orphan,
    stop: budgetMs => stopAll(endings, budgetMs),
  }
}

async function chooseModels(
  { env, secrets, telemetry, probeOllama: probe = probeOllama }: LaunchOptions,
  endings: Ending[],
): Promise<Pick<Launched, 'config' | 'source' | 'kind'>> {
  if (env.configPath !== undefined) {
    const path = env.configPath
    const result = loadConfigFile(path, secrets)
    if (!result.ok) {
      throw new StartError(result.faults.map(fault => describeFault(path, fault)).join('\n'))
    }
    return { config: result.config, source: `Models of ${path}.`, kind: 'file' }
  }
  return chooseCatalog({
    env: secrets,
    probeOllama: probe,
    async simulatorOrigin() {
      const simulator = await startSimulator({ models: simulatorBehaviours })
      endings.push({ name: 'simulator', stop: () => simulator.close() })
      telemetry.logger.debug({ origin: simulator.origin }, 'simulator started')
      return simulator.origin
    },
  })
}

/** The file may change while the system runs; `adjustConfig` counts for each of its states. */
function watchOf(
  { env, secrets, telemetry, adjustConfig = config => config }: LaunchOptions,
  config: Config,
  reconfigure: System['reconfigure'],
): ConfigWatch | undefined {
  if (env.configPath === undefined) return undefined
  return new ConfigWatch(
    { clock: systemClock, logger: telemetry.logger },
    {
      path: env.configPath,
      env: secrets,
      config,
      apply: changed => reconfigure(adjustConfig(changed)),
    },
  )
}

async function openDatabase(
  { env, telemetry }: LaunchOptions,
  folder: DataFolder,
  endings: Ending[],
): Promise<{ databaseUrl: string; orphan: number | undefined }> {
  if (env.databaseUrl !== undefined) return { databaseUrl: env.databaseUrl, orphan: undefined }
  const postgres = new EmbeddedPostgres({
    dataDir: folder.path,
    log: message => telemetry.logger.warn(message),
  })
  endings.push({ name: 'postgres', stop: budgetMs => postgres.stop(budgetMs) })
  const { orphan } = await postgres.start()
  return { databaseUrl: postgres.url, orphan }
}
