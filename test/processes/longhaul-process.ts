import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { configSchema } from '@longhaul/contracts'
import type { z } from 'zod'
import { Child } from './child.ts'
import { EmbeddedCluster } from './embedded-cluster.ts'

const REPOSITORY = new URL('../../', import.meta.url)
const PROGRAM = fileURLToPath(new URL('services/launcher/main.ts', REPOSITORY))
const START_TIMEOUT_MS = 240_000
const KILL_TIMEOUT_MS = 5_000
const API_KEY = 'a-key-for-tests-and-benchmarks'

/** Below the ports that clients get from the system: nobody takes it while the server is down. */
const LOWEST_PORT = 20_000
const HIGHEST_PORT = 32_000

export interface LonghaulOptions {
  /** Data, configuration and log are kept here. */
  folder: string
  config: z.input<typeof configSchema>
  env?: Record<string, string>
  execArgv?: readonly string[]
}

/** The embedded launcher as one process that can be killed and started again on the same folder and port. */
export class LonghaulProcess {
  readonly apiKey = API_KEY
  readonly url: string
  readonly cluster: EmbeddedCluster
  readonly logFile: string
  readonly #options: LonghaulOptions
  readonly #port: number
  #child: Child | undefined

  static async prepare(options: LonghaulOptions): Promise<LonghaulProcess> {
    return new LonghaulProcess(options, await freePort())
  }

  private constructor(options: LonghaulOptions, port: number) {
    this.#options = options
    this.#port = port
    this.url = `http://127.0.0.1:${port}`
    this.cluster = new EmbeddedCluster(options.folder)
    this.logFile = join(options.folder, 'longhaul.log')
    writeFileSync(join(options.folder, 'longhaul.yaml'), JSON.stringify(options.config))
    process.once('exit', this.#killCluster)
  }

  /** @throws {Error} while it does not run */
  get pid(): number {
    if (!this.#child) throw new Error('Longhaul was not started')
    return this.#child.pid
  }

  get running(): boolean {
    return this.#child !== undefined && !this.#child.ended
  }

  /** Resolves when it is ready. @returns what it printed */
  async start(): Promise<string> {
    const { folder, env, execArgv = [] } = this.#options
    this.#child = new Child([PROGRAM], {
      name: 'Longhaul',
      logFile: this.logFile,
      execArgv: [...startFlags(), ...execArgv],
      env: {
        LONGHAUL_DATA_DIR: folder,
        LONGHAUL_CONFIG: join(folder, 'longhaul.yaml'),
        LONGHAUL_API_KEY: API_KEY,
        LONGHAUL_PORT: String(this.#port),
        LOG_LEVEL: 'warn',
        DATABASE_URL: '',
        ...env,
      },
    })
    await this.#child.printed(/Longhaul is ready at \S+[\s\S]*Try:/, START_TIMEOUT_MS)
    return this.#child.output
  }

  /** Pulls the plug: PostgreSQL is left behind, as it would be. */
  async kill(): Promise<void> {
    await this.#child?.end('SIGKILL', KILL_TIMEOUT_MS)
  }

  /** Orderly. @returns the exit code; null when it had to be killed */
  async stop(timeoutMs: number): Promise<number | null> {
    return (await this.#child?.end('SIGTERM', timeoutMs)) ?? null
  }

  /** Leaves no process behind, whatever state it is in. */
  async destroy(): Promise<void> {
    await this.kill()
    this.cluster.kill()
    process.off('exit', this.#killCluster)
  }

  #killCluster = () => this.cluster.kill()
}

/** What `npm start` tells Node. */
function startFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync(new URL('package.json', REPOSITORY), 'utf8')) as {
    scripts: { start: string }
  }
  return scripts.start.split(' ').filter(word => word.startsWith('--'))
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT - LOWEST_PORT))
    const server = createServer()
    server.listen(port, '127.0.0.1')
    try {
      await once(server, 'listening')
      server.close()
      await once(server, 'close')
      return port
    } catch {
      // Taken: another one.
    }
  }
}
