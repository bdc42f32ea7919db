import { type DecisionRecord, uuidOf } from '@longhaul/contracts'
import { Coalescer } from './coalescer.ts'
import type { Database, Statement } from './database.ts'
import type { ObserveBatch } from './jobs.ts'
import { RowColumns } from './row-columns.ts'
import { encodeDecision } from './stored-decision.ts'

/** Every routing decision with its reasons; a job that is routed again gets another. */
export class Decisions {
  readonly #record: Coalescer<DecisionRow, undefined>

  constructor(database: Database, observe: ObserveBatch) {
    this.#record = new Coalescer<DecisionRow, undefined>(
      async rows => {
        await database.lazy(RECORD, COLUMNS.arrays(latest(rows)))
        return rows.map(() => undefined)
      },
      {
        name: 'decide',
        maxRows: 500,
        maxBytes: 4 * 1024 * 1024,
        bytesOf: ({ record }) => record.length,
        maxWaiting: 20_000,
        concurrency: 2,
        observe: (rows, seconds) => observe('decide', rows, seconds),
      },
    )
  }

  /** A job routed twice under one dispatch number (a redelivery) keeps the later decision. */
  async record(jobId: string, record: DecisionRecord): Promise<void> {
    const id = uuidOf('job', jobId)
    if (!id) throw new TypeError(`not a job id: ${jobId}`)
    const { number, model } = record
    const text = JSON.stringify(encodeDecision(record))
    await this.#record.submit({ job_id: id, number, model, record: text })
  }
}

interface DecisionRow {
  job_id: string
  number: number
  model: string | null
  /** As text: while it waits that is less to keep than the objects that it is made of. */
  record: string
}

/** One row per key, the later one, in the order of keys: a statement cannot update the same row twice. */
function latest(rows: readonly DecisionRow[]): DecisionRow[] {
  const sorted = rows.toSorted(byKey)
  return sorted.filter((row, place) => {
    const next = sorted[place + 1]
    return next === undefined || byKey(row, next) !== 0
  })
}

function byKey(one: DecisionRow, other: DecisionRow): number {
  if (one.job_id === other.job_id) return one.number - other.number
  return one.job_id < other.job_id ? -1 : 1
}

const COLUMNS = new RowColumns({
  job_id: 'uuid',
  number: 'integer',
  model: 'text',
  record: 'json',
})

const RECORD: Statement = {
  name: 'decision-record',
  text: `INSERT INTO decisions (job_id, number, model, record)
    SELECT job_id, number, model, record FROM ${COLUMNS.recordset(1)}
    ON CONFLICT (job_id, number) DO UPDATE SET model = excluded.model, record = excluded.record`,
}
