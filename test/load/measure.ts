import { setTimeout as delay } from 'node:timers/promises'
import type { Arena } from './arena.ts'
import type { Contender, NamedProcess } from './contender.ts'
import { GeneratorProcess, type GeneratorTask } from './generator-process.ts'
import { type Latencies, LatencyRecorder } from './latencies.ts'
import { cpuSeconds, familyCpuSeconds, machineCpuSeconds, peakBytes } from './process-usage.ts'

export interface Load {
  jobs: number
  /** By so many a request; undefined: singly. */
  bulkSize?: number
  /** Of single submits. */
  perSecond?: number
}

export interface Figures {
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
  cpuUsPerJob: {
    /** Of all processes of the contender, and of each by its name. */
    own: number
    ownByName: Record<string, number>
    postgres: number
    /** Of its other servers, by their names. */
    servers: Record<string, number>
    simulator: number
    generator: number
  }
  /** Share of the machine's processors that processes outside this benchmark used meanwhile. */
  othersCpuShare: number
  /** Of the contender's processes, by their names. */
  peakBytes: Record<string, number>
}

const BULK_CONNECTIONS = 4
const SINGLE_CONNECTIONS = 64
const POLL_MS = 10
const PATIENCE_MS = 300_000
const MICROSECONDS = 1e6

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

/** CPU time since it was made. */
class Usage {
  readonly #arena: Arena
  readonly #contender: Contender
  readonly #before: ReturnType<Usage['read']>
  readonly #startedAt = performance.now()

  constructor(arena: Arena, contender: Contender) {
    this.#arena = arena
    this.#contender = contender
    this.#before = this.read()
  }

  read() {
    const { postgresPid, simulator } = this.#arena
    return {
      own: cpuByName(this.#contender.processes),
      servers: cpuByName(this.#contender.servers),
      postgres: familyCpuSeconds(postgresPid),
      simulator: cpuSeconds(simulator.pid),
      bench: cpuSeconds(process.pid),
      machine: machineCpuSeconds(),
    }
  }

  /** @param generatorPid started after this: all that it used counts */
  since(
    generatorPid: number,
    jobs: number,
  ): Pick<Figures, 'cpuUsPerJob' | 'othersCpuShare' | 'peakBytes'> {
    const now = this.read()
    const before = this.#before
    const generator = cpuSeconds(generatorPid)
    const ownByName = difference(now.own, before.own)
    const servers = difference(now.servers, before.servers)
    const own = sum(ownByName)
    const postgres = now.postgres - before.postgres
    const simulator = now.simulator - before.simulator
    const bench = now.bench - before.bench
    const known = own + sum(servers) + postgres + simulator + generator + bench
    const elapsed = (performance.now() - this.#startedAt) / 1_000
    const perJob = (seconds: number) => (seconds * MICROSECONDS) / jobs
    return {
      cpuUsPerJob: {
        own: perJob(own),
        ownByName: mapValues(ownByName, perJob),
        postgres: perJob(postgres),
        servers: mapValues(servers, perJob),
        simulator: perJob(simulator),
        generator: perJob(generator),
      },
      othersCpuShare: Math.max(0, now.machine - before.machine - known) / elapsed,
      peakBytes: peaksOf(this.#contender.processes),
    }
  }
}

type ByName = Record<string, number>

export function peaksOf(processes: readonly NamedProcess[]): ByName {
  return Object.fromEntries(processes.map(({ name, pid }) => [name, peakBytes(pid)]))
}

function cpuByName(processes: readonly NamedProcess[]): ByName {
  return Object.fromEntries(processes.map(({ name, pid }) => [name, cpuSeconds(pid)]))
}

function difference(now: ByName, before: ByName): ByName {
  return Object.fromEntries(
    Object.entries(now).map(([name, figure]) => [name, figure - (before[name] ?? 0)]),
  )
}

function mapValues(figures: ByName, change: (figure: number) => number): ByName {
  return Object.fromEntries(Object.entries(figures).map(([name, figure]) => [name, change(figure)]))
}

function sum(figures: ByName): number {
  return Object.values(figures).reduce((total, figure) => total + figure, 0)
}
