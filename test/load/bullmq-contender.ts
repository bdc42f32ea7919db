import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Child } from '../processes/child.ts'
import type { Arena } from './arena.ts'
import type { Contender, Intake } from './contender.ts'

const PROGRAM = fileURLToPath(new URL('./programs/bullmq.ts', import.meta.url))
const START_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 5_000

/** The plain program on BullMQ; `programs/bullmq.ts` is all of it. */
export class BullmqContender implements Contender {
  readonly name = 'BullMQ on PostgreSQL'
  readonly #arena: Arena
  #child: Child | undefined
  #origin = ''

  constructor(arena: Arena) {
    this.#arena = arena
  }

  get pids(): number[] {
    return this.#child ? [this.#child.pid] : []
  }

  get intake(): Intake {
    return {
      bulkUrl: `${this.#origin}/jobs/bulk`,
      singleUrl: `${this.#origin}/jobs`,
      apiKey: 'none',
      webhookEvery: 0,
    }
  }

  async start(): Promise<void> {
    const { databaseUrl, simulator, folder } = this.#arena
    const settings = ['--database-url', databaseUrl, '--simulator-origin', simulator.origin]
    this.#child = new Child([PROGRAM, ...settings], {
      name: this.name,
      logFile: join(folder, 'bullmq.log'),
    })
    const [line] = await this.#child.printed(/^\{.*\}$/m, START_TIMEOUT_MS)
    this.#origin = (JSON.parse(line) as { origin: string }).origin
  }

  async recorded(): Promise<number> {
    const [row] = await this.#arena.query<{ count: number }>(
      'SELECT count(*)::integer AS count FROM plain.results',
    )
    return row?.count ?? 0
  }

  /** It does nothing beside what it records. */
  async settled(): Promise<boolean> {
    return true
  }

  async finishSeconds(since: number): Promise<number[]> {
    const rows = await this.#arena.query<{ seconds: number }>(
      `SELECT extract(epoch FROM finished_at - created_at)::float8 AS seconds FROM plain.results
       WHERE created_at >= to_timestamp($1::float8 / 1000)`,
      [since],
    )
    return rows.map(({ seconds }) => seconds)
  }

  async stop(): Promise<void> {
    await this.#child?.end('SIGTERM', STOP_TIMEOUT_MS)
  }
}
