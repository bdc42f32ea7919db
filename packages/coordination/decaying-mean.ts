/** What a mean knows, so that means of several processes make one. */
export interface MeanShare {
  sum: number
  weight: number
  /** When sum and weight were as they are, in milliseconds. */
  at: number
}

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

  get share(): MeanShare {
    return { sum: this.#sum, weight: this.#weight, at: this.#updatedAt }
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

/** The shares as one, at the time of the newest; those without samples weigh nothing. */
export function togetherOf(shares: readonly MeanShare[], memoryMs: number): MeanShare {
  const known = shares.filter(({ weight }) => weight > 0)
  const at = known.reduce((newest, share) => Math.max(newest, share.at), 0)
  let sum = 0
  let weight = 0
  for (const share of known) {
    const decay = Math.exp((share.at - at) / memoryMs)
    sum += share.sum * decay
    weight += share.weight * decay
  }
  return { sum, weight, at }
}

export function meanOf({ sum, weight }: MeanShare): number | undefined {
  return weight > 0 ? sum / weight : undefined
}
