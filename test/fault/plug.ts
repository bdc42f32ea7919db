import { setTimeout as delay } from 'node:timers/promises'
import type { EmbeddedCluster } from '../processes/embedded-cluster.ts'
import { seededRandom } from '../simulator/random.ts'
import { auditCalls } from './audit-calls.ts'
import { auditLedger, readLedger, settleTimeoutMs, untilSettled } from './ledger.ts'
import { Load } from './load.ts'
import { describeTimes, type FaultOptions, type FaultReport } from './report.ts'
import { type Surroundings, surround } from './surroundings.ts'

const KILLS = 5
/** A kill comes up to so much later than the answer that triggers it. */
const JITTER_MS = 40
const IDLE_TIMEOUT_MS = 60_000
const POLL_MS = 10

interface Kill {
  /** Claimed at the kill, by marker: these alone may be called again. */
  running: string[]
  readyMs: number
  acceptingMs: number
  violations: string[]
}

/**
 * The embedded process is killed under load with SIGKILL, five times, and each
 * time started again on the same folder. Nothing that was accepted may be lost
 * or be there twice.
 */
export async function pullThePlug(options: FaultOptions): Promise<FaultReport> {
  const { jobs, seed, log = () => {} } = options
  const surroundings = await surround()
  const { longhaul, receipts, simulator } = surroundings
  const random = seededRandom(seed)
  try {
    await surroundings.begin()
    const startedAt = performance.now()
    const load = new Load({ url: longhaul.url, apiKey: longhaul.apiKey, jobs, receipts })
    const submitted = load.run()
    submitted.catch(() => {}) // awaited below
    const kills: Kill[] = []
    for (let number = 0; number < KILLS; number += 1) {
      const moment = Math.floor((jobs * (number + random())) / (KILLS + 1))
      await Promise.race([load.reached(moment), submitted])
      await delay(random() * JITTER_MS)
      kills.push(await killAndStart(surroundings, load))
      log(`kill ${number + 1} after ${load.accepted.size} accepted`)
    }
    await submitted
    const settled = await untilSettled(longhaul.cluster, settleTimeoutMs(jobs))
    const seconds = (performance.now() - startedAt) / 1_000
    await load.close()
    const [calls, rows] = [await simulator.calls(), await readLedger(longhaul.cluster)]
    const inFlight = kills.reduce((sum, { running }) => sum + running.length, 0)
    return {
      name: 'the process is killed',
      seed,
      violations: [
        ...(settled ? [] : ['not all had ended, or not all events were delivered, in time']),
        ...kills.flatMap(({ violations }) => violations),
        ...auditLedger({ jobs, rows, accepted: load.accepted, calls, receipts }),
        ...auditCalls(
          calls.byMarker,
          kills.map(({ running }) => running),
        ),
        ...load.answers.faults,
      ],
      figures: {
        jobs,
        seconds: seconds.toFixed(1),
        'provider calls': calls.total,
        'in flight at the kills': inFlight,
        'calls repeated': calls.total - jobs,
        'deliveries repeated or retried': receipts.repeats,
        'ms from kill to ready': describeTimes(kills.map(({ readyMs }) => readyMs)),
        'ms from kill to the next 202': describeTimes(kills.map(({ acceptingMs }) => acceptingMs)),
        answers: JSON.stringify(load.answers.counts),
      },
    }
  } finally {
    await surroundings.end()
  }
}

async function killAndStart({ longhaul }: Surroundings, load: Load): Promise<Kill> {
  const killedAt = performance.now()
  await longhaul.kill()
  const { cluster } = longhaul
  const orphan = cluster.pid
  const left = await unfinished(cluster)
  const { accepted } = load
  const acceptedBefore = accepted.size
  const output = await longhaul.start()
  const readyMs = performance.now() - killedAt
  await load.reached(acceptedBefore + 1)
  const expected = [
    `stopped the PostgreSQL (process ${orphan})`,
    ...(left.total > 0
      ? [
          `${left.total} unfinished jobs: ${left.running.length} were running, ${left.queued} queued`,
        ]
      : []),
  ]
  const missing = expected.filter(line => !output.includes(line))
  return {
    running: left.running,
    readyMs,
    acceptingMs: performance.now() - killedAt,
    violations: missing.map(line => `the start does not say "${line}":\n${output}`),
  }
}

/** Asks the orphaned PostgreSQL, once it has ended what the dead process had asked of it. */
async function unfinished(
  cluster: EmbeddedCluster,
): Promise<{ total: number; queued: number; running: string[] }> {
  const deadline = performance.now() + IDLE_TIMEOUT_MS
  for (;;) {
    const [row] = await cluster.query<{ busy: number }>(
      `SELECT count(*)::integer AS busy FROM pg_stat_activity
       WHERE backend_type = 'client backend' AND state <> 'idle' AND pid <> pg_backend_pid()`,
    )
    if (row?.busy === 0) break
    if (performance.now() > deadline)
      throw new Error('the orphaned PostgreSQL does not come to rest')
    await delay(POLL_MS)
  }
  const rows = await cluster.query<{ status: string; marker: string }>(
    `SELECT status, metadata->>'marker' AS marker FROM jobs WHERE finished_at IS NULL`,
  )
  return {
    total: rows.length,
    queued: rows.filter(({ status }) => status === 'queued').length,
    running: rows.filter(({ status }) => status === 'running').map(({ marker }) => marker),
  }
}
