import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { getuid } from 'node:process'

export interface ImageProcessOptions {
  name: string
  /** As in the compose file: `node`, the program, and what it is told. */
  command: readonly string[]
  /** The folder that stands for the image's WORKDIR. */
  folder: string
  /** All that it gets. */
  env: Record<string, string>
  logFile: string
}

/** The user of the image. Only root can become it; everybody else stays who they are. */
const IMAGE_USER = 1000
const asImageUser = getuid?.() === 0 ? { uid: IMAGE_USER, gid: IMAGE_USER } : {}
const POLL_MS = 250

/** One container of the compose file, as a process of this machine. */
export class ImageProcess {
  readonly #options: ImageProcessOptions
  readonly #process: ChildProcess
  readonly #exited: Promise<unknown>

  constructor(options: ImageProcessOptions) {
    this.#options = options
    const { command, folder, env, logFile } = options
    this.#process = spawn(process.execPath, command.slice(1), {
      cwd: folder,
      env: { NODE_ENV: 'production', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...asImageUser,
    })
    const log = createWriteStream(logFile)
    this.#process.stdout?.pipe(log, { end: false })
    this.#process.stderr?.pipe(log, { end: false })
    this.#exited = once(this.#process, 'close').then(() => log.end())
  }

  /** @returns the exit code; null when a signal ended it */
  async end(signal?: NodeJS.Signals): Promise<number | null> {
    if (signal && this.#process.exitCode === null) this.#process.kill(signal)
    await this.#exited
    return this.#process.exitCode
  }

  /**
   * Runs a health check of the image until it passes.
   * @throws {Error} with the log: this has ended, or `timeoutMs` passed
   */
  async untilHealthy(check: readonly string[], timeoutMs: number): Promise<void> {
    const { name, folder } = this.#options
    const signal = AbortSignal.timeout(timeoutMs)
    for (;;) {
      const probe = spawn(process.execPath, check.slice(1), { cwd: folder, ...asImageUser })
      const [code] = await once(probe, 'exit')
      if (code === 0) return
      if (signal.aborted || this.#process.exitCode !== null) {
        throw new Error(`${name} did not become healthy:\n${this.log}`)
      }
      await new Promise(resolve => setTimeout(resolve, POLL_MS))
    }
  }

  get log(): string {
    return readFileSync(this.#options.logFile, 'utf8')
  }
}
