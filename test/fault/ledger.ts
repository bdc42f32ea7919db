import { setTimeout as delay } from 'node:timers/promises'
import { idFrom } from '@longhaul/contracts'
import type { EmbeddedCluster } from '../processes/embedded-cluster.ts'
import type { SimulatedCalls } from '../processes/simulator-process.ts'
import type { Receipts } from './receipts.ts'

/** What Postgres has of one job, counted row by row. */
export interface LedgerRow {
  id: string
  marker: string
  status: string
  error: string | null
  responses: number
  attempts: number
  /** Distinct attempt numbers. */
  numbers: number
  successes: number
  highest: number
  fence: number
  events: string[]
}

const POLL_MS = 100
/** The courier's first retry comes after 4 to 6 s; one that died with a delivery in hand is missed after 12 s. */
const SETTLE_TIMEOUT_MS = 60_000
const SETTLE_MS_PER_JOB = 10

/** How long so many jobs may take to end, once all were accepted. */
export function settleTimeoutMs(jobs: number): number {
  return SETTLE_TIMEOUT_MS + jobs * SETTLE_MS_PER_JOB
}

/**
 * Resolves once every job has ended and every event was delivered, or gives up.
 * @param name of the load whose jobs they are
 */
export async function untilSettled(
  cluster: EmbeddedCluster,
  timeoutMs: number,
  name = 'job',
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    const [row] = await cluster.query<{ open: number }>(
      `SELECT ((SELECT count(*) FROM jobs WHERE finished_at IS NULL AND metadata->>'marker' LIKE $1)
        + (SELECT count(*) FROM webhook_events w JOIN jobs j ON j.id = w.job_id
           WHERE w.due_at IS NOT NULL AND j.metadata->>'marker' LIKE $1))::integer AS open`,
      [`${name}-%`],
    )
    if (row?.open === 0) return true
    await delay(POLL_MS)
  }
  return false
}

/** @param name of the load whose jobs are read */
export async function readLedger(cluster: EmbeddedCluster, name = 'job'): Promise<LedgerRow[]> {
  const rows = await cluster.query<LedgerRow>(
    `SELECT j.id, j.metadata->>'marker' AS marker, j.status, j.error::text, j.fence,
      coalesce(b.responses, 0) AS responses, coalesce(a.attempts, 0) AS attempts, coalesce(a.numbers, 0) AS numbers,
      coalesce(a.successes, 0) AS successes, coalesce(a.highest, 0) AS highest,
      coalesce(w.events, '{}') AS events
    FROM jobs j
    LEFT JOIN (SELECT job_id, count(*)::integer AS responses FROM job_bodies
      WHERE kind = 'response' GROUP BY job_id) b ON b.job_id = j.id
    LEFT JOIN (SELECT job_id, count(*)::integer AS attempts, max(number) AS highest,
        count(DISTINCT number)::integer AS numbers,
        count(*) FILTER (WHERE outcome = 'succeeded')::integer AS successes
      FROM attempts GROUP BY job_id) a ON a.job_id = j.id
    LEFT JOIN (SELECT job_id, array_agg(id::text) AS events FROM webhook_events
      GROUP BY job_id) w ON w.job_id = j.id
    WHERE j.metadata->>'marker' LIKE $1`,
    [`${name}-%`],
  )
  return rows.map(row => ({ ...row, id: idFrom('job', row.id) }))
}

export interface LedgerFacts {
  jobs: number
  rows: readonly LedgerRow[]
  accepted: ReadonlyMap<string, string>
  calls: SimulatedCalls
  receipts: Receipts
}

/** Everything that is not as promised, one line each; nothing is lost, nothing is there twice. */
export function auditLedger({ jobs, rows, accepted, calls, receipts }: LedgerFacts): string[] {
  const found: string[] = []
  const byId = new Map(rows.map(row => [row.id, row]))
  const markers = new Set(rows.map(({ marker }) => marker))
  if (rows.length !== jobs) found.push(`${jobs} jobs were submitted, ${rows.length} recorded`)
  if (markers.size !== jobs) found.push(`${markers.size} of ${jobs} prompts are there once`)
  for (const [id, marker] of accepted) {
    const row = byId.get(id)
    if (!row) found.push(`${id} was answered 202 and is lost`)
    else if (row.marker !== marker) found.push(`${id} was ${marker} and is ${row.marker}`)
  }
  for (const row of rows) found.push(...auditRow(row, calls.byMarker[row.marker] ?? 0, receipts))
  const known = new Set(rows.flatMap(({ events }) => events.map(eventId)))
  for (const id of receipts.events.keys()) {
    if (!known.has(id)) found.push(`event ${id} was delivered and is not recorded`)
  }
  return [...found, ...receipts.faults]
}

function auditRow(row: LedgerRow, calls: number, receipts: Receipts): string[] {
  const [event, ...others] = row.events
  const receipt = event === undefined ? undefined : receipts.events.get(eventId(event))
  const promises: Array<[boolean, string]> = [
    // The models never fail in these tests, so no other end is a right one.
    [row.status === 'succeeded', `a good end: it is ${row.status} ${row.error ?? ''}`],
    [row.responses === 1, `one result: ${row.responses}`],
    [row.successes === row.responses, `one success: ${row.successes}`],
    [row.numbers === row.attempts, `distinct attempt numbers: ${row.numbers} of ${row.attempts}`],
    [row.highest <= row.fence, `attempts up to its fence ${row.fence}: ${row.highest}`],
    [calls <= row.attempts, `an attempt recorded for each call: ${row.attempts} of ${calls}`],
    [calls >= row.responses, `a call for its result: ${calls}`],
    [event !== undefined && others.length === 0, `one event: ${row.events.length}`],
    [receipt?.jobId === row.id && receipts.delivered.has(row.id), 'its event delivered'],
  ]
  return promises.filter(([kept]) => !kept).map(([, what]) => `${row.id} lacks ${what}`)
}

function eventId(stored: string): string {
  return idFrom('event', stored)
}
