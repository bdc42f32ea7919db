const FIRST_MS = 250
const LONGEST_MS = 10_000

/** Pauses before what died is started again, each twice as long as the one before. */
export class Backoff {
  #pauseMs = FIRST_MS

  next(): number {
    const pauseMs = this.#pauseMs
    this.#pauseMs = Math.min(2 * pauseMs, LONGEST_MS)
    return pauseMs
  }

  reset(): void {
    this.#pauseMs = FIRST_MS
  }
}
