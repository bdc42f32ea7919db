import { type Clock, systemClock } from '@longhaul/contracts'
import { BatchLines } from './batch-lines.ts'
import { BatchWork } from './batch-work.ts'
import { Batches } from './batches.ts'
import { BlobChunks } from './blob-chunks.ts'
import { Database } from './database.ts'
import { Decisions } from './decisions.ts'
import { Dispatch } from './dispatch.ts'
import { Files } from './files.ts'
import { JobContents } from './job-contents.ts'
import { JobReads } from './job-reads.ts'
import { Jobs, type ObserveBatch } from './jobs.ts'
import { migrate } from './migrate.ts'
import { Partitions } from './partitions.ts'
import { PolicyStates } from './policy-states.ts'
import { RequestBodies } from './request-bodies.ts'
import { Tenants } from './tenants.ts'
import { WebhookEvents } from './webhook-events.ts'

export interface StoreOptions {
  databaseUrl: string
  schema?: string
  /** Connections to PostgreSQL at most; at least 11. */
  maxConnections?: number
  clock?: Clock
  observe?: ObserveBatch
}

/** PostgreSQL 14 or later; the truth about every job. */
export interface Store {
  readonly jobs: Jobs
  readonly reads: JobReads
  readonly contents: JobContents
  readonly requestBodies: RequestBodies
  readonly dispatch: Dispatch
  readonly decisions: Decisions
  readonly tenants: Tenants
  readonly webhookEvents: WebhookEvents
  readonly files: Files
  readonly blobChunks: BlobChunks
  readonly batches: Batches
  readonly batchWork: BatchWork
  readonly batchLines: BatchLines
  readonly partitions: Partitions
  readonly policyStates: PolicyStates
  /** Answers within `timeoutMs`. */
  health(timeoutMs: number): Promise<{ ok: boolean; detail: string }>
  /** Safe to call twice. */
  stop(): Promise<void>
}

const OLDEST_POSTGRES = 140_000

/**
 * Migrates, makes the coming days' partitions, and opens the pools.
 * @throws {Error} the server is older than PostgreSQL 14
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { databaseUrl, schema = 'longhaul', maxConnections = 16, clock = systemClock } = options
  const observe = options.observe ?? (() => {})
  const database = new Database({ databaseUrl, schema, maxConnections })
  const partitions = new Partitions(database)
  try {
    await refuseOldServer(database)
    await migrate(databaseUrl, schema)
    await partitions.ensure(clock.now())
  } catch (error) {
    await database.stop()
    throw error
  }

  let stopped: Promise<void> | undefined
  return {
    jobs: new Jobs(database, clock, observe),
    reads: new JobReads(database),
    contents: new JobContents(database, clock),
    requestBodies: new RequestBodies(database, observe),
    dispatch: new Dispatch(database, clock),
    decisions: new Decisions(database, observe),
    policyStates: new PolicyStates(database),
    tenants: new Tenants(database, clock),
    webhookEvents: new WebhookEvents(database, clock, observe),
    files: new Files(database, clock),
    blobChunks: new BlobChunks(database),
    batches: new Batches(database, clock),
    batchWork: new BatchWork(database, clock),
    batchLines: new BatchLines(database),
    partitions,
    health: timeoutMs => healthOf(database, timeoutMs),
    stop() {
      stopped ??= database.stop()
      return stopped
    },
  }
}

async function refuseOldServer(database: Database): Promise<void> {
  const [row] = await database.query<{ version: string }>(
    `SELECT current_setting('server_version_num') AS version`,
  )
  if (Number(row?.version) < OLDEST_POSTGRES) {
    throw new Error(`PostgreSQL 14 or later is needed; DATABASE_URL names version ${row?.version}`)
  }
}

async function healthOf(
  database: Database,
  timeoutMs: number,
): Promise<{ ok: boolean; detail: string }> {
  const late = Promise.withResolvers<{ ok: boolean; detail: string }>()
  const timer = setTimeout(
    () => late.resolve({ ok: false, detail: `no answer within ${timeoutMs} ms` }),
    timeoutMs,
  )
  const asked = database.hot({ name: 'health', text: 'SELECT 1' }, []).then(
    () => ({ ok: true, detail: 'PostgreSQL answers' }),
    (error: unknown) => ({
      ok: false,
      detail: error instanceof Error ? error.message : String(error),
    }),
  )
  return Promise.race([asked, late.promise]).finally(() => clearTimeout(timer))
}
