/** Memory while many jobs wait, and whether draining slows down: `npm run bench:backlog`. */
import { parseArgs } from 'node:util'
import { runBacklog } from './backlog-run.ts'
import { check } from './check.ts'

const MIB = 1_024 * 1_024
const MOST_BYTES = 400_000_000
/** Of the speed of the second tenth: the first has the start in it. */
const LEAST_LAST_TENTH = 0.8

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '100000' },
    bus: { type: 'string', default: 'memory' },
  },
})
const jobs = Number(values.jobs)
if (!['memory', 'kafka'].includes(values.bus)) throw new Error('--bus: choose of memory, kafka')
if (!Number.isInteger(jobs) || jobs < 100) throw new Error('--jobs must be a number from 100')

// Children die with this process: it must end by `exit`, not by a signal.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const figures = await runBacklog({ jobs, cluster: values.bus === 'kafka', log: console.log })
const { tenths } = figures
const lastToSecond = (tenths[9] ?? 0) / (tenths[1] ?? 0)
console.log(`accepted             ${Math.round(figures.acceptedPerSecond)} jobs/s`)
console.log(`peak while they wait ${megabytes(figures.waitingPeakBytes)}`)
console.log(`peak                 ${megabytes(figures.peakBytes)}`)
console.log(`drained, by tenths   ${tenths.map(Math.round).join(', ')} jobs/s`)
console.log(`last to second tenth ${lastToSecond.toFixed(2)}`)
check(figures.allWaited, 'all were accepted before any fell due')
check(figures.succeeded === jobs, `${figures.succeeded} of ${jobs} jobs ended well`)
for (const [name, bytes] of Object.entries(figures.peakBytes)) {
  check(bytes < MOST_BYTES, `${name} holds less than ${MOST_BYTES / 1e6} MB`)
}
check(lastToSecond >= LEAST_LAST_TENTH, `the last tenth drains at ${LEAST_LAST_TENTH} or more`)

function megabytes(byName: Record<string, number>): string {
  return Object.entries(byName)
    .map(([name, bytes]) => `${name} ${Math.round(bytes / MIB)} MiB`)
    .join(', ')
}
