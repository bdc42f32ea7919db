import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { LonghaulProcess } from '../processes/longhaul-process.ts'
import type { Arena } from './arena.ts'
import type { Intake, LonghaulServer, NamedProcess } from './contender.ts'
import { LonghaulRecords, longhaulConfig } from './longhaul-records.ts'
import { profileFlags } from './profile.ts'

const STOP_TIMEOUT_MS = 30_000

export interface LonghaulOptions {
  /** One job in so many asks for a webhook; default: none. */
  webhookEvery?: number
  /** Whether processes write a CPU profile into the working directory. */
  profile?: boolean
}

/** `npm start` on the shared PostgreSQL: all services in one process, on the memory bus. */
export class LonghaulContender extends LonghaulRecords implements LonghaulServer {
  readonly name = 'Longhaul, one process'
  readonly servers = []
  readonly #process: LonghaulProcess
  readonly #webhookEvery: number

  static async prepare(arena: Arena, options: LonghaulOptions): Promise<LonghaulContender> {
    const folder = join(arena.folder, 'longhaul')
    mkdirSync(folder)
    const longhaul = await LonghaulProcess.prepare({
      folder,
      config: longhaulConfig(arena),
      env: { DATABASE_URL: arena.databaseUrl },
      execArgv: options.profile ? profileFlags('longhaul') : [],
    })
    return new LonghaulContender(arena, longhaul, options.webhookEvery ?? 0)
  }

  private constructor(arena: Arena, longhaul: LonghaulProcess, webhookEvery: number) {
    super(arena)
    this.#process = longhaul
    this.#webhookEvery = webhookEvery
  }

  get processes(): NamedProcess[] {
    return [{ name: 'longhaul', pid: this.#process.pid }]
  }

  get url(): string {
    return this.#process.url
  }

  get apiKey(): string {
    return this.#process.apiKey
  }

  get intake(): Intake {
    return {
      bulkUrl: `${this.url}/v1/jobs/bulk`,
      singleUrl: `${this.url}/v1/jobs`,
      apiKey: this.apiKey,
      webhookEvery: this.#webhookEvery,
    }
  }

  async start(): Promise<void> {
    await this.#process.start()
  }

  async kill(): Promise<void> {
    await this.#process.kill()
  }

  async stop(): Promise<void> {
    await this.#process.stop(STOP_TIMEOUT_MS)
  }
}
