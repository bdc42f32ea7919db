import { hashWord } from './word-hash.ts'

/**
 * Of words the groups that they are in, at most 31 groups, as bits. An
 * open-addressed table, since every word of every prompt is looked up.
 */
export class WordBits {
  /** In pairs: the hash of a word, and its groups; 0: free. */
  readonly slots: Int32Array
  /** Of a hash, the bits that name its slot. */
  readonly mask: number

  /** @param groups words with blanks between them, for each group */
  constructor(groups: readonly string[]) {
    const lists = groups.map(group => group.split(' '))
    const most = lists.reduce((sum, list) => sum + list.length, 0)
    this.mask = 2 ** Math.ceil(Math.log2(2 * most)) - 1
    this.slots = new Int32Array(2 * (this.mask + 1))
    for (const [place, words] of lists.entries()) {
      for (const word of words) this.#insert(hashWord(word), 1 << place)
    }
  }

  /** The groups of a word, lowest bit first; 0 for a word of none. */
  of(hash: number): number {
    const { slots, mask } = this
    let slot = hash & mask
    let groups = slots[2 * slot + 1] as number
    while (groups !== 0 && slots[2 * slot] !== hash) {
      slot = (slot + 1) & mask
      groups = slots[2 * slot + 1] as number
    }
    return groups
  }

  #insert(hash: number, bit: number): void {
    const { slots, mask } = this
    let slot = hash & mask
    while (slots[2 * slot + 1] !== 0 && slots[2 * slot] !== hash) slot = (slot + 1) & mask
    slots[2 * slot] = hash
    slots[2 * slot + 1] = (slots[2 * slot + 1] as number) | bit
  }
}
