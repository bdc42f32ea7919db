const SLOT_BITS = 16
const SLOTS = 1 << SLOT_BITS
/** Terms that a vocabulary may have, so that half of the slots stay free. */
export const MOST_TERMS = SLOTS / 2

/**
 * The rows of terms (words, and pairs of neighbours) by their hash. A term is
 * known by the lower half of its hash, in the slot that its upper half names or
 * soon behind it. Mark and row share a slot, so that a look-up costs one line
 * of the cache.
 */
export class Vocabulary {
  readonly size: number
  /** The row, and below it the lower half of the hash; 0: free. */
  readonly #slots = new Int32Array(SLOTS)
  #firsts = new Int32Array(1_024)

  /** @param hashes of the terms, in the order of their rows */
  constructor(hashes: Int32Array) {
    this.size = hashes.length
    for (let row = 0; row < hashes.length; row++) {
      const hash = hashes[row] as number
      let slot = hash >>> SLOT_BITS
      while (this.#slots[slot] !== 0) slot = (slot + 1) & (SLOTS - 1)
      this.#slots[slot] = (row << 16) | markOf(hash)
    }
  }

  /**
   * Fills `into` with the rows of those of the first `count` terms that are
   * known; it needs a place more than they can be.
   * @returns how many are
   */
  rowsOf(terms: Int32Array, count: number, into: Uint16Array): number {
    const slots = this.#slots
    if (this.#firsts.length < count) this.#firsts = new Int32Array(2 * count)
    const firsts = this.#firsts
    // The slots come from far, but many at a time as long as nothing hangs on what is in them.
    for (let index = 0; index < count; index++) {
      firsts[index] = slots[(terms[index] as number) >>> SLOT_BITS] as number
    }
    let known = 0
    for (let index = 0; index < count; index++) {
      const hash = terms[index] as number
      const mark = markOf(hash)
      let found = firsts[index] as number
      let slot = hash >>> SLOT_BITS
      while (found !== 0 && (found & 0xffff) !== mark) {
        slot = (slot + 1) & (SLOTS - 1)
        found = slots[slot] as number
      }
      into[known] = found >>> 16
      if (found !== 0) known += 1
    }
    return known
  }
}

function markOf(hash: number): number {
  return hash & 0xffff || 1
}
