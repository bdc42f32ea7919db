/** Throughput, latency and cost of the pipeline, beside a plain program: `npm run bench:pipeline`. */
import { parseArgs } from 'node:util'
import { type Arena, openArena } from './arena.ts'
import { BullmqContender } from './bullmq-contender.ts'
import { check } from './check.ts'
import { ClusterContender } from './cluster-contender.ts'
import type { Contender } from './contender.ts'
import { LonghaulContender } from './longhaul-contender.ts'
import { measure } from './measure.ts'
import { profileFile, summariseProfile } from './profile.ts'
import { type Measured, report } from './report.ts'

const BULK_SIZE = 500
const SINGLES_PER_SECOND = 300
const SINGLES_SECONDS = 16
/** Most of what V8 compiles it compiles in the first thousands. */
const WARM_UP_SHARE = 0.5
/** One job in so many asks for a webhook. */
const WEBHOOK_EVERY = 100

interface LineUp {
  /** Who is measured, in this order; the first is Longhaul. */
  prepare(arena: Arena, profile: boolean): Promise<Contender[]>
  /** What else must hold for the first beside the others. */
  check?(first: Measured, others: readonly Measured[]): void
}

const LEAST_PER_SECOND = 1_500
const MOST_CPU_US = 450
/** Far above what is measured, and far below what it grows to where singles come faster than they are taken. */
const KEPT_UP_MS = 500

/** By the bus that Longhaul runs on. */
const lineUps: Record<string, LineUp> = {
  memory: {
    prepare: async (arena, profile) => [
      await LonghaulContender.prepare(arena, { webhookEvery: WEBHOOK_EVERY, profile }),
      new BullmqContender(arena),
    ],
  },
  kafka: {
    prepare: async (arena, profile) => [
      await ClusterContender.prepare(arena, { webhookEvery: WEBHOOK_EVERY, profile }),
      new BullmqContender(arena, await arena.redis()),
    ],
    check({ bulk }, others) {
      const { own } = bulk.cpuUsPerJob
      check(bulk.jobsPerSecond >= LEAST_PER_SECOND, `at least ${LEAST_PER_SECOND} jobs/s by bulk`)
      check(own <= MOST_CPU_US, `at most ${MOST_CPU_US} µs of its processes' CPU per job`)
      for (const other of others) {
        check(bulk.jobsPerSecond >= other.bulk.jobsPerSecond, `as many jobs/s as ${other.name}`)
      }
    },
  },
}

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '60000' },
    bus: { type: 'string', default: 'memory' },
    profile: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
})
const jobs = Number(values.jobs)
const lineUp = lineUps[values.bus]
if (!lineUp) throw new Error(`--bus ${values.bus}: choose of ${Object.keys(lineUps).join(', ')}`)
if (!Number.isInteger(jobs) || jobs < 100) throw new Error('--jobs must be a number from 100')

// Children die with this process: it must end by `exit`, not by a signal.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const arena = await openArena()
try {
  const measured: Measured[] = []
  for (const contender of await lineUp.prepare(arena, values.profile)) {
    if (values.only && !contender.name.startsWith(values.only)) continue
    measured.push(await measureAll(arena, contender))
  }
  console.log(report(measured))
  const [first, ...others] = measured
  if (first) {
    const { p50 } = first.singles.accept
    check(p50 <= KEPT_UP_MS, `${SINGLES_PER_SECOND} singles/s are accepted as they come`)
  }
  if (first && !values.only) lineUp.check?.(first, others)
  if (values.profile && first) {
    for (const name of Object.keys(first.bulk.peakBytes)) {
      console.log(`\n${profileFile(name)}:\n${summariseProfile(profileFile(name))}`)
    }
  }
} finally {
  await arena.close()
}

/** One contender at a time runs: the others have stopped, or not begun. */
async function measureAll(arena: Arena, contender: Contender): Promise<Measured> {
  const { name } = contender
  console.log(`${name}: ${jobs} jobs by bulk, then ${SINGLES_PER_SECOND} singles/s`)
  await contender.start()
  try {
    await measure(arena, contender, { jobs: Math.ceil(jobs * WARM_UP_SHARE), bulkSize: BULK_SIZE })
    const bulk = await measure(arena, contender, { jobs, bulkSize: BULK_SIZE })
    const singles = await measure(arena, contender, {
      jobs: SINGLES_PER_SECOND * SINGLES_SECONDS,
      perSecond: SINGLES_PER_SECOND,
    })
    return { name, bulk, singles }
  } finally {
    await contender.stop()
  }
}
