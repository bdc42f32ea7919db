const MEBIBYTE = 1024 * 1024
/** All models of a worker together. */
const ROOM_BYTES = 16 * MEBIBYTE
/** Of one model, so that one which hangs does not take the room of all. */
const MODEL_BYTES = 8 * MEBIBYTE
/** There are no more calls than slots: those of short prompts weigh little, and wait for nobody. */
const SHORT_BYTES = 32 * 1024

/** Whose prompts wait for room. */
export interface Waiting {
  /** @returns whether it began what waited there, so that there may be more */
  beginNext(): boolean
}

/**
 * What prompts of calls under way take of a worker's memory, in bytes: each is
 * kept until the answer, for a further attempt. Slots bound the calls, but 512
 * calls of 200 KB would be 100 MB. Above a bound long prompts wait, and models
 * whose prompts wait get room in turn; short prompts do not wait.
 */
export class PromptRoom {
  /** The first is next. */
  readonly #waiting = new Set<Waiting>()
  #taken = 0

  /** For the prompts of one model. */
  join(waiting: Waiting): PromptShare {
    this.#waiting.add(waiting)
    let ownTaken = 0
    const isOpen = () => ownTaken === 0 || (ownTaken < MODEL_BYTES && this.#taken < ROOM_BYTES)
    return {
      isOpen,
      mayTake: bytes => bytes <= SHORT_BYTES || isOpen(),
      take: bytes => {
        if (bytes <= SHORT_BYTES) return
        ownTaken += bytes
        this.#taken += bytes
      },
      giveBack: bytes => {
        if (bytes <= SHORT_BYTES) return
        ownTaken -= bytes
        this.#taken -= bytes
        while (this.#offerInTurn()) {}
      },
      leave: () => this.#waiting.delete(waiting),
    }
  }

  #offerInTurn(): boolean {
    for (const waiting of this.#waiting) {
      if (!waiting.beginNext()) continue
      this.#waiting.delete(waiting)
      this.#waiting.add(waiting)
      return true
    }
    return false
  }
}

/** What one model may take of the room: always one prompt, of any length. */
export interface PromptShare {
  /** For a long prompt: the last may be more than what is left. */
  isOpen(): boolean
  mayTake(bytes: number): boolean
  take(bytes: number): void
  /** Offers what is free to all in turn, one prompt each, as long as any begins one. */
  giveBack(bytes: number): void
  /** Nothing is offered any more; what was taken is still to be given back. */
  leave(): void
}
