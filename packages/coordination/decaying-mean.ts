/**
 * An exponentially weighted mean over time: what a sample counts falls to 1/e
 * within `memoryMs`. Samples of one moment count alike, however many they are,
 * so that a burst is averaged and not thrown away. Without samples the mean
 * stays as it is.
 */
export class DecayingMean {
  readonly #memoryMs: number
  #sum = 0
  #weight = 0
  #updatedAt = 0
  #mean: number | undefined

  constructor(memoryMs: number) {
    this.#memoryMs = memoryMs
  }

  /** Undefined before the first sample. */
  get value(): number | undefined {
    return this.#mean
  }

  /** @param now milliseconds; a clock that was set back decays nothing */
  add(sample: number, now: number): void {
    const decay = Math.exp(Math.min(0, this.#updatedAt - now) / this.#memoryMs)
    this.#sum = this.#sum * decay + sample
    this.#weight = this.#weight * decay + 1
    this.#updatedAt = now
    this.#mean = this.#sum / this.#weight
  }
}
