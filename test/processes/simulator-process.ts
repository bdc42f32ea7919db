import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Behaviour, MarkerBehaviour } from '@longhaul/simulator'
import { request } from 'undici'
import { Child } from './child.ts'

const PROGRAM = fileURLToPath(new URL('../simulator/main.ts', import.meta.url))
const START_TIMEOUT_MS = 90_000
const STOP_TIMEOUT_MS = 5_000

export interface SimulatedCalls {
  total: number
  inFlight: number
  aborted: number
  byModel: Record<string, number>
  byMarker: Record<string, number>
}

/** The model server in a process of its own, which outlives whatever the test kills. */
export class SimulatorProcess {
  readonly origin: string
  readonly #child: Child

  /** @param folder for its script and its log */
  static async start(
    folder: string,
    models: Record<string, Behaviour> = {},
  ): Promise<SimulatorProcess> {
    const script = join(folder, 'simulator.json')
    writeFileSync(script, JSON.stringify({ models }))
    const child = new Child([PROGRAM, '--port', '0', '--script', script], {
      name: 'the simulator',
      logFile: join(folder, 'simulator.log'),
    })
    const [line] = await child.printed(/^\{.*\}$/m, START_TIMEOUT_MS)
    return new SimulatorProcess(child, (JSON.parse(line) as { origin: string }).origin)
  }

  private constructor(child: Child, origin: string) {
    this.#child = child
    this.origin = origin
  }

  get pid(): number {
    return this.#child.pid
  }

  /** Counts of all calls so far, by marker too. */
  async calls(): Promise<SimulatedCalls> {
    return (await this.#control('GET', 'calls?markers=1')) as SimulatedCalls
  }

  /** Calls so far; cheap to ask often. */
  async total(): Promise<number> {
    return ((await this.#control('GET', 'calls')) as { total: number }).total
  }

  async script(
    script:
      | { model: string; behaviour: Behaviour }
      | { marker: string; behaviour: MarkerBehaviour },
  ): Promise<void> {
    await this.#control('POST', 'script', script)
  }

  async reset(): Promise<void> {
    await this.#control('POST', 'reset')
  }

  async stop(): Promise<void> {
    await this.#child.end('SIGKILL', STOP_TIMEOUT_MS)
  }

  async #control(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    const { statusCode, body: answer } = await request(`${this.origin}/__sim/${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (statusCode !== 200) throw new Error(`the simulator answered ${statusCode}: ${text}`)
    return JSON.parse(text)
  }
}
