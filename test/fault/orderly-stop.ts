import { setTimeout as delay } from 'node:timers/promises'
import { RunningTime } from '../running-time.ts'
import { seededRandom } from '../simulator/random.ts'
import { auditLedger, readLedger, settleTimeoutMs, untilSettled } from './ledger.ts'
import { Load } from './load.ts'
import type { FaultOptions, FaultReport } from './report.ts'
import { surround } from './surroundings.ts'

const SHUTDOWN_MS = 6_000
/** For the process to notice the signal, and to go. */
const TOLERANCE_MS = 1_000
const SLOW_MODEL = 'slow'
/** One job in so many asks the model that does not answer in time. */
const SLOW_EVERY = 20
const NEVER_MS = 600_000
const POLL_MS = 20

/**
 * Longhaul is stopped with SIGTERM under load. It ends in time; calls that end
 * soon are recorded, the others aborted and their jobs put back; the next start
 * finishes all.
 */
export async function stopOrderly(options: FaultOptions): Promise<FaultReport> {
  const { jobs, seed } = options
  const surroundings = await surround({
    extraModels: [SLOW_MODEL],
    behaviours: { [SLOW_MODEL]: { latencyMs: NEVER_MS } },
    env: { LONGHAUL_SHUTDOWN_MS: String(SHUTDOWN_MS) },
  })
  const { longhaul, receipts, simulator } = surroundings
  const random = seededRandom(seed)
  try {
    await surroundings.begin()
    const load = new Load({
      url: longhaul.url,
      apiKey: longhaul.apiKey,
      jobs,
      receipts,
      modelOf: index => (index % SLOW_EVERY === 0 ? SLOW_MODEL : undefined),
      excuses: ['store_unavailable', 'shutting_down'],
    })
    const submitted = load.run()
    submitted.catch(() => {}) // awaited below
    await Promise.race([load.reached(Math.floor(jobs * (0.3 + 0.3 * random()))), submitted])
    while ((await simulator.calls()).byModel[SLOW_MODEL] === undefined) await delay(POLL_MS)

    const time = new RunningTime()
    const code = await longhaul.stop(SHUTDOWN_MS * 10)
    const stopMs = time.elapsedMs
    time.stop()
    const orphan = longhaul.cluster.pid
    const { aborted } = await simulator.calls()
    await simulator.script({ model: SLOW_MODEL, behaviour: { latencyMs: POLL_MS } })
    const output = await longhaul.start()
    await submitted
    const settled = await untilSettled(longhaul.cluster, settleTimeoutMs(jobs))
    await load.close()
    const [calls, rows] = [await simulator.calls(), await readLedger(longhaul.cluster)]
    const promises: Array<[boolean, string]> = [
      [code === 0, `it exited with ${code}`],
      [stopMs <= SHUTDOWN_MS + TOLERANCE_MS, `it took ${Math.round(stopMs)} ms to stop`],
      [orphan === undefined, `it left PostgreSQL (process ${orphan}) behind`],
      [aborted > 0, 'no call was aborted: the test proves nothing'],
      [/unfinished jobs: 0 were running/.test(output), `jobs were left running:\n${output}`],
      [calls.total <= jobs + aborted, `${calls.total} calls for ${jobs} jobs, ${aborted} aborted`],
      [settled, 'not all had ended, or not all events were delivered, in time'],
    ]
    return {
      name: 'the process is stopped',
      seed,
      violations: [
        ...promises.filter(([kept]) => !kept).map(([, violation]) => violation),
        ...auditLedger({ jobs, rows, accepted: load.accepted, calls, receipts }),
        ...load.answers.faults,
      ],
      figures: {
        jobs,
        'ms to stop': Math.round(stopMs),
        'provider calls': calls.total,
        'calls aborted': aborted,
        answers: JSON.stringify(load.answers.counts),
      },
    }
  } finally {
    await surroundings.end()
  }
}
