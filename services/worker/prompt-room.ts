const MEBIBYTE = 1024 * 1024
/** All models of a worker together. */
const ROOM_BYTES = 16 * MEBIBYTE
/** There are no more calls than slots: those of short prompts weigh nothing, and wait for nobody. */
const SHORT_BYTES = 4 * 1024

/**
 * What a worker keeps of prompts whose calls are under way, in bytes. Slots bound
 * the calls, and a call keeps its prompt until the answer: 512 calls of 200 KB
 * would be 100 MB. A long prompt waits until there is room; short ones do not.
 */
export class PromptRoom {
  readonly #listeners = new Set<() => void>()
  #taken = 0

  /** Of a prompt of any length: the last may be more than what is left. */
  get isOpen(): boolean {
    return this.#taken < ROOM_BYTES
  }

  mayTake(bytes: number): boolean {
    return bytes <= SHORT_BYTES || this.isOpen
  }

  take(bytes: number): void {
    if (bytes > SHORT_BYTES) this.#taken += bytes
  }

  giveBack(bytes: number): void {
    if (bytes <= SHORT_BYTES) return
    this.#taken -= bytes
    for (const tell of this.#listeners) tell()
  }

  /** @returns ends it */
  onGivenBack(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
