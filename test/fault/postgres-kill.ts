import { setTimeout as delay } from 'node:timers/promises'
import type { EmbeddedCluster } from '../processes/embedded-cluster.ts'
import { seededRandom } from '../simulator/random.ts'
import { auditLedger, readLedger, settleTimeoutMs, untilSettled } from './ledger.ts'
import { Load } from './load.ts'
import { describeTimes, type FaultOptions, type FaultReport } from './report.ts'
import { surround } from './surroundings.ts'

const KILLS = 2
const JITTER_MS = 40
/** A client that waits longer for an answer gives up on the service. */
const LONGEST_ANSWER_MS = 10_000
const OUTAGE_TIMEOUT_MS = 60_000
const POLL_MS = 20

/**
 * PostgreSQL's postmaster is killed with SIGKILL under load, twice. Meanwhile
 * clients are told to come back, by 503; then all goes on by itself, without a
 * restart of Longhaul.
 */
export async function killPostgres(options: FaultOptions): Promise<FaultReport> {
  const { jobs, seed, log = () => {} } = options
  const surroundings = await surround()
  const { longhaul, receipts, simulator } = surroundings
  const random = seededRandom(seed)
  try {
    await surroundings.begin()
    const { url, apiKey, pid } = longhaul
    const load = new Load({ url, apiKey, jobs, receipts, readers: 2 })
    const submitted = load.run()
    submitted.catch(() => {}) // awaited below
    const outagesMs: number[] = []
    for (let number = 0; number < KILLS; number += 1) {
      const moment = Math.floor((jobs * (number + random())) / (KILLS + 1))
      await Promise.race([load.reached(moment), submitted])
      await delay(random() * JITTER_MS)
      outagesMs.push(await endPostgres(longhaul.cluster, load, 'SIGKILL'))
      log(`PostgreSQL killed after ${load.accepted.size} accepted`)
    }
    await submitted
    const settled = await untilSettled(longhaul.cluster, settleTimeoutMs(jobs))
    await load.close()
    const [calls, rows] = [await simulator.calls(), await readLedger(longhaul.cluster)]
    const { answers } = load
    const promises: Array<[boolean, string]> = [
      [settled, 'not all had ended, or not all events were delivered, in time'],
      [longhaul.running && longhaul.pid === pid, 'Longhaul itself did not survive'],
      [(answers.counts['POST 503'] ?? 0) > 0, 'no submit was answered 503'],
      [(answers.counts.broken ?? 0) === 0, `${answers.counts.broken} requests got no answer`],
      [answers.slowestMs < LONGEST_ANSWER_MS, `an answer took ${answers.slowestMs} ms`],
    ]
    return {
      name: 'PostgreSQL is killed',
      seed,
      violations: [
        ...promises.filter(([kept]) => !kept).map(([, violation]) => violation),
        ...auditLedger({ jobs, rows, accepted: load.accepted, calls, receipts }),
        ...answers.faults,
      ],
      figures: {
        jobs,
        'provider calls': calls.total,
        'calls repeated': calls.total - jobs,
        'ms from kill to the next 202': describeTimes(outagesMs),
        'slowest answer in ms': Math.round(answers.slowestMs),
        answers: JSON.stringify(answers.counts),
      },
    }
  } finally {
    await surroundings.end()
  }
}

/**
 * Takes PostgreSQL away; something starts it again.
 * @param signal to the postmaster
 * @returns resolves when a submit was refused, and another one accepted by the server that took
 *   the dead one's place: how long that took
 */
export async function endPostgres(
  cluster: EmbeddedCluster,
  { answers }: Load,
  signal: NodeJS.Signals,
): Promise<number> {
  const endedAt = performance.now()
  const refused = answers.next('POST 503')
  const ended = cluster.end(signal)
  const timeout = AbortSignal.timeout(OUTAGE_TIMEOUT_MS)
  await within(timeout, refused, 'no submit was answered 503')
  while (cluster.pid === undefined || cluster.pid === ended || !(await cluster.accepts())) {
    timeout.throwIfAborted()
    await delay(POLL_MS)
  }
  await within(timeout, answers.next('POST 202'), 'nothing is accepted')
  return performance.now() - endedAt
}

async function within(signal: AbortSignal, wanted: Promise<void>, otherwise: string) {
  const { promise: tooLate, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(new Error(`${otherwise} in ${OUTAGE_TIMEOUT_MS} ms`))
  signal.addEventListener('abort', onAbort)
  await Promise.race([wanted, tooLate])
  signal.removeEventListener('abort', onAbort)
}
