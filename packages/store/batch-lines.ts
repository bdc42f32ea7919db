import { idFrom, type JobError, type JobOptions, NIL_UUID, uuidOf } from '@longhaul/contracts'
import type { EndedCursor, EndedLine } from './batch-types.ts'
import type { Database, Statement } from './database.ts'

/** How much one slice takes at most, but for its first line, which always comes. */
export interface SliceBound {
  lines: number
  /** Of bodies, as PostgreSQL holds them. */
  bytes: number
}

/** Reads lines of batches, slice by slice; nothing here holds a batch whole. */
export class BatchLines {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Lines that ended well, or those that did not, in the order of the file. */
  async ended(
    batchId: string,
    which: 'succeeded' | 'others',
    afterLine: number,
    bound: SliceBound,
  ): Promise<EndedLine[]> {
    const statement = which === 'succeeded' ? SUCCEEDED : OTHERS
    const rows = await this.#database.lazy<EndedRow>(statement, [
      uuidOf('batch', batchId),
      afterLine,
      bound.lines,
      bound.bytes,
    ])
    return rows.map(endedLineOf)
  }

  /**
   * Lines in the order in which they ended, from behind the cursor: all of them
   * and each once, however many end meanwhile.
   * @param isOver all lines of the batch have ended
   */
  async endedSince(
    batchId: string,
    cursor: EndedCursor,
    bound: SliceBound,
    isOver: boolean,
  ): Promise<Array<EndedLine & { cursor: EndedCursor }>> {
    const rows = await this.#database.lazy<EndedRow & { xid: string }>(ENDED_SINCE, [
      uuidOf('batch', batchId),
      cursor.xid,
      cursor.jobId === '' ? NIL_UUID : uuidOf('job', cursor.jobId),
      bound.bytes,
      bound.lines,
      isOver,
    ])
    return rows.map(row => {
      const line = endedLineOf(row)
      return { ...line, cursor: { xid: row.xid, jobId: line.jobId } }
    })
  }

  /** Requests of the lines that did not end well, in the order of the file. */
  async failedRequests(
    batchId: string,
    afterLine: number,
    bound: SliceBound,
  ): Promise<FailedRequest[]> {
    const rows = await this.#database.lazy<Omit<FailedRequest, 'customId'> & { custom_id: string }>(
      FAILED_REQUESTS,
      [uuidOf('batch', batchId), afterLine, bound.lines, bound.bytes],
    )
    return rows.map(({ custom_id, ...row }) => ({ ...row, customId: custom_id }))
  }
}

export interface FailedRequest {
  line: number
  customId: string
  options: JobOptions | null
  body: string
}

interface EndedRow {
  line: number
  custom_id: string
  job_id: string
  status: EndedLine['status']
  error: JobError | null
  cost_usd: number | null
  body: string | null
}

function endedLineOf(row: EndedRow): EndedLine {
  return {
    line: row.line,
    customId: row.custom_id,
    jobId: idFrom('job', row.job_id),
    status: row.status,
    error: row.error,
    costUsd: row.cost_usd,
    body: row.body,
  }
}

/** Not a join: that could be planned as one over all bodies there are. */
const RESPONSE = `(SELECT b.body FROM job_bodies b
      WHERE b.job_id = j.id AND b.kind = 'response')`

/**
 * Lines from $2 on, each with its job. In this order whatever statistics say, which lag: with
 * others the server looks up all jobs of a batch, and sorts them, for each slice.
 */
const LINES_IN_ORDER = `(
      SELECT * FROM batch_lines WHERE batch_id = $1::uuid AND line > $2::integer ORDER BY line OFFSET 0
    ) l CROSS JOIN LATERAL (
      SELECT id, status, error, cost_usd, options FROM jobs WHERE id = l.job_id OFFSET 0
    ) j`

/**
 * As many of the lines as their bodies fit into $4 bytes, and the first one
 * whatever its length. The length of a body is known without reading it.
 */
function fitting(columns: string, lines: string, order: string): string {
  return `SELECT ${columns} FROM (
      SELECT l.*, coalesce(octet_length(l.body), 0) AS own,
        sum(coalesce(octet_length(l.body), 0)) OVER (ORDER BY ${order}) AS sum
      FROM (${lines}) l) s
    WHERE sum <= $4::bigint OR sum = own
    ORDER BY ${order}`
}

const ENDED = 'line, custom_id, job_id, status, error, cost_usd, body'

const SUCCEEDED: Statement = {
  name: 'batch-lines-succeeded',
  text: fitting(
    ENDED,
    `SELECT l.line, l.custom_id, l.job_id, j.status, j.error, j.cost_usd, ${RESPONSE} AS body
    FROM ${LINES_IN_ORDER}
    WHERE j.status = 'succeeded'
    ORDER BY l.line LIMIT $3`,
    'line',
  ),
}

const OTHERS: Statement = {
  name: 'batch-lines-others',
  text: fitting(
    ENDED,
    `SELECT l.line, l.custom_id, l.job_id, j.status, j.error, j.cost_usd, NULL::text AS body
    FROM ${LINES_IN_ORDER}
    WHERE j.status IN ('failed', 'cancelled', 'expired')
    ORDER BY l.line LIMIT $3`,
    'line',
  ),
}

const ENDED_SINCE: Statement = {
  name: 'batch-lines-ended-since',
  text: fitting(
    `${ENDED}, ended_xid::text AS xid`,
    `SELECT l.line, l.custom_id, j.id AS job_id, j.status, j.error, j.cost_usd, j.ended_xid,
      CASE j.status WHEN 'succeeded' THEN ${RESPONSE} END AS body
    FROM (
      SELECT * FROM jobs
      WHERE phase = 2 AND batch_id = $1::uuid AND (ended_xid, id) > ($2::text::xid8, $3::uuid)
        AND ($6::boolean OR ended_xid < pg_snapshot_xmin(pg_current_snapshot()))
      ORDER BY ended_xid, id LIMIT $5) j
    JOIN LATERAL (
      SELECT line, custom_id FROM batch_lines
      WHERE batch_id = $1::uuid AND line = j.batch_line) l ON true
    ORDER BY j.ended_xid, j.id`,
    'ended_xid, job_id',
  ),
}

const FAILED_REQUESTS: Statement = {
  name: 'batch-lines-failed-requests',
  text: fitting(
    'line, custom_id, options, body',
    `SELECT l.line, l.custom_id, j.options, (SELECT b.body FROM job_bodies b
      WHERE b.job_id = j.id AND b.kind = 'request') AS body
    FROM ${LINES_IN_ORDER}
    WHERE j.status IN ('failed', 'cancelled', 'expired')
    ORDER BY l.line LIMIT $3`,
    'line',
  ),
}
