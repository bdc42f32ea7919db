import { Kernel, roomFor } from '../kernel/kernel.ts'

const SLOT_BITS = 16
const SLOTS = 1 << SLOT_BITS
/** What a vocabulary takes up of a kernel. */
export const VOCABULARY_ROOM = roomFor(4 * SLOTS)
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
  readonly #kernel: Kernel
  /** The row, and below it the lower half of the hash; 0: free. */
  readonly #slots: Int32Array

  /** @param hashes of the terms, in the order of their rows */
  constructor(hashes: Int32Array, kernel = new Kernel(VOCABULARY_ROOM)) {
    this.#kernel = kernel
    this.#slots = kernel.place(Int32Array, SLOTS)
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
    const kernel = this.#kernel
    const from = kernel.locate(terms, count, 'TERMS')
    if (kernel.has(into)) {
      return kernel.run.rowsOf(from, count, this.#slots.byteOffset, into.byteOffset)
    }
    const rows = kernel.addressOf('ROWS')
    const known = kernel.run.rowsOf(from, count, this.#slots.byteOffset, rows)
    into.set(kernel.view(Uint16Array, rows, known))
    return known
  }
}

function markOf(hash: number): number {
  return hash & 0xffff || 1
}
