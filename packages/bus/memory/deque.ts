const SMALLEST = 16

/** A queue with two ends, each O(1): a ring that doubles when it is full. */
export class Deque<T> {
  #slots: Array<T | undefined> = new Array(SMALLEST)
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  get first(): T | undefined {
    return this.#slots[this.#head]
  }

  push(value: T): void {
    if (this.#length === this.#slots.length) this.#grow()
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = value
    this.#length += 1
  }

  unshift(value: T): void {
    if (this.#length === this.#slots.length) this.#grow()
    this.#head = (this.#head - 1) & (this.#slots.length - 1)
    this.#slots[this.#head] = value
    this.#length += 1
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined
    const value = this.#slots[this.#head]
    this.#slots[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#slots.length - 1)
    this.#length -= 1
    if (this.#length === 0 && this.#slots.length > 1_024) this.#forgetSize()
    return value
  }

  /** The length of the ring stays a power of two, so that a mask replaces the division. */
  #grow(): void {
    const slots = this.#slots
    const tail = slots.slice(0, this.#head)
    this.#slots = slots.slice(this.#head).concat(tail)
    this.#slots.length = slots.length * 2
    this.#head = 0
  }

  /** A backlog that is gone should not keep its room for ever. */
  #forgetSize(): void {
    this.#slots = new Array(SMALLEST)
    this.#head = 0
  }
}
