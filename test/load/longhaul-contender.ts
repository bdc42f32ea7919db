import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { LonghaulProcess } from '../processes/longhaul-process.ts'
import type { Arena } from './arena.ts'
import type { Contender, Intake } from './contender.ts'

const STOP_TIMEOUT_MS = 30_000
const MAX_CONCURRENCY = 256

/** Three models that differ in price, so that decisions have something to decide. */
const PRICES = { small: 0.2, medium: 1, large: 5 }

export interface LonghaulContenderOptions {
  webhookEvery: number
  /** Writes a CPU profile of the process under this name into the working directory. */
  profileName?: string
}

/** `npm start` on the shared PostgreSQL: all services in one process, on the memory bus. */
export class LonghaulContender implements Contender {
  readonly name = 'Longhaul, one process'
  readonly #arena: Arena
  readonly #process: LonghaulProcess
  readonly #webhookEvery: number

  static async prepare(arena: Arena, options: LonghaulContenderOptions) {
    const { profileName } = options
    const folder = join(arena.folder, 'longhaul')
    mkdirSync(folder)
    const longhaul = await LonghaulProcess.prepare({
      folder,
      config: {
        models: Object.fromEntries(
          Object.entries(PRICES).map(([name, price]) => [name, model(arena, price)]),
        ),
        webhooks: { allow: ['127.0.0.1/32'] },
      },
      env: { DATABASE_URL: arena.databaseUrl },
      ...(profileName && { execArgv: ['--cpu-prof', `--cpu-prof-name=${profileName}`] }),
    })
    return new LonghaulContender(arena, longhaul, options.webhookEvery)
  }

  private constructor(arena: Arena, longhaul: LonghaulProcess, webhookEvery: number) {
    this.#arena = arena
    this.#process = longhaul
    this.#webhookEvery = webhookEvery
  }

  get pids(): number[] {
    return [this.#process.pid]
  }

  get intake(): Intake {
    const { url, apiKey } = this.#process
    return {
      bulkUrl: `${url}/v1/jobs/bulk`,
      singleUrl: `${url}/v1/jobs`,
      apiKey,
      webhookEvery: this.#webhookEvery,
    }
  }

  async start(): Promise<void> {
    await this.#process.start()
  }

  async recorded(): Promise<number> {
    return this.#count(`SELECT count(*)::integer AS count FROM longhaul.jobs WHERE phase = 2`)
  }

  async settled(): Promise<boolean> {
    const left = await this.#count(`SELECT
      ((SELECT count(*) FROM longhaul.jobs WHERE phase < 2)
      + (SELECT count(*) FROM longhaul.webhook_events WHERE due_at IS NOT NULL))::integer AS count`)
    return left === 0
  }

  async finishSeconds(since: number): Promise<number[]> {
    const rows = await this.#arena.query<{ seconds: number }>(
      `SELECT extract(epoch FROM finished_at - created_at)::float8 AS seconds FROM longhaul.jobs
       WHERE created_at >= to_timestamp($1::float8 / 1000) AND finished_at IS NOT NULL`,
      [since],
    )
    return rows.map(({ seconds }) => seconds)
  }

  async stop(): Promise<void> {
    await this.#process.stop(STOP_TIMEOUT_MS)
  }

  async #count(text: string): Promise<number> {
    const [row] = await this.#arena.query<{ count: number }>(text)
    return row?.count ?? 0
  }
}

function model({ simulator }: Arena, price: number) {
  return {
    context_window: 32_768,
    price: { input: price, output: 4 * price },
    deployments: {
      simulator: {
        provider: 'openai-compatible' as const,
        base_url: `${simulator.origin}/v1`,
        max_concurrency: MAX_CONCURRENCY,
      },
    },
  }
}
