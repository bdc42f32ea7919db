import { type Clock, sleep } from '@longhaul/contracts'

/** Told by `act`: come back after so many milliseconds, at the latest. */
export type Act = (signal: AbortSignal) => Promise<number>

export interface RoundsOptions {
  /** Wait after a round that threw. */
  retryMs: number
  onError: (error: unknown) => void
}

/**
 * Runs `act` again and again: after the wait that it asks for, or sooner when
 * woken. Rounds never overlap; a round that fails is tried again after a pause.
 */
export class Rounds {
  readonly #act: Act
  readonly #clock: Clock
  readonly #options: RoundsOptions
  readonly #stopping = new AbortController()
  #wake = new AbortController()
  #ended: Promise<void> = Promise.resolve()
  #failing = false

  constructor(act: Act, clock: Clock, options: RoundsOptions) {
    this.#act = act
    this.#clock = clock
    this.#options = options
  }

  /** The last round threw. */
  get failing(): boolean {
    return this.#failing
  }

  start(): void {
    this.#ended = this.#loop()
  }

  /** Begins the next round at once, or right after the one under way. */
  wake(): void {
    this.#wake.abort()
  }

  /** Resolves when the round under way has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#ended
  }

  async #loop(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      this.#wake = new AbortController()
      const waitMs = await this.#round(signal)
      await sleep(this.#clock, waitMs, AbortSignal.any([signal, this.#wake.signal]))
    }
  }

  async #round(signal: AbortSignal): Promise<number> {
    try {
      const waitMs = await this.#act(signal)
      this.#failing = false
      return waitMs
    } catch (error) {
      this.#failing = true
      this.#options.onError(error)
      return this.#options.retryMs
    }
  }
}
