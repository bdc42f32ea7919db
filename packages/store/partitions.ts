import { firstUuidAt } from '@longhaul/contracts'
import type { Database } from './database.ts'

/** Tables that grow with traffic, and the column whose time partitions them. */
const partitioned = [
  'jobs',
  'job_bodies',
  'attempts',
  'decisions',
  'webhook_events',
  'batch_lines',
] as const

const DAY_MS = 86_400_000

/** Days that are made ahead: accepting goes on for so long while no dispatcher runs. */
const DAYS_AHEAD = 3

/**
 * Dead versions go long before they are a fifth of a table, since a queue makes
 * three of each row. Statistics may lag: the statements of a job's life do not
 * plan by them, and reading a sample of a table that grows again and again
 * costs more than its inserts. A row counts four times, so these are taken
 * anew when the table has more than doubled.
 */
const STORAGE = 'autovacuum_vacuum_scale_factor = 0.1, autovacuum_analyze_scale_factor = 5'

/** Long texts that nobody looks rows up by: a statistic of them is of no use, and dear. */
const WITHOUT_STATISTICS: Partial<Record<string, string>> = {
  job_bodies: 'body',
  decisions: 'record',
}

/** Room on each page for the versions of a row while it is claimed and renewed. */
const FILLFACTOR: Partial<Record<string, number>> = { jobs: 65 }

const PARTITION_LOCK = 7074061
/** Whoever waits for a table holds up all who come after; the next round tries again. */
const LOCK_TIMEOUT = '2s'

export class Partitions {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Makes the partitions of yesterday (for clocks that lag) up to three days ahead. */
  async ensure(now: number): Promise<void> {
    const today = Math.floor(now / DAY_MS)
    const existing = new Set(await this.#names())
    for (let day = today - 1; day <= today + DAYS_AHEAD; day += 1) {
      for (const table of partitioned) {
        if (!existing.has(partitionName(table, day))) await this.#create(table, day)
      }
    }
  }

  /**
   * Drops whole days older than `keepDays` of which every job has ended, and every batch
   * that may have jobs there.
   * @returns the days dropped
   */
  async dropOld(now: number, keepDays: number): Promise<string[]> {
    const oldest = Math.floor(now / DAY_MS) - keepDays
    const dropped: string[] = []
    for (const name of await this.#names()) {
      const day = dayOf(name)
      if (!name.startsWith('jobs_p') || day === undefined || day >= oldest) continue
      if (await this.#holdsUnfinished(name)) continue
      if (await this.#mayServeBatch(day)) continue
      // All or none: the day is found by its jobs. Not while somebody reads them for long.
      const tables = partitioned.map(table => partitionName(table, day)).join(', ')
      await this.#database.query(
        `SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'; DROP TABLE IF EXISTS ${tables}`,
      )
      dropped.push(dateOf(day))
    }
    return dropped
  }

  async #holdsUnfinished(partition: string): Promise<boolean> {
    const rows = await this.#database.query(
      `SELECT 1 FROM ${partition} WHERE phase = 0 OR phase = 1 LIMIT 1`,
    )
    return rows.length > 0
  }

  /** Jobs are made after their batch, and read again when it ends. */
  async #mayServeBatch(day: number): Promise<boolean> {
    const rows = await this.#database.query(
      `SELECT 1 FROM batches WHERE id < $1::uuid
         AND status IN ('validating', 'in_progress', 'finalizing', 'cancelling') LIMIT 1`,
      [firstUuidAt((day + 1) * DAY_MS)],
    )
    return rows.length > 0
  }

  async #create(table: string, day: number): Promise<void> {
    const name = partitionName(table, day)
    const column = WITHOUT_STATISTICS[table]
    // One transaction: processes that start together would trip over one another.
    await this.#database.query(
      `SELECT pg_advisory_xact_lock(${PARTITION_LOCK});
       CREATE TABLE IF NOT EXISTS ${name} PARTITION OF ${table}
       FOR VALUES FROM ('${firstUuidAt(day * DAY_MS)}') TO ('${firstUuidAt((day + 1) * DAY_MS)}')
       WITH (${STORAGE}, fillfactor = ${FILLFACTOR[table] ?? 100});
       ${column ? `ALTER TABLE ${name} ALTER COLUMN ${column} SET STATISTICS 0` : ''}`,
    )
  }

  async #names(): Promise<string[]> {
    const rows = await this.#database.query<{ name: string }>(
      `SELECT child.relname AS name
       FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
       WHERE child.relnamespace = current_schema()::regnamespace AND child.relkind = 'r'`,
    )
    return rows.map(({ name }) => name)
  }
}

function partitionName(table: string, day: number): string {
  return `${table}_p${dateOf(day)}`
}

/** `20261124` */
function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '')
}

function dayOf(partition: string): number | undefined {
  const match = /_p(\d{4})(\d\d)(\d\d)$/.exec(partition)
  return match ? Date.parse(`${match[1]}-${match[2]}-${match[3]}T00:00:00Z`) / DAY_MS : undefined
}
