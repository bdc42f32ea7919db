import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { dieWithParent } from '@longhaul/embedded-postgres'

export interface SupervisedOptions {
  program: string
  args: string[]
  /** Takes standard output and standard error; appended to. */
  logFile: string
  env?: NodeJS.ProcessEnv
  cwd?: string
}

/** A package manager behind a slow line; nothing else comes near it. */
const RUN_TIMEOUT_MS = 600_000
const LOG_TAIL_BYTES = 2_000

/**
 * A server program as a child process that does not outlive its parent. It runs
 * in a process group of its own, so that Ctrl-C does not reach a server before
 * its users have stopped.
 */
export class Supervised {
  readonly #options: SupervisedOptions
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>

  constructor(options: SupervisedOptions) {
    this.#options = options
    const log = openSync(options.logFile, 'a', 0o600)
    this.#child = spawn(options.program, options.args, {
      stdio: ['ignore', log, log],
      detached: true,
      env: options.env ?? process.env,
      ...(options.cwd && { cwd: options.cwd }),
    })
    closeSync(log)
    dieWithParent(this.#child)
    this.#exited = once(this.#child, 'exit').catch(() => {})
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get running(): boolean {
    const { pid, exitCode, signalCode } = this.#child
    return pid !== undefined && exitCode === null && signalCode === null
  }

  /** Resolves once the process is gone, or could not be started. */
  async exited(): Promise<void> {
    await this.#exited
  }

  /**
   * Asks every 50 ms until `ready` says yes.
   * @throws {Error} with the end of the log: the process died, or is not ready in time and was killed
   */
  async untilReady(ready: () => Promise<boolean>, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs
    while (!(await ready())) {
      if (!this.running) throw this.#failure('did not start')
      if (Date.now() > deadline) {
        await this.kill()
        throw this.#failure(`is not ready after ${timeoutMs} ms`)
      }
      await delay(50)
    }
  }

  /** Orderly: SIGTERM, and SIGKILL when that takes longer than `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    if (!this.running) return
    this.#child.kill('SIGTERM')
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), graceMs)
    await this.#exited
    clearTimeout(impatience)
  }

  /** At once, as `kill -9` does. */
  async kill(): Promise<void> {
    if (this.running) this.#child.kill('SIGKILL')
    await this.#exited
  }

  #failure(what: string): Error {
    const { program, logFile } = this.#options
    const tail = readFileSync(logFile, 'utf8').slice(-LOG_TAIL_BYTES)
    return new Error(`${program} ${what}; its log ends with:\n${tail}`)
  }
}

/**
 * Runs a program to its end, for ten minutes at most.
 * @returns what it wrote to standard output
 * @throws {Error} it ended with another code than 0; the message holds what it wrote to standard error
 */
export async function run(program: string, args: string[], cwd?: string): Promise<string> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: process.env,
    signal: AbortSignal.timeout(RUN_TIMEOUT_MS),
    ...(cwd && { cwd }),
  })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    errors += text
  })
  const [code, signal] = await once(child, 'close')
  if (code !== 0) {
    throw new Error(`${program} ${args.join(' ')} ended with ${code ?? signal}: ${errors}`)
  }
  return output
}
