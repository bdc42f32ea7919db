import { randomBytes } from 'node:crypto'
import type { Clock } from '@longhaul/contracts'
import { openStore, type Store } from '@longhaul/store'
import pg from 'pg'
import { Database } from '../packages/store/database.ts'

const MAX_CONNECTIONS = 11

export interface TestStore {
  store: Store
  databaseUrl: string
  schema: string
  /** Another store on the same schema, as another process would have; closed with this one. */
  openAnother(): Promise<Store>
  /** Runs any SQL on the schema. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>
  close(): Promise<void>
}

export interface TestDatabase extends TestStore {
  /** What the store is made of. */
  database: Database
}

export function testDatabaseUrl(): string {
  const url = process.env.LONGHAUL_TEST_DATABASE_URL
  if (!url) throw new Error('LONGHAUL_TEST_DATABASE_URL is not set: run through npm test')
  return url
}

/** What this test file uses from now on instead. */
export function useTestDatabase(url: string): void {
  process.env.LONGHAUL_TEST_DATABASE_URL = url
}

/** A store on a schema of its own, dropped by `close`. */
export async function openTestStore(clock?: Clock): Promise<TestStore> {
  const databaseUrl = testDatabaseUrl()
  const schema = `test_${randomBytes(6).toString('hex')}`
  const open = () =>
    openStore({ databaseUrl, schema, maxConnections: MAX_CONNECTIONS, ...(clock && { clock }) })
  const store = await open()
  const others: Store[] = []
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 1,
    options: `-c search_path=${schema}`,
  })
  return {
    store,
    databaseUrl,
    schema,
    async openAnother() {
      const other = await open()
      others.push(other)
      return other
    },
    async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) {
      return (await pool.query<Row>(text, values)).rows
    },
    async close() {
      await Promise.all([store, ...others].map(each => each.stop()))
      await pool.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`)
      await pool.end()
    },
  }
}

/** A store as of `openTestStore`, and the connections of another to the same schema. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const db = await openTestStore()
  const { databaseUrl, schema } = db
  const database = new Database({ databaseUrl, schema, maxConnections: MAX_CONNECTIONS })
  return {
    ...db,
    database,
    async close() {
      await database.stop()
      await db.close()
    },
  }
}
