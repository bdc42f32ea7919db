import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import * as copyStreams from 'pg-copy-streams'
import { firstOfCopy, rowForCopy } from './copy-binary.ts'
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
    return this.#withBulk(async client => {
      const copied: TimedCopy = client.query(
        copyStreams.to(`COPY (${query}) TO STDOUT (FORMAT binary)`),
      )
      try {
        const parts: Buffer[] = []
        for await (const part of copied) parts.push(part)
        return firstOfCopy(Buffer.concat(parts))
      } finally {
        copied.callback?.()
      }
    })
  }

  /**
   * Inserts a row whose content is large: it goes as it is, in its parts, where
   * a parameter of a statement would be copied into one message first.
   * @param into the table and its columns; nothing of a caller's may stand in it
   * @param fields each in its type's binary form
   * @throws {StoreUnavailableError} the server cannot be reached
   */
  async insertLarge(into: string, fields: ReadonlyArray<readonly Uint8Array[]>): Promise<void> {
    await this.#withBulk(client =>
      pipeline(
        Readable.from(rowForCopy(fields), { objectMode: false }),
        client.query(copyStreams.from(`COPY ${into} FROM STDIN (FORMAT binary)`)),
      ),
    )
  }

  /** What fails may leave its connection in the middle of something: it is closed. */
  async #withBulk<Out>(use: (client: pg.PoolClient) => Promise<Out>): Promise<Out> {
    try {
      const client = await this.#bulk.connect()
      client.on('error', toldByStream)
      let failed = true
      try {
        const out = await use(client)
        failed = false
        return out
      } finally {
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
type TimedCopy = copyStreams.CopyToStreamQuery & { callback?: () => void }

/** A connection that dies while it is held: without a listener that would end the process. */
function toldByStream(): void {}

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
