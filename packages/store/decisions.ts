import { type DecisionRecord, uuidOf } from '@longhaul/contracts'
import { Coalescer } from './coalescer.ts'
import type { Database, Statement } from './database.ts'
import type { ObserveBatch } from './jobs.ts'
import { statusIs } from './status-sql.ts'

interface NewDecision {
  jobId: string
  record: DecisionRecord
}

/** Every routing decision with its reasons; a job that is routed again gets another. */
export class Decisions {
  readonly #record: Coalescer<NewDecision, undefined>

  constructor(database: Database, observe: ObserveBatch) {
    this.#record = new Coalescer<NewDecision, undefined>(
      async decisions => {
        await database.hot(RECORD, [
          JSON.stringify(
            decisions.map(({ jobId, record }) => ({
              job_id: uuidOf('job', jobId),
              number: record.number,
              model: record.model,
              record,
            })),
          ),
        ])
        return decisions.map(() => undefined)
      },
      {
        name: 'decide',
        maxRows: 500,
        maxBytes: 4 * 1024 * 1024,
        bytesOf: () => 2_000,
        maxWaiting: 20_000,
        concurrency: 2,
        observe: (rows, seconds) => observe('decide', rows, seconds),
      },
    )
  }

  /** A job routed twice under one dispatch number (a redelivery) keeps the later decision. */
  async record(jobId: string, record: DecisionRecord): Promise<void> {
    await this.#record.submit({ jobId, record })
  }
}

/**
 * One row per key: a statement cannot update the same row twice. A job that was
 * not pinned is counted under the chosen model from now on, so that jobs which
 * wait for one model do not hold back those for another.
 */
const RECORD: Statement = {
  name: 'decision-record',
  text: `WITH input AS (
      SELECT DISTINCT ON (job_id, number) job_id, number, model, record
      FROM json_to_recordset($1::json) AS r(job_id uuid, number integer, model text, record json)
      ORDER BY job_id, number
    ), counted AS (
      UPDATE jobs j SET dispatch_model = i.model, model = i.model
      FROM input i
      WHERE j.id = i.job_id AND ${statusIs('queued')} AND j.requested_model IS NULL AND i.model IS NOT NULL
    )
    INSERT INTO decisions (job_id, number, model, record)
    SELECT job_id, number, model, record FROM input
    ON CONFLICT (job_id, number) DO UPDATE SET model = excluded.model, record = excluded.record`,
}
