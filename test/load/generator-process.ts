import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Child } from '../processes/child.ts'
import type { Latencies } from './latencies.ts'

const PROGRAM = fileURLToPath(new URL('./programs/generator.ts', import.meta.url))
const STOP_TIMEOUT_MS = 5_000
const TIMEOUT_MS = 600_000

interface Target {
  url: string
  apiKey: string
  jobs: number
  connections: number
  /** One job in so many asks for a webhook; 0: none. */
  webhookEvery: number
  /** RFC 3339; default: jobs may run at once. */
  notBefore?: string
}

export type GeneratorTask =
  | (Target & { kind: 'bulk'; bulkSize: number })
  | (Target & { kind: 'singles'; perSecond: number })

/** Times are epoch milliseconds. */
export interface GeneratorFigures {
  startedAt: number
  firstAcceptedAt: number
  lastAcceptedAt: number
  /** Requests that were answered with 503, and sent again. */
  refused: number
  /** Of requests, from when they were sent (bulk) or due (singles). */
  accept: Latencies
}

/** A load generator at its task; afterwards it goes on receiving webhooks until it is stopped. */
export class GeneratorProcess {
  readonly #child: Child

  constructor(folder: string, task: GeneratorTask) {
    this.#child = new Child([PROGRAM, JSON.stringify(task)], {
      name: 'the load generator',
      logFile: join(folder, 'generator.log'),
    })
  }

  get pid(): number {
    return this.#child.pid
  }

  /** Resolves once everything was accepted. */
  async figures(): Promise<GeneratorFigures> {
    const [line] = await this.#child.printed(/^\{.*\}$/m, TIMEOUT_MS)
    return JSON.parse(line) as GeneratorFigures
  }

  async stop(): Promise<void> {
    await this.#child.end('SIGTERM', STOP_TIMEOUT_MS)
  }
}
