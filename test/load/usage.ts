import type { Arena } from './arena.ts'
import type { Contender, NamedProcess } from './contender.ts'
import { cpuSeconds, familyCpuSeconds, machineCpuSeconds, peakBytes } from './process-usage.ts'

export interface Used {
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

export type Watched = Pick<Contender, 'processes' | 'servers'>

const MICROSECONDS = 1e6

/** CPU time since it was made. */
export class Usage {
  readonly #arena: Arena
  readonly #contender: Watched
  readonly #before: ReturnType<Usage['read']>
  readonly #startedAt = performance.now()

  constructor(arena: Arena, contender: Watched) {
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

  /** @param generatorPid a process that was started after this: all that it used counts */
  since(generatorPid: number | undefined, jobs: number): Used {
    const now = this.read()
    const before = this.#before
    const generator = generatorPid === undefined ? 0 : cpuSeconds(generatorPid)
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
