/** Throughput, latency and cost of the pipeline, beside a plain program: `npm run bench:pipeline`. */
import { parseArgs } from 'node:util'
import { type Arena, openArena } from './arena.ts'
import { BullmqContender } from './bullmq-contender.ts'
import type { Contender } from './contender.ts'
import { LonghaulContender } from './longhaul-contender.ts'
import { measure } from './measure.ts'
import { summariseProfile } from './profile.ts'
import { type Measured, report } from './report.ts'

const BULK_SIZE = 500
const SINGLES_PER_SECOND = 300
const SINGLES_SECONDS = 12
/** Most of what V8 compiles it compiles in the first thousands. */
const WARM_UP_SHARE = 0.5
/** One job in so many asks for a webhook. */
const WEBHOOK_EVERY = 100
const PROFILE_NAME = 'pipeline.cpuprofile'

/** By the bus that Longhaul runs on: who is measured, in this order. */
const lineUps: Record<string, (arena: Arena, profile: boolean) => Promise<Contender[]>> = {
  memory: async (arena, profile) => [
    await LonghaulContender.prepare(arena, {
      webhookEvery: WEBHOOK_EVERY,
      ...(profile && { profileName: PROFILE_NAME }),
    }),
    new BullmqContender(arena),
  ],
}

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '20000' },
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
  for (const contender of await lineUp(arena, values.profile)) {
    if (values.only && !contender.name.startsWith(values.only)) continue
    measured.push(await measureAll(arena, contender))
  }
  console.log(report(measured))
  if (values.profile) console.log(`\n${PROFILE_NAME}:\n${summariseProfile(PROFILE_NAME)}`)
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
