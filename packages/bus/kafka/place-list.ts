/** Items that are let go together, so that dropping the lowest stays cheap. */
const LET_GO_TOGETHER = 1_024

/** A list by place: grows at its end, shrinks at its beginning, and is rarely changed in between. */
export class PlaceList<T extends { readonly place: number }> {
  #items: T[] = []
  /** Those before are dropped. */
  #first = 0

  get length(): number {
    return this.#items.length - this.#first
  }

  at(index: number): T | undefined {
    return index < 0 ? undefined : this.#items[this.#first + index]
  }

  get last(): T | undefined {
    return this.at(this.length - 1)
  }

  /** Index of the item at the place, or where it would have to be inserted. */
  indexOf(place: number): number {
    const { last } = this
    if (!last || last.place < place) return this.length
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >> 1
      const item = this.at(middle)
      if (item && item.place < place) low = middle + 1
      else high = middle
    }
    return low
  }

  /** @param index as `indexOf` says */
  insert(index: number, item: T): void {
    this.#items.splice(this.#first + index, 0, item)
  }

  /** Drops the items at lower places, and returns them. */
  dropBelow(place: number): T[] {
    const dropped = this.#items.slice(this.#first, this.#first + this.indexOf(place))
    this.#first += dropped.length
    if (this.#first >= LET_GO_TOGETHER || this.length === 0) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
    return dropped
  }

  keep(isKept: (item: T) => boolean): void {
    this.#items = this.#items.slice(this.#first).filter(isKept)
    this.#first = 0
  }
}
