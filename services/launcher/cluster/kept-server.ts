import { type Clock, sleep } from '@longhaul/contracts'
import { Backoff } from './backoff.ts'

/** A server program of this machine, such as `LocalKafka`. */
export interface Server {
  /** Resolves when it serves, on the port and data of its start before. */
  start(): Promise<void>
  /** Resolves once it is gone. */
  exited(): Promise<void>
  /** Orderly; safe to call twice. */
  stop(): Promise<void>
}

export interface KeptServerOptions {
  /** `Kafka` */
  title: string
  server: Server
  clock: Clock
  /** Told of its deaths and returns. */
  log: (message: string) => void
}

/** A server that is started again when it dies, until it is stopped. */
export class KeptServer {
  readonly name: string
  readonly #options: KeptServerOptions
  readonly #stopping = new AbortController()
  #kept: Promise<void> | undefined

  constructor(options: KeptServerOptions) {
    this.name = options.title.toLowerCase()
    this.#options = options
  }

  /**
   * Resolves when it serves.
   * @throws {Error} it does not start, and is not tried again
   */
  async start(): Promise<void> {
    await this.#options.server.start()
    this.#kept = this.#keep()
  }

  /** Safe to call twice, and while it is being started again. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    const { server } = this.#options
    await server.stop()
    await this.#kept
    // A start that was under way may have brought it up after all.
    await server.stop()
  }

  async #keep(): Promise<void> {
    const { server, title, log } = this.#options
    // One that came up during a stop is not waited for: the stop ends it.
    while (!this.#stopping.signal.aborted) {
      await server.exited()
      if (this.#stopping.signal.aborted) return
      log(`${title} died; starting it again`)
      await this.#revive()
    }
  }

  async #revive(): Promise<void> {
    const { server, title, clock, log } = this.#options
    const backoff = new Backoff()
    while (!this.#stopping.signal.aborted) {
      try {
        await server.start()
        log(`${title} is back`)
        return
      } catch (error) {
        if (this.#stopping.signal.aborted) return
        const pauseMs = backoff.next()
        const reason = error instanceof Error ? error.message : String(error)
        log(`${title} does not start, and is tried again in ${pauseMs} ms: ${reason}`)
        await sleep(clock, pauseMs, this.#stopping.signal)
      }
    }
  }
}
