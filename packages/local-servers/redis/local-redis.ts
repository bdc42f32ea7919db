import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { freePort } from '@longhaul/embedded-postgres'
import { answersPing } from '../ready.ts'
import { Supervised } from '../supervised.ts'
import { findRedis, type RedisBinary } from './binary.ts'

export interface LocalRedisOptions {
  /** Holds `redis.log`, and `redis/` with what is persisted; kept by `stop` and `kill`. */
  dataDir: string
  /** Of 127.0.0.1. Default: a free one; the same at every start of this object. */
  port?: number
  /** Keeps its data over restarts (append-only file). Default false: a restart forgets all. */
  persistent?: boolean
  /** Added to the server's settings: each a line of its configuration, word by word. */
  settings?: ReadonlyArray<readonly string[]>
}

const READY_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 10_000

/** A Redis server as a child process. */
export class LocalRedis {
  readonly #options: LocalRedisOptions
  readonly #dataDir: string
  #port: number | undefined
  #process: Supervised | undefined

  constructor(options: LocalRedisOptions) {
    this.#options = options
    this.#dataDir = resolve(options.dataDir)
    this.#port = options.port
  }

  /** From the first start on. */
  get url(): string {
    return `redis://127.0.0.1:${this.#port}`
  }

  get pid(): number | undefined {
    return this.#process?.running ? this.#process.pid : undefined
  }

  /**
   * Fetches what a start needs, unless it is there.
   * @throws {Error} it cannot be had
   */
  static prepare(): Promise<RedisBinary> {
    return findRedis()
  }

  /** Resolves when it answers. After `stop` or `kill` it starts again on the same port. */
  async start(): Promise<void> {
    if (this.pid !== undefined) return
    const { server, env } = await LocalRedis.prepare()
    const port = this.#port ?? (await freePort())
    this.#port = port
    const folder = join(this.#dataDir, 'redis')
    mkdirSync(folder, { recursive: true })
    const settings: ReadonlyArray<readonly string[]> = [
      ['port', String(port)],
      ['bind', '127.0.0.1'],
      ['dir', folder],
      ['save', ''],
      ['appendonly', this.#options.persistent ? 'yes' : 'no'],
      ...(this.#options.settings ?? []),
    ]
    this.#process = new Supervised({
      program: server,
      args: settings.flatMap(([name, ...values]) => [`--${name}`, ...values]),
      logFile: join(this.#dataDir, 'redis.log'),
      env: { ...process.env, ...env },
    })
    await this.#process.untilReady(() => answersPing(port), READY_TIMEOUT_MS)
  }

  /** Resolves once the process of the last start is gone; at once when there was none. */
  async exited(): Promise<void> {
    await this.#process?.exited()
  }

  /** Orderly; safe to call twice. */
  async stop(): Promise<void> {
    await this.#process?.stop(STOP_TIMEOUT_MS)
  }

  /** As `kill -9` does. */
  async kill(): Promise<void> {
    await this.#process?.kill()
  }
}
