import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { dieWithParent } from '@longhaul/embedded-postgres'

export interface ChildOptions {
  /** For errors. */
  name: string
  /** Takes what it writes to standard error; appended to. */
  logFile: string
  env?: Record<string, string>
  /** For Node itself: `--cpu-prof`. */
  execArgv?: readonly string[]
  /** A channel over which the two send messages. */
  ipc?: boolean
}

const LAST_LOG_CHARS = 2_000

/** A program of this repository in a process of its own, run by the same Node. */
export class Child {
  readonly #process: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #options: ChildOptions
  #output = ''
  #onOutput: () => void = () => {}

  /** @param args the program, and what it is told */
  constructor(args: readonly string[], options: ChildOptions) {
    const log = openSync(options.logFile, 'a')
    this.#options = options
    this.#process = spawn(process.execPath, [...(options.execArgv ?? []), ...args], {
      stdio: options.ipc ? ['ignore', 'pipe', log, 'ipc'] : ['ignore', 'pipe', log],
      env: { ...process.env, ...options.env },
    })
    closeSync(log)
    dieWithParent(this.#process)
    this.#exited = once(this.#process, 'exit')
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text
      this.#onOutput()
    })
  }

  get pid(): number {
    const { pid } = this.#process
    if (pid === undefined) throw new Error(`${this.#options.name} was not started`)
    return pid
  }

  /** What it wrote to standard output. */
  get output(): string {
    return this.#output
  }

  get ended(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  /**
   * Waits for a piece of standard output.
   * @throws {Error} it ended, or `timeoutMs` passed; with the end of its log
   */
  async printed(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    const found = Promise.withResolvers<RegExpExecArray>()
    const look = () => {
      const match = pattern.exec(this.#output)
      if (match) found.resolve(match)
    }
    const fail = (what: string) =>
      found.reject(new Error(`${this.#options.name} ${what}:\n${this.#output}${this.#lastLog()}`))
    const timer = setTimeout(() => fail(`did not print ${pattern} in ${timeoutMs} ms`), timeoutMs)
    this.#onOutput = look
    look()
    void this.#exited.then(() => fail('ended too early'))
    try {
      return await found.promise
    } finally {
      clearTimeout(timer)
      this.#onOutput = () => {}
    }
  }

  /** Over its channel. */
  send(message: object): void {
    this.#process.send?.(message)
  }

  /** Told of what comes over its channel. */
  onMessage(listener: (message: unknown) => void): void {
    this.#process.on('message', listener)
  }

  /** Resolves when it has ended, by whatever. */
  get exited(): Promise<unknown> {
    return this.#exited
  }

  /** Sends the signal and waits for the end. @returns the exit code; null when a signal ended it */
  async end(signal: NodeJS.Signals, timeoutMs: number): Promise<number | null> {
    if (!this.ended) this.#process.kill(signal)
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), timeoutMs)
    await this.#exited
    clearTimeout(timer)
    return this.#process.exitCode
  }

  #lastLog(): string {
    return readFileSync(this.#options.logFile, 'utf8').slice(-LAST_LOG_CHARS)
  }
}
