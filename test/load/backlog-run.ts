import { setTimeout as delay } from 'node:timers/promises'
import { type Arena, openArena } from './arena.ts'
import { ClusterContender } from './cluster-contender.ts'
import type { Contender } from './contender.ts'
import { GeneratorProcess } from './generator-process.ts'
import { LonghaulContender } from './longhaul-contender.ts'
import { peaksOf } from './usage.ts'

export interface BacklogOptions {
  jobs: number
  /** Default: Longhaul in one process. */
  cluster?: boolean
  log?: (line: string) => void
}

export interface BacklogFigures {
  acceptedPerSecond: number
  /** All were accepted before any fell due. */
  allWaited: boolean
  /** Of each process by its name, when all were accepted and none had begun. */
  waitingPeakBytes: Record<string, number>
  /** The same, when all had ended. */
  peakBytes: Record<string, number>
  /** Jobs that ended well. */
  succeeded: number
  /** Jobs per second while each tenth of them drained, in order. */
  tenths: number[]
}

const BULK_SIZE = 500
const CONNECTIONS = 4
/** Jobs fall due so long after the first was submitted; accepting goes on at several times this speed. */
const HOLD_MS = 3_000
const HELD_PER_SECOND = 1_000
const POLL_MS = 100
const DRAIN_MS_PER_JOB = 20

/**
 * Submits jobs that must not run before a moment by which all of them should be
 * accepted, and then watches them drain.
 */
export async function runBacklog(options: BacklogOptions): Promise<BacklogFigures> {
  const arena = await openArena()
  const kind = options.cluster ? ClusterContender : LonghaulContender
  const longhaul = await kind.prepare(arena, { webhookEvery: 0 })
  try {
    await longhaul.start()
    return await acceptAndDrain(arena, longhaul, options)
  } finally {
    await longhaul.stop()
    await arena.close()
  }
}

async function acceptAndDrain(
  arena: Arena,
  longhaul: Contender,
  { jobs, log = () => {} }: BacklogOptions,
): Promise<BacklogFigures> {
  const { startedAt, dueAt, ...accepted } = await accept(arena, longhaul, jobs)
  const waitingPeakBytes = peaksOf(longhaul.processes)
  log(`${jobs} jobs wait; they fall due in ${Math.round((dueAt - Date.now()) / 1_000)} s`)
  await drained(longhaul, dueAt + jobs * DRAIN_MS_PER_JOB)
  return {
    ...accepted,
    waitingPeakBytes,
    peakBytes: peaksOf(longhaul.processes),
    ...(await drainOf(arena, startedAt, dueAt)),
  }
}

async function accept(arena: Arena, { intake }: Contender, jobs: number) {
  const dueAt = Date.now() + HOLD_MS + (jobs * 1_000) / HELD_PER_SECOND
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
    const acceptedPerSecond = (jobs * 1_000) / (lastAcceptedAt - startedAt)
    return { startedAt, dueAt, acceptedPerSecond, allWaited: lastAcceptedAt < dueAt }
  } finally {
    await generator.stop()
  }
}

async function drained(longhaul: Contender, deadline: number): Promise<void> {
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
