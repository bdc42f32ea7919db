import pg from 'pg'
import { type CopyToStreamQuery, to as copyTo } from 'pg-copy-streams'
import { isUnreachable, StoreUnavailableError } from './errors.ts'

export interface DatabaseOptions {
  databaseUrl: string
  /** Tables live here, so that several can share a database. */
  schema: string
  maxConnections: number
}

/** Connections; a round of the dispatcher must not wait for decisions, and asks two things at a time. */
const LAZY = 5
const GENERAL = 2
const BULK = 2

/** COPY's binary format (PostgreSQL's manual on COPY, "Binary Format"): a header, fields before each row, length before each field. */
const COPY_HEADER_BYTES = 19
const FIELDS_BYTES = 2
const LENGTH_BYTES = 4

export interface Statement {
  /** Prepared once per connection under this name. */
  name: string
  text: string
}

/**
 * Four pools. `hot` runs the few statements of a job's life: their shape is
 * known, rows come by key, and plans must not change with statistics that lag
 * behind a queue. So it plans once, takes rows from an index one by one and in
 * its order, and never reads a whole table or sorts what an index has in order.
 * Its statements must not join sets that no index covers.
 * `general` runs what people ask, and may not take for ever.
 *
 * `lazy` is `hot` without waiting for the disk. It is for what the next durable
 * commit carries along (the log is written in order), or what may be undone by
 * a crash of the server without harm: a decision is never behind the claim that
 * follows it, and a job that was published but is `pending` again is published
 * again.
 *
 * `bulk` carries the content of files, in pieces and out of the way of the rest. It
 * does not wait for the disk either: the statement that shows a file does, and
 * comes behind its pieces in the log.
 */
export class Database {
  readonly #hot: pg.Pool
  readonly #lazy: pg.Pool
  readonly #general: pg.Pool
  readonly #bulk: pg.Pool

  constructor(options: DatabaseOptions) {
    const path = `SET search_path TO "${options.schema}"`
    const planOnce = [
      path,
      'SET plan_cache_mode = force_generic_plan',
      'SET enable_hashjoin = off',
      'SET enable_mergejoin = off',
      'SET enable_seqscan = off',
      'SET enable_bitmapscan = off',
      'SET enable_sort = off',
      'SET jit = off',
      // The rows of one statement, bodies and all, are held in memory and not in a file.
      "SET work_mem = '32MB'",
    ]
    const others = LAZY + GENERAL + BULK
    this.#hot = openPool(options, Math.max(2, options.maxConnections - others), planOnce)
    this.#lazy = openPool(options, LAZY, [...planOnce, 'SET synchronous_commit = off'])
    this.#general = openPool(options, GENERAL, [path, "SET statement_timeout = '30s'"])
    this.#bulk = openPool(options, BULK, [...planOnce, 'SET synchronous_commit = off'])
  }

  /** @throws {StoreUnavailableError} the server cannot be reached */
  async hot<Row extends pg.QueryResultRow>(
    statement: Statement,
    values: unknown[],
  ): Promise<Row[]> {
    return run<Row>(this.#hot, { name: statement.name, text: statement.text, values })
  }

  /** @throws {StoreUnavailableError} the server cannot be reached */
  async lazy<Row extends pg.QueryResultRow>(
    statement: Statement,
    values: unknown[],
  ): Promise<Row[]> {
    return run<Row>(this.#lazy, { name: statement.name, text: statement.text, values })
  }

  /** @throws {StoreUnavailableError} the server cannot be reached */
  async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return run<Row>(this.#general, { text, values })
  }

  /** @throws {StoreUnavailableError} the server cannot be reached */
  async bulk<Row extends pg.QueryResultRow>(
    statement: Statement,
    values: unknown[],
  ): Promise<Row[]> {
    return run<Row>(this.#bulk, { name: statement.name, text: statement.text, values })
  }

  /**
   * The one value that `query` selects, as PostgreSQL holds it; undefined: no row, or NULL.
   * As a row of a query it would come as text twice as long, and be copied five times over.
   * @param query without parameters; nothing of a caller's may stand in it
   * @throws {StoreUnavailableError} the server cannot be reached
   */
  async bytes(query: string): Promise<Buffer | undefined> {
    try {
      const client = await this.#bulk.connect()
      client.on('error', toldByStream)
      let failed = true
      const copied: TimedCopy = client.query(copyTo(`COPY (${query}) TO STDOUT (FORMAT binary)`))
      try {
        const parts: Buffer[] = []
        for await (const part of copied) parts.push(part)
        const value = firstOfCopy(Buffer.concat(parts))
        failed = false
        return value
      } finally {
        copied.callback?.()
        client.release(failed)
        client.off('error', toldByStream)
      }
    } catch (error) {
      throw isUnreachable(error) ? new StoreUnavailableError(error) : error
    }
  }

  async stop(): Promise<void> {
    const pools = [this.#hot, this.#lazy, this.#general, this.#bulk]
    await Promise.all(pools.map(pool => pool.end()))
  }
}

async function run<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  query: pg.QueryConfig,
): Promise<Row[]> {
  try {
    return (await pool.query<Row>(query)).rows
  } catch (error) {
    throw isUnreachable(error) ? new StoreUnavailableError(error) : error
  }
}

/** What `pg` sets to end the time that it gives a query, and the stream never calls. */
type TimedCopy = CopyToStreamQuery & { callback?: () => void }

/** A connection that dies while it is held: without a listener that would end the process. */
function toldByStream(): void {}

/** The first field of the first row. */
function firstOfCopy(copied: Buffer): Buffer | undefined {
  const hasRow = copied.readInt16BE(COPY_HEADER_BYTES) > 0
  if (!hasRow) return undefined
  const at = COPY_HEADER_BYTES + FIELDS_BYTES
  const length = copied.readInt32BE(at)
  const start = at + LENGTH_BYTES
  return length < 0 ? undefined : copied.subarray(start, start + length)
}

function openPool(options: DatabaseOptions, max: number, settings: string[]): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.databaseUrl,
    max,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    // A server that hangs must not hold its callers for ever; above `statement_timeout`.
    query_timeout: 35_000,
    application_name: 'longhaul',
    onConnect: async client => {
      await client.query(settings.join('; '))
    },
  })
  // An idle connection that dies is replaced at the next query.
  pool.on('error', () => {})
  return pool
}
