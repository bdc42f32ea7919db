import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { writeBatchFile } from '../../load/batch-file.ts'
import { type BatchRun, runBatch } from '../../load/batch-run.ts'
import { peakBytes } from '../../load/process-usage.ts'
import type { ServiceName } from '../../processes/cluster-processes.ts'
import { auditCalls } from '../audit-calls.ts'
import type { FaultReport } from '../report.ts'
import { describeTimes } from '../report.ts'
import { MODELS } from '../surroundings.ts'
import type { ClusterSurroundings } from './surroundings.ts'
import type { ClusterScenario } from './trial.ts'

const LINE_BYTES = 300
const AWAY_MS = 2_000
const MOST_BYTES = 400e6
const POLL_MS = 20

/** Where a batch is, and how many of its lines became jobs, and ended. */
interface Progress {
  status: string
  recorded: number
  ended: number
}

/** Lines became jobs, so large a share of the lines has ended, or the files are being written. */
type Moment = 'recorded' | 'ended' | 'finalizing'

/** Who is killed when; every dispatcher dies, so that whichever has the batch in hand does. */
const kills: Array<{ service: ServiceName; all?: boolean; when: Moment; share: number }> = [
  { service: 'dispatcher', all: true, when: 'recorded', share: 0 },
  { service: 'ingress', when: 'ended', share: 0.1 },
  { service: 'router', when: 'ended', share: 0.25 },
  { service: 'worker', when: 'ended', share: 0.4 },
  { service: 'dispatcher', when: 'ended', share: 0.6 },
  { service: 'courier', when: 'ended', share: 0.8 },
  { service: 'dispatcher', all: true, when: 'finalizing', share: 1 },
]

/** One of each service is killed with SIGKILL while a batch runs: its files hold each line once. */
export const killDuringBatch: ClusterScenario = async (surroundings, options) => {
  const { jobs: lines, seed, log = () => {} } = options
  const { cluster, simulator, folder } = surroundings
  // The ingress that is spoken to is not the one that dies: its client would only see it go.
  const [, origin = ''] = cluster.urls
  const input = join(folder, 'batch.jsonl')
  await writeBatchFile(input, { lines, lineBytes: LINE_BYTES, models: MODELS })
  const over = new AbortController()
  const inFlight: string[][] = []
  const killing = killInTurn(surroundings, { lines, inFlight, log, over: over.signal })
  let run: BatchRun
  try {
    run = await runBatch({ url: origin, apiKey: cluster.apiKey }, folder, input)
  } finally {
    over.abort()
  }
  const { killed, restarts } = await killing
  const peak = Math.max(...cluster.all.map(({ pid }) => (pid === undefined ? 0 : peakBytes(pid))))
  const { byMarker } = await simulator.calls()
  const own = Object.fromEntries(
    Object.entries(byMarker).filter(([marker]) => marker.startsWith('line-')),
  )
  const total = Object.values(own).reduce((sum, calls) => sum + calls, 0)
  const expected = JSON.stringify({ total: lines, completed: lines, failed: 0 })
  const counts = JSON.stringify(run.batch.request_counts)
  const promises: Array<[boolean, string]> = [
    [run.batch.status === 'completed', `the batch is ${run.batch.status}`],
    [counts === expected, `it counts ${counts}`],
    [run.ids.size === lines, `${run.ids.size} custom_ids are in its files`],
    [peak < MOST_BYTES, `a process took ${Math.round(peak / 1e6)} MB`],
    [killed === kills.length, `only ${killed} of ${kills.length} kills came in time`],
  ]
  return {
    name: 'one of each service is killed while a batch runs',
    seed,
    violations: [
      ...promises.filter(([kept]) => !kept).map(([, violation]) => violation),
      ...[...run.ids]
        .filter(([, times]) => times !== 1)
        .map(([id, n]) => `${id} is there ${n} times`),
      ...auditCalls(own, inFlight),
    ],
    figures: {
      lines,
      seconds: run.seconds.toFixed(1),
      'highest peak of a process in MB': Math.round(peak / 1e6),
      'calls repeated': total - lines,
      'claimed when workers were killed': inFlight.flat().length,
      'ms from start to ready': describeTimes(restarts),
    },
  } satisfies FaultReport
}

interface Killing {
  lines: number
  /** Gets the markers of what was claimed when a worker was killed. */
  inFlight: string[][]
  log: (line: string) => void
  over: AbortSignal
}

async function killInTurn(
  surroundings: ClusterSurroundings,
  { lines, inFlight, log, over }: Killing,
): Promise<{ killed: number; restarts: number[] }> {
  const restarts = new Map<ServiceName, Array<Promise<number>>>()
  let killed = 0
  for (const { service, all = false, when, share } of kills) {
    // Written in a moment otherwise.
    const { database } = surroundings.cluster
    const release = when === 'finalizing' ? await database.hold('files') : undefined
    while (!over.aborted && !isDue(await progressOf(surroundings), when, share * lines)) {
      await delay(POLL_MS)
    }
    if (over.aborted) break
    // Others may still be away, but not the rest of this service.
    await Promise.all(restarts.get(service) ?? [])
    const victims = surroundings.cluster.of(service).slice(0, all ? undefined : 1)
    log(`kill -9 of ${victims.map(({ name }) => name).join(' and ')}, ${when} ${share}`)
    await Promise.all(victims.map(victim => victim.kill()))
    await release?.()
    if (service === 'worker') inFlight.push(await linesInFlight(surroundings))
    killed += 1
    restarts.set(service, [...(restarts.get(service) ?? []), ...victims.map(startLater)])
  }
  return { killed, restarts: await Promise.all([...restarts.values()].flat()) }
}

function isDue({ status, recorded, ended }: Progress, when: Moment, count: number): boolean {
  if (when === 'finalizing') return status === 'finalizing'
  return when === 'recorded' ? recorded > 0 : ended >= count
}

/** @returns how long it took to be ready */
async function startLater(victim: { start(): Promise<void> }): Promise<number> {
  await delay(AWAY_MS)
  const startedAt = performance.now()
  await victim.start()
  return performance.now() - startedAt
}

async function progressOf({ cluster }: ClusterSurroundings): Promise<Progress> {
  const [row] = await cluster.database.query<Progress>(
    `SELECT status, recorded_lines AS recorded,
       (SELECT coalesce(sum(succeeded + failed), 0)::integer
        FROM batch_counts WHERE batch_id = b.id) AS ended
     FROM batches b ORDER BY id DESC LIMIT 1`,
  )
  return row ?? { status: '', recorded: 0, ended: 0 }
}

async function linesInFlight({ cluster }: ClusterSurroundings): Promise<string[]> {
  const rows = await cluster.database.query<{ custom_id: string }>(
    `SELECT l.custom_id FROM jobs j
     JOIN batch_lines l ON l.batch_id = j.batch_id AND l.line = j.batch_line
     WHERE j.status = 'running'`,
  )
  return rows.map(({ custom_id }) => custom_id)
}
