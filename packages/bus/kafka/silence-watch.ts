import type { Clock } from '@longhaul/contracts'

export interface SilenceWatchDependencies {
  clock: Clock
  /** Whether the consumer is a member that its coordinator does not hear now. */
  isUnheard(): boolean
  /** Whether some broker answers, for all that is known. */
  isReachable(): boolean
}

const LOOK_EVERY_MS = 1_000

/**
 * Tells once, when a consumer was unheard for a whole session although a broker
 * answered all the time: its membership is over then, and it does not know.
 */
export class SilenceWatch {
  readonly #dependencies: SilenceWatchDependencies
  readonly #sessionTimeoutMs: number
  readonly #onSilent: () => void
  #sinceMs: number | undefined
  #cancel: () => void = () => {}

  constructor(
    dependencies: SilenceWatchDependencies,
    sessionTimeoutMs: number,
    onSilent: () => void,
  ) {
    this.#dependencies = dependencies
    this.#sessionTimeoutMs = sessionTimeoutMs
    this.#onSilent = onSilent
    this.#look()
  }

  stop(): void {
    this.#cancel()
  }

  #look(): void {
    const { clock, isUnheard, isReachable } = this.#dependencies
    const now = clock.now()
    this.#sinceMs = isUnheard() && isReachable() ? (this.#sinceMs ?? now) : undefined
    if (this.#sinceMs !== undefined && now - this.#sinceMs >= this.#sessionTimeoutMs) {
      this.#onSilent()
      return
    }
    this.#cancel = clock.schedule(LOOK_EVERY_MS, () => this.#look())
  }
}
