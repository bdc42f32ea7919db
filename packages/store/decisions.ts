import { type DecisionRecord, uuidOf } from '@longhaul/contracts'
import { Coalescer } from './coalescer.ts'
import type { Database, Statement } from './database.ts'
import type { ObserveBatch } from './jobs.ts'
import { encodeDecision } from './stored-decision.ts'

/** Every routing decision with its reasons; a job that is routed again gets another. */
export class Decisions {
  /** Rows as JSON text: while they wait a text is less to keep than the objects that it is made of. */
  readonly #record: Coalescer<string, undefined>

  constructor(database: Database, observe: ObserveBatch) {
    this.#record = new Coalescer<string, undefined>(
      async rows => {
        await database.lazy(RECORD, [`[${rows.join(',')}]`])
        return rows.map(() => undefined)
      },
      {
        name: 'decide',
        maxRows: 500,
        maxBytes: 4 * 1024 * 1024,
        bytesOf: row => row.length,
        maxWaiting: 20_000,
        concurrency: 2,
        observe: (rows, seconds) => observe('decide', rows, seconds),
      },
    )
  }

  /** A job routed twice under one dispatch number (a redelivery) keeps the later decision. */
  async record(jobId: string, record: DecisionRecord): Promise<void> {
    const { number, model } = record
    const row = { job_id: uuidOf('job', jobId), number, model, record: encodeDecision(record) }
    await this.#record.submit(JSON.stringify(row))
  }
}

/** One row per key: a statement cannot update the same row twice. */
const RECORD: Statement = {
  name: 'decision-record',
  text: `INSERT INTO decisions (job_id, number, model, record)
    SELECT DISTINCT ON (job_id, number) job_id, number, model, record
    FROM json_to_recordset($1::json) AS r(job_id uuid, number integer, model text, record json)
    ORDER BY job_id, number
    ON CONFLICT (job_id, number) DO UPDATE SET model = excluded.model, record = excluded.record`,
}
