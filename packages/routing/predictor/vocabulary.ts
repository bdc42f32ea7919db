const SLOT_BITS = 16
const SLOTS = 1 << SLOT_BITS
/** Terms that a vocabulary may have, so that half of the slots stay free. */
export const MOST_TERMS = SLOTS / 2

/**
 * The rows of terms (words, and pairs of neighbours) by their hash. Most pairs
 * of a prompt are not known, and finding that out touches two bytes of a table
 * that fits a near cache: the lower half of a hash, in the slot that its upper
 * half names or soon behind it.
 */
export class Vocabulary {
  readonly size: number
  /** Lower half of a hash; 0: free. */
  readonly #marks = new Uint16Array(SLOTS)
  readonly #rows = new Uint16Array(SLOTS)

  /** @param hashes of the terms, in the order of their rows */
  constructor(hashes: Int32Array) {
    this.size = hashes.length
    for (let row = 0; row < hashes.length; row++) {
      const hash = hashes[row] as number
      let slot = hash >>> SLOT_BITS
      while (this.#marks[slot] !== 0) slot = (slot + 1) & (SLOTS - 1)
      this.#marks[slot] = markOf(hash)
      this.#rows[slot] = row
    }
  }

  /** The row of a term, or -1. */
  rowOf(hash: number): number {
    const mark = markOf(hash)
    let slot = hash >>> SLOT_BITS
    for (;;) {
      const found = this.#marks[slot] as number
      if (found === mark) return this.#rows[slot] as number
      if (found === 0) return -1
      slot = (slot + 1) & (SLOTS - 1)
    }
  }
}

function markOf(hash: number): number {
  return hash & 0xffff || 1
}
