import { afterAll, beforeAll } from '@jest/globals'
import pg from 'pg'
import { testDatabaseUrl } from './database.ts'

/** Of all suites that run alone; no other lock of PostgreSQL's that is asked for has this number. */
const LOCK = 20_261_126
/** Longer than the others of them take together, also on a slow machine. */
const PATIENCE_MS = 1_800_000

/**
 * For a suite that compares with the clock, called before its other hooks: two
 * of those never share the processors, and since they come last
 * (`sequencer.js`), no other suite shares them either.
 */
export function alone(): void {
  const client = new pg.Client({ connectionString: testDatabaseUrl() })
  beforeAll(async () => {
    await client.connect()
    await client.query('SELECT pg_advisory_lock($1)', [LOCK])
  }, PATIENCE_MS)
  afterAll(() => client.end())
}
