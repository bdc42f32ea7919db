/** Prints the CPU time of one record per kind of instrument, in microseconds: `node recording-cost.ts`. */
import { startTelemetry } from './index.ts'

const TIMES = 100_000
const ROUNDS = 7

const telemetry = startTelemetry({ service: 'cost' })
const { httpRequests, jobDuration, providerCallsInFlight } = telemetry.metrics
const routes = ['/v1/jobs', '/v1/jobs/:id', '/v1/models']

const costs = {
  counter: cheapestMicroseconds(index =>
    httpRequests.add(1, { route: routes[index % 3] ?? '', method: 'GET', status: 200 }),
  ),
  gauge: cheapestMicroseconds(() => providerCallsInFlight.add(1, { deployment: 'gpt/openai' })),
  histogram: cheapestMicroseconds(index => jobDuration.record(index % 60, { lane: 'standard' })),
}
await telemetry.stop()
process.stdout.write(`${JSON.stringify(costs)}\n`)

/** The best of several rounds: what else the machine does should not count. */
function cheapestMicroseconds(record: (index: number) => void): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage()
    for (let index = 0; index < TIMES; index += 1) record(index)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / TIMES
  })
  return Math.min(...rounds)
}
