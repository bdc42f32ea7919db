import { uuidOf } from '@longhaul/contracts'
import { Coalescer } from './coalescer.ts'
import type { Database, Statement } from './database.ts'
import type { ObserveBatch } from './jobs.ts'

interface Wanted {
  jobId: string
  /** What the body takes, as far as is known. */
  bytes: number
}

/** Of answers under way at a time there are two. */
const ANSWER_BYTES = 2 * 1024 * 1024

/** What callers asked for, read for many jobs at a time. */
export class RequestBodies {
  readonly #read: Coalescer<Wanted, string | undefined>

  constructor(database: Database, observe: ObserveBatch) {
    this.#read = new Coalescer<Wanted, string | undefined>(
      async wanted => {
        const ids = wanted.map(({ jobId }) => uuidOf('job', jobId))
        const rows = await database.hot<{ job_id: string; body: string }>(READ, [ids])
        const bodies = new Map(rows.map(({ job_id, body }) => [job_id.replaceAll('-', ''), body]))
        return ids.map(id => (id === undefined ? undefined : bodies.get(id)))
      },
      {
        name: 'read-body',
        maxRows: 500,
        maxBytes: ANSWER_BYTES,
        bytesOf: ({ bytes }) => bytes,
        maxWaiting: 20_000,
        concurrency: 2,
        observe: (rows, seconds) => observe('read-body', rows, seconds),
      },
    )
  }

  /**
   * The body as JSON text; undefined when it was deleted.
   * @throws {StoreBusyError} too many wait to be read
   */
  of(jobId: string, bytes: number): Promise<string | undefined> {
    return this.#read.submit({ jobId, bytes })
  }
}

const READ: Statement = {
  name: 'read-request-bodies',
  text: `SELECT job_id, body FROM job_bodies WHERE job_id = ANY ($1::uuid[]) AND kind = 'request'`,
}
