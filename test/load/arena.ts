import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EmbeddedPostgres } from '@longhaul/embedded-postgres'
import { LocalRedis } from '@longhaul/local-servers'
import type { Behaviour } from '@longhaul/simulator'
import pg from 'pg'
import { SimulatorProcess } from '../processes/simulator-process.ts'

/** What the contenders of one run share: a PostgreSQL, a model server, and a folder. */
export interface Arena {
  folder: string
  databaseUrl: string
  /** Of the postmaster. */
  postgresPid: number
  simulator: SimulatorProcess
  /** The same for all who ask, started for the first. */
  redis(): Promise<LocalRedis>
  /** Asks Postgres, on one connection that is kept. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>
  /** Ends all processes and removes the folder. */
  close(): Promise<void>
}

/** Enough for every service of a cluster, or for a plain program. */
const MAX_CONNECTIONS = 120

/** @param models how the model server behaves; default: it answers at once */
export async function openArena(models: Record<string, Behaviour> = {}): Promise<Arena> {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-load-'))
  const postgres = new EmbeddedPostgres({ dataDir: folder, maxConnections: MAX_CONNECTIONS })
  await postgres.start()
  const { url, pid } = postgres
  if (pid === undefined) throw new Error('PostgreSQL does not run')
  process.once('exit', () => postgres.pid !== undefined && process.kill(postgres.pid, 'SIGKILL'))
  const simulator = await SimulatorProcess.start(folder, models)
  const client = new pg.Client({ connectionString: url, application_name: 'bench' })
  await client.connect()
  // As docker-compose.yml starts it: what was accepted outlives it.
  const redis = new LocalRedis({ dataDir: folder, persistent: true })
  return {
    folder,
    databaseUrl: url,
    postgresPid: pid,
    simulator,
    async redis() {
      await redis.start()
      return redis
    },
    async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) {
      return (await client.query<Row>(text, values)).rows
    },
    async close() {
      await client.end()
      await simulator.stop()
      await redis.stop()
      await postgres.stop()
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}
