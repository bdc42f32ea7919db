import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { PauseOrder, PausePoint, PauseReport } from '@longhaul/runtime'
import { request } from 'undici'
import { Child } from './child.ts'

export interface ServiceProcessOptions {
  /** `worker-2` */
  name: string
  /** `worker` */
  service: string
  port: number
  /** For its log. */
  folder: string
  env: Record<string, string>
  /** For Node itself: `--cpu-prof`. */
  execArgv?: readonly string[]
  /** Default true: it can be held. */
  pausePoints?: boolean
}

const READY_TIMEOUT_MS = 180_000
const POLL_MS = 50
const KILL_TIMEOUT_MS = 5_000
const QUIET = ['--disable-warning=TimeoutNegativeWarning']

/** One service of a cluster: can be killed, started again at the same address, and held at pause points. */
export class ServiceProcess {
  readonly name: string
  readonly service: string
  readonly origin: string
  readonly logFile: string
  readonly #options: ServiceProcessOptions
  #child: Child | undefined
  #waiting: Array<{ point: PausePoint; resolve: () => void }> = []

  constructor(options: ServiceProcessOptions) {
    this.name = options.name
    this.service = options.service
    this.origin = `http://127.0.0.1:${options.port}`
    this.logFile = join(options.folder, `${options.name}.log`)
    this.#options = options
  }

  get pid(): number | undefined {
    return this.running ? this.#child?.pid : undefined
  }

  get running(): boolean {
    return this.#child !== undefined && !this.#child.ended
  }

  /** Resolves when it does its work. */
  async start(): Promise<void> {
    const { name, service, port, env, execArgv = [], pausePoints = true } = this.#options
    const program = fileURLToPath(new URL(`../../services/${service}/main.ts`, import.meta.url))
    this.#child = new Child([program], {
      name,
      logFile: this.logFile,
      execArgv: [...QUIET, ...execArgv],
      ipc: pausePoints,
      env: {
        ...env,
        HOST: '127.0.0.1',
        PORT: String(port),
        LONGHAUL_PAUSE_POINTS: pausePoints ? 'parent' : '',
      },
    })
    this.#child.onMessage(message => this.#onReached((message as PauseReport).reached))
    await this.untilReady(READY_TIMEOUT_MS)
  }

  /** @throws {Error} it has ended, or does not say that it is ready in time */
  async untilReady(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs
    while (!(await this.#isReady())) {
      if (!this.running) throw new Error(`${this.name} has ended: see ${this.logFile}`)
      if (performance.now() > deadline) throw new Error(`${this.name} is not ready in time`)
      await delay(POLL_MS)
    }
  }

  /** As `kill -9` does. */
  async kill(): Promise<void> {
    await this.#child?.end('SIGKILL', KILL_TIMEOUT_MS)
  }

  /** Orderly. @returns the exit code; null when it had to be killed */
  async stop(timeoutMs: number): Promise<number | null> {
    return (await this.#child?.end('SIGTERM', timeoutMs)) ?? null
  }

  /** Whoever comes to the point from now on waits there. @returns resolves at the first that does */
  hold(point: PausePoint): Promise<void> {
    this.#order({ hold: point })
    return new Promise(resolve => this.#waiting.push({ point, resolve }))
  }

  release(point: PausePoint): void {
    this.#order({ release: point })
  }

  /** The sum of one of its metrics over all sets of labels that have this one. */
  async metric(name: string, label = ''): Promise<number> {
    const { body } = await request(`${this.origin}/metrics`)
    const lines = (await body.text())
      .split('\n')
      .filter(line => line.startsWith(name) && line.includes(label))
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
  }

  #order(order: PauseOrder): void {
    this.#child?.send(order)
  }

  #onReached(point: PausePoint): void {
    this.#waiting = this.#waiting.filter(waiting => {
      if (waiting.point !== point) return true
      waiting.resolve()
      return false
    })
  }

  async #isReady(): Promise<boolean> {
    try {
      const { statusCode, body } = await request(`${this.origin}/readyz`)
      await body.dump()
      return statusCode === 200
    } catch {
      return false
    }
  }
}
