import { setImmediate as nextTurn } from 'node:timers/promises'

/** Far below what anybody waits for, far above what a turn costs. */
const LONGEST_TURN_MS = 10

/** For work of many pieces: lets others have their turn of the event loop whenever it was held for 10 ms. */
export class EventLoopTurns {
  #since = performance.now()

  /** Between two pieces. @returns to be waited for; undefined: the next may begin at once */
  next(): Promise<void> | undefined {
    return performance.now() - this.#since < LONGEST_TURN_MS ? undefined : this.#yield()
  }

  async #yield(): Promise<void> {
    await nextTurn()
    this.#since = performance.now()
  }
}
