import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LocalRedis } from '@longhaul/local-servers'
import { Child } from '../processes/child.ts'
import type { Arena } from './arena.ts'
import { type Contender, type Intake, type NamedProcess, named } from './contender.ts'

const PROGRAM = fileURLToPath(new URL('./programs/bullmq.ts', import.meta.url))
const START_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 5_000

/**
 * The plain program on BullMQ; `programs/bullmq.ts` is all of it. With PostgreSQL
 * alone it is one process, as Longhaul is there; with Redis its API and its
 * worker have a process each.
 */
export class BullmqContender implements Contender {
  readonly name: string
  readonly #arena: Arena
  readonly #redis: LocalRedis | undefined
  readonly #children = new Map<string, Child>()
  #origin = ''

  /** @param redis where BullMQ keeps its jobs; default: in PostgreSQL */
  constructor(arena: Arena, redis?: LocalRedis) {
    this.#arena = arena
    this.#redis = redis
    this.name = redis ? 'BullMQ on Redis' : 'BullMQ on PostgreSQL'
  }

  get processes(): NamedProcess[] {
    return Array.from(this.#children, ([name, { pid }]) => ({ name, pid }))
  }

  get servers(): NamedProcess[] {
    return this.#redis ? [named('Redis', this.#redis.pid)] : []
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
    if (!this.#redis) {
      this.#origin = await this.#run('program', [])
      return
    }
    const onRedis = ['--redis-url', this.#redis.url]
    await this.#run('worker', [...onRedis, '--role', 'worker'])
    this.#origin = await this.#run('api', [...onRedis, '--role', 'api'])
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
    await Promise.all(
      Array.from(this.#children.values(), child => child.end('SIGTERM', STOP_TIMEOUT_MS)),
    )
  }

  /** @returns the origin of its API */
  async #run(name: string, settings: readonly string[]): Promise<string> {
    const { databaseUrl, simulator, folder } = this.#arena
    const shared = ['--database-url', databaseUrl, '--simulator-origin', simulator.origin]
    const child = new Child([PROGRAM, ...shared, ...settings], {
      name: `${this.name}, ${name}`,
      logFile: join(folder, 'bullmq.log'),
    })
    this.#children.set(name, child)
    const [line] = await child.printed(/^\{.*\}$/m, START_TIMEOUT_MS)
    return (JSON.parse(line) as { origin: string }).origin
  }
}
