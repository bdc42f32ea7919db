import type { Clock } from '@longhaul/contracts'
import type { Delivery } from '../port.ts'

export interface HandlerRestDependencies {
  clock: Clock
  logger: { warn(fields: object, text: string): void }
}

const LONGEST_REST_MS = 1_000

/**
 * A rest for handlers that throw, which doubles up to a second and ends at the
 * first acknowledgement: what they throw back comes again at once, and a handler
 * that always throws would otherwise spin.
 */
export class HandlerRest {
  readonly #dependencies: HandlerRestDependencies
  readonly #onEnd: () => void
  #throwsInARow = 0
  #end: (() => void) | undefined

  constructor(dependencies: HandlerRestDependencies, onEnd: () => void) {
    this.#dependencies = dependencies
    this.#onEnd = onEnd
  }

  get resting(): boolean {
    return this.#end !== undefined
  }

  threw(delivery: Delivery & { readonly isOpen: boolean }, error: unknown): void {
    const { topic, message, deliveryCount, isOpen } = delivery
    // The 1st, 2nd, 4th, 8th … time: a message that always fails must not flood the log.
    if ((deliveryCount & (deliveryCount - 1)) === 0) {
      this.#dependencies.logger.warn(
        { err: error, topic, key: message.key, deliveryCount },
        'the handler of a message threw',
      )
    }
    if (!isOpen || this.#end) return
    const restMs = Math.min(2 ** this.#throwsInARow, LONGEST_REST_MS)
    this.#throwsInARow += 1
    this.#end = this.#dependencies.clock.schedule(restMs, () => {
      this.#end = undefined
      this.#onEnd()
    })
  }

  succeeded(): void {
    this.#throwsInARow = 0
  }

  cancel(): void {
    this.#end?.()
    this.#end = undefined
  }
}
