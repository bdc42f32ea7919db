import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Clock, sleep } from '@longhaul/contracts'
import { dieWithParent } from '@longhaul/embedded-postgres'
import type { Readiness } from '@longhaul/runtime'
import { StartError } from '../expected-error.ts'
import { Backoff } from './backoff.ts'
import { NODE_FLAGS } from './node-flags.ts'
import type { ServiceName } from './service-names.ts'

export interface MemberOptions {
  /** `worker-2` */
  name: string
  service: ServiceName
  /** Of its operations, and of the API in an ingress. */
  port: number
  env: Readonly<Record<string, string | undefined>>
  clock: Clock
  /** Takes what it writes, line by line, and what becomes of it. */
  print: (line: string) => void
}

const READY_TIMEOUT_MS = 90_000
const POLL_MS = 100
const ANSWER_TIMEOUT_MS = 5_000
/** What ran for so long is started again as if it were the first time. */
const STEADY_MS = 30_000

/**
 * One service in a process of its own, kept alive: when it dies it is started
 * again, after a pause that doubles while it does not hold. It is in a process
 * group of its own, so that Ctrl-C does not reach it before its turn, and does
 * not outlive this process.
 */
export class Member {
  readonly name: string
  readonly #options: MemberOptions
  readonly #stopping = new AbortController()
  #process: ChildProcess | undefined
  #wasReady = false
  /** Why it was not ready when last asked. */
  #lacking = 'it does not answer'
  readonly #backoff = new Backoff()

  constructor(options: MemberOptions) {
    this.name = options.name
    this.#options = options
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#options.port}`
  }

  /**
   * Resolves when it does its work.
   * @throws {StartError} it ended before, or is not ready in time; its own lines say why
   */
  async start(): Promise<void> {
    const { clock } = this.#options
    this.#launch()
    const deadline = clock.now() + READY_TIMEOUT_MS
    for (;;) {
      const ready = await this.#isReady()
      // Asked first: an answer of another that has the port is none of ours.
      if (!this.#process) throw new StartError(`${this.name} did not start.`)
      if (ready) break
      if (clock.now() > deadline) {
        throw new StartError(
          `${this.name} is not ready after ${READY_TIMEOUT_MS / 1_000} s: ${this.#lacking}`,
        )
      }
      await sleep(clock, POLL_MS, this.#stopping.signal)
    }
    this.#wasReady = true
  }

  /** Orderly; killed when that takes longer than `budgetMs`. Safe to call twice. */
  async stop(budgetMs: number): Promise<void> {
    this.#stopping.abort()
    const running = this.#process
    if (!running) return
    const exited = once(running, 'exit')
    running.kill('SIGTERM')
    const cancel = this.#options.clock.schedule(budgetMs, () => running.kill('SIGKILL'))
    await exited
    cancel()
  }

  #launch(): void {
    const { service, port, env, clock, print } = this.#options
    const program = fileURLToPath(new URL(`../../${service}/main.ts`, import.meta.url))
    const startedAt = clock.now()
    const child = spawn(process.execPath, [...NODE_FLAGS, program], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...env, HOST: '127.0.0.1', PORT: String(port) },
    })
    dieWithParent(child)
    this.#process = child
    for (const output of [child.stdout, child.stderr]) {
      createInterface({ input: output }).on('line', print)
    }
    child.once('exit', (code, signal) => {
      this.#process = undefined
      if (this.#stopping.signal.aborted || !this.#wasReady) return
      if (clock.now() - startedAt > STEADY_MS) this.#backoff.reset()
      const pauseMs = this.#backoff.next()
      print(`ended with ${signal ?? code}; starts again in ${pauseMs} ms`)
      void this.#launchLater(pauseMs)
    })
  }

  async #launchLater(pauseMs: number): Promise<void> {
    const { clock } = this.#options
    await sleep(clock, pauseMs, this.#stopping.signal)
    if (!this.#stopping.signal.aborted) this.#launch()
  }

  async #isReady(): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
      const answer = await fetch(`${this.origin}/readyz`, { signal })
      this.#lacking = lackingIn((await answer.json()) as Readiness)
      return answer.ok
    } catch {
      return false
    }
  }
}

function lackingIn({ parts }: Readiness): string {
  return Object.entries(parts)
    .filter(([, { ok }]) => !ok)
    .map(([name, { detail }]) => `${name}: ${detail}`)
    .join('; ')
}
