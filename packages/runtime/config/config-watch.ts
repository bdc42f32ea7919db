import { statSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { Clock, Config } from '@longhaul/contracts'
import type { Logger } from '@longhaul/telemetry'
import type { Env } from '../env.ts'
import { loadConfigFile } from './config-file.ts'
import { describeFault } from './fault.ts'

export interface ConfigWatchOptions {
  path: string
  /** Where the file finds its `${NAME}`s. */
  env: Env
  /** What the process started with. */
  config: Config
  /** Takes up a changed configuration; when it rejects, it is called again. */
  apply: (config: Config) => void | Promise<void>
}

/** Drivers are opened with these; a change of them counts from the next start. */
const AT_START = ['breaker', 'lease', 'webhooks', 'kafka', 'redis'] as const

const CHECK_MS = 1_000

/**
 * Notices within a second that the configuration file has changed, also when it
 * is replaced as a whole or is a link (as editors and Kubernetes do), and hands
 * it on. A file with faults changes nothing: the process goes on with what it
 * has, and says so in its log and its health.
 */
export class ConfigWatch {
  readonly name = 'configuration'
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #options: ConfigWatchOptions
  #current: Config
  #seen: string
  #fault: string | undefined
  #refusal: string | undefined
  #unapplied: Config | undefined
  #cancel = () => {}
  #checking: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(dependencies: { clock: Clock; logger: Logger }, options: ConfigWatchOptions) {
    this.#clock = dependencies.clock
    this.#logger = dependencies.logger
    this.#options = options
    this.#current = options.config
    this.#seen = identityOf(options.path)
  }

  async start(): Promise<void> {
    this.#cancel = this.#clock.schedule(CHECK_MS, () => {
      this.#checking = this.#check().finally(() => {
        if (!this.#stopped) void this.start()
      })
    })
  }

  /** Never red: a fault in a file must not take a fleet down. */
  health(): { ok: boolean; detail: string } {
    return {
      ok: true,
      detail: this.#fault ?? this.#refusal ?? 'as in the file',
    }
  }

  /** Resolves when a change that is being taken up has been. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    await this.#checking
  }

  async #check(): Promise<void> {
    const identity = identityOf(this.#options.path)
    if (identity !== this.#seen) {
      this.#seen = identity
      this.#read()
    }
    if (this.#unapplied) await this.#apply(this.#unapplied)
  }

  #read(): void {
    const { path, env } = this.#options
    const result = loadConfigFile(path, env)
    if (!result.ok) {
      const faults = result.faults.map(fault => describeFault(path, fault))
      this.#fault = 'the file has faults: running with the last good configuration'
      this.#logger.error({ faults }, this.#fault)
      return
    }
    this.#fault = undefined
    const changed = { ...result.config, ...pick(this.#current) }
    const later = AT_START.filter(
      key => !isDeepStrictEqual(result.config[key], this.#options.config[key]),
    )
    if (later.length > 0) {
      this.#fault = `${later.join(', ')} changed: this counts from the next start`
      this.#logger.warn({ settings: later }, 'changed settings count from the next start')
    }
    // Also when a change was taken back that services may have taken up in part.
    if (this.#unapplied || !isDeepStrictEqual(changed, this.#current)) this.#unapplied = changed
  }

  async #apply(config: Config): Promise<void> {
    try {
      await this.#options.apply(config)
      this.#current = config
      this.#unapplied = undefined
      this.#refusal = undefined
      this.#logger.info({ models: Object.keys(config.models) }, 'the configuration was changed')
    } catch (error) {
      this.#refusal = 'a change could not be taken up yet'
      this.#logger.warn({ err: error }, 'the configuration could not be changed; trying again')
    }
  }
}

function pick(config: Config): Pick<Config, (typeof AT_START)[number]> {
  const { breaker, lease, webhooks, kafka, redis } = config
  return { breaker, lease, webhooks, kafka, redis }
}

/** Of what the path leads to now; of what cannot be looked at, why not. */
function identityOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs } = statSync(path, { bigint: true })
    return `${dev} ${ino} ${size} ${mtimeNs}`
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}
