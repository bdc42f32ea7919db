import { setTimeout as delay } from 'node:timers/promises'
import type { Arena } from './arena.ts'
import type { Contender } from './contender.ts'
import { GeneratorProcess, type GeneratorTask } from './generator-process.ts'
import { type Latencies, LatencyRecorder } from './latencies.ts'
import { Usage, type Used } from './usage.ts'

export interface Load {
  jobs: number
  /** By so many a request; undefined: singly. */
  bulkSize?: number
  /** Of single submits. */
  perSecond?: number
}

export interface Figures extends Used {
  jobs: number
  /** From the first request sent to the last result recorded. */
  seconds: number
  jobsPerSecond: number
  /** Of requests. */
  accept: Latencies
  /** Of jobs, from their acceptance to their recorded result. */
  finish: Latencies
  /** Requests answered with 503 and sent again. */
  refused: number
}

const BULK_CONNECTIONS = 4
const SINGLE_CONNECTIONS = 64
const POLL_MS = 10
const PATIENCE_MS = 300_000

/** Puts load on a contender and waits until every result is recorded. */
export async function measure(arena: Arena, contender: Contender, load: Load): Promise<Figures> {
  const before = await contender.recorded()
  const callsBefore = await arena.simulator.total()
  const usage = new Usage(arena, contender)
  const generator = new GeneratorProcess(arena.folder, taskOf(contender, load))
  try {
    const seen = await generator.figures()
    await until(async () => (await arena.simulator.total()) - callsBefore >= load.jobs)
    await until(async () => (await contender.recorded()) - before >= load.jobs)
    const seconds = (performance.timeOrigin + performance.now() - seen.startedAt) / 1_000
    await until(() => contender.settled())
    return {
      jobs: load.jobs,
      seconds,
      jobsPerSecond: load.jobs / seconds,
      accept: seen.accept,
      finish: finishOf(await contender.finishSeconds(seen.startedAt)),
      refused: seen.refused,
      ...usage.since(generator.pid, load.jobs),
    }
  } finally {
    await generator.stop()
  }
}

function taskOf({ intake }: Contender, { jobs, bulkSize, perSecond }: Load): GeneratorTask {
  const { apiKey, webhookEvery } = intake
  const shared = { apiKey, webhookEvery, jobs }
  if (bulkSize !== undefined) {
    const url = intake.bulkUrl
    return { kind: 'bulk', url, bulkSize, connections: BULK_CONNECTIONS, ...shared }
  }
  if (perSecond === undefined) throw new TypeError('a load is in bulk, or has a rate')
  const url = intake.singleUrl
  return { kind: 'singles', url, perSecond, connections: SINGLE_CONNECTIONS, ...shared }
}

async function until(isMet: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await isMet())) {
    if (performance.now() > deadline) throw new Error(`nothing ended within ${PATIENCE_MS} ms`)
    await delay(POLL_MS)
  }
}

function finishOf(seconds: readonly number[]): Latencies {
  const recorder = new LatencyRecorder()
  for (const each of seconds) recorder.record(each * 1_000)
  return recorder.latencies
}
