import { hashWord } from './scan.ts'

/**
 * Of words the groups that they are in, at most 31 groups, as bits. An
 * open-addressed table, since every word of every prompt is looked up.
 */
export class WordBits {
  readonly #keys: Int32Array
  readonly #bits: Int32Array
  readonly #mask: number

  /** @param groups words with blanks between them, for each group */
  constructor(groups: readonly string[]) {
    const lists = groups.map(group => group.split(' '))
    const most = lists.reduce((sum, list) => sum + list.length, 0)
    this.#mask = 2 ** Math.ceil(Math.log2(2 * most)) - 1
    this.#keys = new Int32Array(this.#mask + 1)
    this.#bits = new Int32Array(this.#mask + 1)
    for (const [place, words] of lists.entries()) {
      for (const word of words) this.#insert(hashWord(word), 1 << place)
    }
  }

  /** The groups of a word, lowest bit first; 0 for a word of none. */
  of(hash: number): number {
    const bits = this.#bits
    let slot = hash & this.#mask
    while (bits[slot] !== 0) {
      if (this.#keys[slot] === hash) return bits[slot] as number
      slot = (slot + 1) & this.#mask
    }
    return 0
  }

  #insert(hash: number, bit: number): void {
    let slot = hash & this.#mask
    while (this.#bits[slot] !== 0 && this.#keys[slot] !== hash) slot = (slot + 1) & this.#mask
    this.#keys[slot] = hash
    this.#bits[slot] = (this.#bits[slot] as number) | bit
  }
}
