import { type BatchFault, type Clock, idFrom, uuidOf } from '@longhaul/contracts'
import { type ClaimedRow, claimedBatchOf } from './batch-rows.ts'
import type { ClaimedBatch, NewLine } from './batch-types.ts'
import * as sql from './batch-work-sql.ts'
import type { Database } from './database.ts'
import { jobError } from './jobs.ts'

/** Jobs that one statement cancels or drops at most, so that none holds locks for long. */
const CANCEL_ROWS = 1_000

/** Counts that may lie about before they are added up. */
const LOOSE_COUNTS = 20

/**
 * The dispatcher's part of a batch's life (see `Batches`). Each step names the
 * owner of the lease; one who has lost it finds no row.
 */
export class BatchWork {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** Whether any batch has not ended, whoever works on it. */
  async anyOpen(): Promise<boolean> {
    return (await this.#database.lazy(sql.ANY_OPEN, [])).length > 0
  }

  /**
   * Takes up to `limit` batches for which something is to be done and which
   * nobody has; those whose last line has ended become `finalizing` by it.
   * @param which `cancelling`: only those that are
   */
  async claim(
    owner: string,
    leaseMs: number,
    limit: number,
    which: 'any' | 'cancelling' = 'any',
  ): Promise<ClaimedBatch[]> {
    const now = this.#clock.now()
    const values = [now, owner, now + leaseMs, limit, which === 'any']
    const rows = await this.#database.hot<ClaimedRow>(sql.CLAIM, values)
    return rows.map(claimedBatchOf)
  }

  /** @returns false: it is somebody else's, or its caller cancelled it */
  async renew(id: string, owner: string, leaseMs: number): Promise<boolean> {
    const values = [uuidOf('batch', id), owner, this.#clock.now() + leaseMs]
    return (await this.#database.hot(sql.RENEW, values)).length > 0
  }

  /** Leaves it to whoever comes next. */
  async release(id: string, owner: string): Promise<void> {
    await this.#database.hot(sql.RELEASE, [uuidOf('batch', id), owner])
  }

  /** Leaves all that an owner had who is known to be dead. */
  async releaseAllOf(owner: string): Promise<void> {
    await this.#database.hot(sql.RELEASE_ALL, [owner])
  }

  /** Its file has no faults, and all its lines are jobs. */
  async validated(
    id: string,
    owner: string,
    found: { total: number; estimatedCostUsd: number | null },
  ): Promise<boolean> {
    const values = [uuidOf('batch', id), owner, found.total, found.estimatedCostUsd]
    return (await this.#database.hot(sql.VALIDATED, values)).length > 0
  }

  /** Its file has faults, and its lines were dropped: it ends here. @returns whether an event was written */
  async fail(id: string, owner: string, faults: BatchFault[]): Promise<boolean> {
    const [row] = await this.#database.hot<{ event_written: boolean }>(sql.FAIL, [
      uuidOf('batch', id),
      owner,
      this.#clock.now(),
      JSON.stringify(faults),
    ])
    return row?.event_written ?? false
  }

  /**
   * Lines become jobs, and the batch remembers how far they have, in one
   * statement: who goes on after a crash neither loses nor doubles one. Not
   * waited for until it is on disk: `begin` is, and comes behind it in the log.
   * @param after the line that was recorded last
   * @returns false: somebody else has the batch, or it was cancelled
   */
  async recordLines(
    batch: Pick<ClaimedBatch, 'id' | 'tenantId' | 'endpoint' | 'expiresAt'>,
    owner: string,
    after: number,
    lines: ReadonlyArray<NewLine & { jobId: string }>,
  ): Promise<boolean> {
    const input = lines.map(line => ({
      line: line.line,
      custom_id: line.customId,
      id: uuidOf('job', line.jobId),
      requested_model: line.requestedModel,
      policy: line.policy,
      options: line.options && JSON.stringify(line.options),
      body: line.body,
      body_bytes: line.bodyBytes,
    }))
    const rows = await this.#database.lazy(sql.RECORD_LINES, [
      uuidOf('batch', batch.id),
      owner,
      after,
      lines.at(-1)?.line ?? after,
      uuidOf('tenant', batch.tenantId),
      batch.endpoint,
      this.#clock.now(),
      batch.expiresAt,
      ...sql.LINE_COLUMNS.arrays(input),
    ])
    return rows.length > 0
  }

  /** Its lines may run. */
  async begin(id: string, owner: string): Promise<boolean> {
    const values = [uuidOf('batch', id), owner, this.#clock.now()]
    return (await this.#database.hot(sql.BEGIN, values)).length > 0
  }

  /**
   * Cancels up to `CANCEL_ROWS` lines, those on their way first.
   * @returns how many, and which of them somebody was working on
   */
  async cancelLines({ id, tenantId }: Pick<ClaimedBatch, 'id' | 'tenantId'>): Promise<{
    count: number
    running: string[]
  }> {
    const rows = await this.#database.hot<{ id: string; running: boolean }>(sql.CANCEL_LINES, [
      uuidOf('batch', id),
      CANCEL_ROWS,
      this.#clock.now(),
      jobError('job_cancelled', 'The batch was cancelled.'),
      uuidOf('tenant', tenantId),
    ])
    const running = rows.filter(row => row.running).map(row => idFrom('job', row.id))
    return { count: rows.length, running }
  }

  /** Of a batch that never began: drops up to `CANCEL_ROWS` lines. @returns how many */
  async dropLines(id: string): Promise<number> {
    return (await this.#database.hot(sql.DROP_LINES, [uuidOf('batch', id), CANCEL_ROWS])).length
  }

  /** Whether a line of a batch that began has not ended, be it that somebody has it locked. */
  async hasUnfinishedLines(id: string): Promise<boolean> {
    return (await this.#database.hot(sql.UNFINISHED, [uuidOf('batch', id)])).length > 0
  }

  /** How many of its lines have ended well, and how many otherwise. */
  async ended(id: string): Promise<{ succeeded: number; others: number }> {
    const [row] = await this.#database.hot<{ succeeded: number; others: number }>(sql.ENDED, [
      uuidOf('batch', id),
    ])
    return row ?? { succeeded: 0, others: 0 }
  }

  /**
   * Ends a batch and shows its files, in one statement. It is `cancelled` when
   * its caller wanted so, `expired` when a line was, else `completed`.
   * @returns undefined: somebody else has the batch
   */
  async finish(
    id: string,
    owner: string,
    files: { output: FinishedFile | null; error: FinishedFile | null },
    filesExpireAt: number | null,
  ): Promise<{ status: string; eventWritten: boolean } | undefined> {
    const [row] = await this.#database.hot<{ status: string; event_written: boolean }>(sql.FINISH, [
      uuidOf('batch', id),
      owner,
      this.#clock.now(),
      files.output && uuidOf('file', files.output.id),
      files.output?.bytes ?? null,
      files.error && uuidOf('file', files.error.id),
      files.error?.bytes ?? null,
      filesExpireAt,
    ])
    return row && { status: row.status, eventWritten: row.event_written }
  }

  /** Priority of batches among those of their tenant, and whether their lines may be released now. */
  async termsOf(ids: readonly string[]): Promise<Map<string, { priority: number; open: boolean }>> {
    if (ids.length === 0) return new Map()
    const rows = await this.#database.lazy<{ id: string; priority: number; open: boolean }>(
      sql.TERMS,
      [ids.map(id => uuidOf('batch', id))],
    )
    return new Map(rows.map(({ id, priority, open }) => [idFrom('batch', id), { priority, open }]))
  }

  /** Adds up counts that lie about, and measures how fast lines end. @returns how many batches run */
  async keepCounts(): Promise<number> {
    const rows = await this.#database.lazy<{ id: string; loose: number }>(sql.RATE, [
      this.#clock.now(),
    ])
    for (const { id, loose } of rows) {
      if (loose > LOOSE_COUNTS) await this.#database.lazy(sql.ADD_UP, [id])
    }
    return rows.length
  }
}

export interface FinishedFile {
  id: string
  bytes: number
}
