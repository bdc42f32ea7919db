/** Moments that are kept; when there are more, every second one goes. */
const MOST_MOMENTS = 512

/**
 * How much had come by when. What is long ago is known the more coarsely, so
 * that the size is bounded; between two moments it came evenly.
 */
export class CountHistory {
  #moments: { at: number; count: number }[] = []

  /** @param at when it is before the last, it counts as the last */
  set(at: number, count: number): void {
    const last = this.#moments.at(-1)
    if (last && last.at >= at) last.count = count
    else this.#moments.push({ at, count })
    if (this.#moments.length <= MOST_MOMENTS) return
    this.#moments = this.#moments.filter((_, index) => index % 2 === 0)
  }

  get last(): number {
    return this.#moments.at(-1)?.count ?? 0
  }

  /** What had come by then; nothing before the first moment. */
  by(at: number): number {
    const later = this.#firstAfter(at)
    const [before, after] = [this.#moments[later - 1], this.#moments[later]]
    if (!before) return 0
    if (!after) return before.count
    const share = (at - before.at) / (after.at - before.at)
    return before.count + share * (after.count - before.count)
  }

  #firstAfter(at: number): number {
    let low = 0
    let high = this.#moments.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#moments[middle]?.at ?? 0) > at) high = middle
      else low = middle + 1
    }
    return low
  }
}
