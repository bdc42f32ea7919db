import { setTimeout as delay } from 'node:timers/promises'
import { type Arena, openArena } from './arena.ts'
import { GeneratorProcess } from './generator-process.ts'
import { LonghaulContender } from './longhaul-contender.ts'
import { measure } from './measure.ts'
import { peakBytes } from './process-usage.ts'

export interface BacklogOptions {
  jobs: number
  log?: (line: string) => void
}

export interface BacklogFigures {
  acceptedPerSecond: number
  /** Of the process, when all were accepted and none had begun. */
  waitingPeakBytes: number
  /** The same, when all had ended. */
  peakBytes: number
  /** Jobs that ended well. */
  succeeded: number
  /** Jobs per second while each tenth of them drained, in order. */
  tenths: number[]
}

const PROBE_SHARE = 0.05
const BULK_SIZE = 500
const CONNECTIONS = 4
/** Accepting takes a fraction of the time of accepting and running, which the probe tells. */
const HOLD_SHARE = 0.6
const LEAST_HOLD_MS = 3_000
const POLL_MS = 100
const DRAIN_MS_PER_JOB = 20

/**
 * Submits jobs that must not run before a moment at which all of them are
 * accepted, and then watches them drain. How far ahead that moment must be is
 * known from a probe: a share of as many jobs, which may run at once.
 */
export async function runBacklog({
  jobs,
  log = () => {},
}: BacklogOptions): Promise<BacklogFigures> {
  const arena = await openArena()
  try {
    const longhaul = await LonghaulContender.prepare(arena, { webhookEvery: 0 })
    await longhaul.start()
    const probe = await measure(arena, longhaul, {
      jobs: Math.ceil(jobs * PROBE_SHARE),
      bulkSize: BULK_SIZE,
    })
    const holdMs = (probe.seconds / PROBE_SHARE) * 1_000 * HOLD_SHARE + LEAST_HOLD_MS
    const { startedAt, dueAt, acceptedPerSecond } = await accept(arena, longhaul, jobs, holdMs)
    const [pid = 0] = longhaul.pids
    const waitingPeakBytes = peakBytes(pid)
    log(`${jobs} jobs wait; they fall due in ${Math.round((dueAt - Date.now()) / 1_000)} s`)
    await drained(longhaul, dueAt + jobs * DRAIN_MS_PER_JOB)
    const figures = {
      acceptedPerSecond,
      waitingPeakBytes,
      peakBytes: peakBytes(pid),
      ...(await drainOf(arena, startedAt, dueAt)),
    }
    await longhaul.stop()
    return figures
  } finally {
    await arena.close()
  }
}

async function accept(arena: Arena, { intake }: LonghaulContender, jobs: number, holdMs: number) {
  const dueAt = Date.now() + holdMs
  const generator = new GeneratorProcess(arena.folder, {
    kind: 'bulk',
    url: intake.bulkUrl,
    apiKey: intake.apiKey,
    webhookEvery: 0,
    notBefore: new Date(dueAt).toISOString(),
    jobs,
    bulkSize: BULK_SIZE,
    connections: CONNECTIONS,
  })
  try {
    const { startedAt, lastAcceptedAt } = await generator.figures()
    if (lastAcceptedAt > dueAt) throw new Error('jobs fell due before all were accepted')
    const acceptedPerSecond = (jobs * 1_000) / (lastAcceptedAt - startedAt)
    return { startedAt, dueAt, acceptedPerSecond }
  } finally {
    await generator.stop()
  }
}

async function drained(longhaul: LonghaulContender, deadline: number): Promise<void> {
  while (!(await longhaul.settled())) {
    if (Date.now() > deadline) throw new Error('the backlog did not drain in time')
    await delay(POLL_MS)
  }
}

async function drainOf(arena: Arena, startedAt: number, dueAt: number) {
  const rows = await arena.query<{ count: number; succeeded: number; ended_at: number }>(
    `SELECT count(*)::integer AS count,
       count(*) FILTER (WHERE status = 'succeeded')::integer AS succeeded,
       extract(epoch FROM max(finished_at))::float8 * 1000 AS ended_at
     FROM (SELECT status, finished_at, ntile(10) OVER (ORDER BY finished_at) AS tenth
       FROM longhaul.jobs WHERE created_at >= to_timestamp($1::float8 / 1000)) AS ended
     GROUP BY tenth ORDER BY tenth`,
    [startedAt],
  )
  const tenths = rows.map(({ count, ended_at }, index) => {
    const began = rows[index - 1]?.ended_at ?? dueAt
    return (count * 1_000) / (ended_at - began)
  })
  return { tenths, succeeded: rows.reduce((sum, row) => sum + row.succeeded, 0) }
}
