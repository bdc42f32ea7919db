import { auditCalls } from '../audit-calls.ts'
import { auditLedger, readLedger, settleTimeoutMs, untilSettled } from '../ledger.ts'
import { Load, type LoadOptions } from '../load.ts'
import { Receipts } from '../receipts.ts'
import type { FaultOptions, FaultReport } from '../report.ts'
import type { ClusterSurroundings } from './surroundings.ts'

export interface ClusterFaultOptions extends FaultOptions {
  /** How long what is taken away stays away. */
  outageMs: number
  /** How long the longest call takes. */
  stragglerMs: number
}

export type ClusterScenario = (
  surroundings: ClusterSurroundings,
  options: ClusterFaultOptions,
) => Promise<FaultReport>

export interface TrialOptions {
  /** What the report is headed with. */
  title: string
  /** Of the load; no other load on this cluster may have it. */
  name: string
  seed: number
  load: Omit<LoadOptions, 'url' | 'apiKey' | 'receipts' | 'name'>
  /** What is done to the cluster meanwhile. */
  disturb: (trial: Trial) => Promise<void>
}

/** A load on the cluster, and what is found out while it is disturbed. */
export class Trial {
  readonly load: Load
  readonly receipts: Receipts
  readonly violations: string[] = []
  readonly figures: Record<string, string | number> = {}
  /** Claimed when a worker was killed, by marker: these alone may be called again. */
  readonly inFlight: string[][] = []

  constructor(load: Load, receipts: Receipts) {
    this.load = load
    this.receipts = receipts
  }

  readonly expect = (kept: boolean, violation: string): void => {
    if (!kept) this.violations.push(violation)
  }
}

/**
 * Puts load on the cluster, disturbs it, waits until all has ended, and checks
 * the ledger: nothing is lost, nothing is there twice, and no prompt was sent
 * again that was not in flight when a worker was killed.
 */
export async function underLoad(
  { cluster, simulator, secret }: ClusterSurroundings,
  { title, name, seed, load: loadOptions, disturb }: TrialOptions,
): Promise<FaultReport> {
  const { jobs } = loadOptions
  const receipts = await Receipts.listen()
  receipts.verifyWith(secret)
  const { urls, apiKey, database } = cluster
  const load = new Load({ ...loadOptions, url: urls, apiKey, receipts, name })
  const trial = new Trial(load, receipts)
  try {
    const startedAt = performance.now()
    const submitted = load.run()
    await Promise.all([submitted, disturb(trial)])
    const settled = await untilSettled(database, settleTimeoutMs(jobs), name)
    const seconds = (performance.now() - startedAt) / 1_000
    const all = await simulator.calls()
    const own = Object.entries(all.byMarker).filter(([marker]) => marker.startsWith(`${name}-`))
    const calls = { ...all, byMarker: Object.fromEntries(own) }
    const total = own.reduce((sum, [, count]) => sum + count, 0)
    const rows = await readLedger(database, name)
    return {
      name: title,
      seed,
      violations: [
        ...(settled ? [] : ['not all had ended, or not all events were delivered, in time']),
        ...trial.violations,
        ...auditLedger({ jobs, rows, accepted: load.accepted, calls, receipts }),
        ...auditCalls(calls.byMarker, trial.inFlight),
        ...load.answers.faults,
      ],
      figures: {
        jobs,
        seconds: seconds.toFixed(1),
        'calls repeated': total - jobs,
        'deliveries repeated or retried': receipts.repeats,
        'slowest answer in ms': Math.round(load.answers.slowestMs),
        answers: JSON.stringify(load.answers.counts),
        ...trial.figures,
      },
    }
  } finally {
    await load.close()
    await receipts.close()
  }
}

/** Markers of the jobs that are claimed now. */
export async function claimed({ cluster }: ClusterSurroundings): Promise<string[]> {
  const rows = await cluster.database.query<{ marker: string }>(
    `SELECT metadata->>'marker' AS marker FROM jobs WHERE status = 'running'`,
  )
  return rows.map(({ marker }) => marker)
}
