/** Items that are let go together, so that dropping the lowest stays cheap. */
const LET_GO_TOGETHER = 1_024

/** A list by offset: grows at its end, shrinks at its beginning, and is rarely changed in between. */
export class OffsetList<T extends { readonly offset: number }> {
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

  /** Index of the item with the offset, or where it would have to be inserted. */
  placeOf(offset: number): number {
    const { last } = this
    if (!last || last.offset < offset) return this.length
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >> 1
      const item = this.at(middle)
      if (item && item.offset < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  /** @param place as `placeOf` says */
  insert(place: number, item: T): void {
    this.#items.splice(this.#first + place, 0, item)
  }

  /** Drops the items with lower offsets, and returns them. */
  dropBelow(offset: number): T[] {
    const dropped = this.#items.slice(this.#first, this.#first + this.placeOf(offset))
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
