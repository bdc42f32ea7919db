import { type Clock, uuidOf } from '@longhaul/contracts'
import type { Database, Statement } from './database.ts'

/** What callers said and were answered, which they may have removed before its time. */
export class JobContents {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** Bytes of what was asked and answered, which is known without reading it. */
  async bytes(tenantId: string, jobId: string): Promise<number> {
    const [row] = await this.#database.hot<{ bytes: number }>(BYTES, [
      uuidOf('job', jobId),
      uuidOf('tenant', tenantId),
    ])
    return row?.bytes ?? 0
  }

  /**
   * Removes the bodies of a job that has ended; from then on it is not found.
   * Its attempts and cost stay.
   * @returns false when the tenant has no such job that has ended
   */
  async remove(tenantId: string, jobId: string): Promise<boolean> {
    const rows = await this.#database.hot(REMOVE, [
      uuidOf('job', jobId),
      uuidOf('tenant', tenantId),
      this.#clock.now(),
    ])
    return rows.length > 0
  }
}

const BYTES: Statement = {
  name: 'job-content-bytes',
  text: `SELECT coalesce(sum(octet_length(body)), 0)::float8 AS bytes FROM job_bodies
    WHERE job_id = $1::uuid
      AND EXISTS (SELECT 1 FROM jobs WHERE id = $1::uuid AND tenant_id = $2::uuid)`,
}

const REMOVE: Statement = {
  name: 'job-remove-contents',
  text: `WITH removed AS (
    UPDATE jobs SET deleted_at = to_timestamp($3::float8 / 1000), metadata = NULL
    WHERE id = $1::uuid AND tenant_id = $2::uuid AND phase = 2 AND deleted_at IS NULL
    RETURNING id
  ), bodies AS (
    DELETE FROM job_bodies WHERE job_id = $1::uuid AND EXISTS (SELECT FROM removed)
  )
  SELECT id FROM removed`,
}
