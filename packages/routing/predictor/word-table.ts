import type { WordPlaces } from '../features/hand-features.ts'
import { MOST_WORDS } from '../features/scan.ts'
import { PackedRows } from './packed-rows.ts'

/** The most frequent words say nothing of the subject: their vectors are next to 0. */
const MEANINGLESS = 64

/**
 * A vector for each of the words that are known, distilled from a sentence
 * encoder (`training/distil.py`), and their order of frequency. What is stored:
 * `LHW1`, words, dimensions (uint32), a scale per dimension (float32), the
 * hash of each word in the order of frequency (uint32), then int8 vectors.
 */
export class WordTable {
  readonly dimensions: number
  readonly #words: number
  readonly #vectors: PackedRows
  readonly #scales: Float32Array
  /** In pairs, so that a look-up costs one line of the cache: a hash, and 1 + the place of its word; 0: free. */
  readonly #slots: Int32Array
  readonly #mask: number
  readonly #ranks: WordPlaces
  readonly #sums: Int32Array
  readonly #told = new Uint16Array(MOST_WORDS)

  /** @throws {RangeError} unless `file` holds such a table */
  constructor(file: Uint8Array) {
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
    if (view.getUint32(0) !== 0x4c485731) throw new RangeError('not a table of words')
    this.#words = view.getUint32(4, true)
    this.dimensions = view.getUint32(8, true)
    const hashesAt = 12 + 4 * this.dimensions
    const vectorsAt = hashesAt + 4 * this.#words
    this.#scales = Float32Array.from({ length: this.dimensions }, (_, axis) =>
      view.getFloat32(12 + 4 * axis, true),
    )
    this.#vectors = new PackedRows(
      new Int8Array(file.buffer, file.byteOffset + vectorsAt, this.#words * this.dimensions),
      this.dimensions,
    )
    this.#mask = 2 ** Math.ceil(Math.log2(this.#words * 2)) - 1
    this.#ranks = { places: new Int32Array(MOST_WORDS), known: this.#words }
    this.#sums = new Int32Array(this.dimensions)
    this.#slots = new Int32Array(2 * (this.#mask + 1))
    for (let place = 0; place < this.#words; place++) {
      this.#insert(view.getInt32(hashesAt + 4 * place, true), place)
    }
  }

  /** Looks up the words of a scan; the answer holds until the next one. */
  rank(hashes: Int32Array, count: number): WordPlaces {
    const { places } = this.#ranks
    const slots = this.#slots
    const mask = this.#mask
    // The slots come from far, but many at a time as long as nothing hangs on what is in them.
    for (let index = 0; index < count; index++) {
      places[index] = slots[2 * ((hashes[index] as number) & mask)] as number
    }
    for (let index = 0; index < count; index++) {
      const hash = hashes[index] as number
      let slot = hash & mask
      let found = places[index] as number
      while (found !== hash && slots[2 * slot + 1] !== 0) {
        slot = (slot + 1) & mask
        found = slots[2 * slot] as number
      }
      places[index] = (slots[2 * slot + 1] as number) - 1
    }
    return this.#ranks
  }

  /** Sets `into` to the unit vector of the words' sum; all 0 when none says anything. */
  embed(into: Float32Array, { places }: WordPlaces, count: number): void {
    const { dimensions } = this
    const sums = this.#sums
    const told = this.#told
    let telling = 0
    for (let index = 0; index < count; index++) {
      const place = places[index] as number
      if (place >= MEANINGLESS) told[telling++] = place
    }
    this.#vectors.sum(told, telling, sums)
    let square = 0
    for (let axis = 0; axis < dimensions; axis++) {
      const value = (sums[axis] as number) * (this.#scales[axis] as number)
      into[axis] = value
      square += value * value
    }
    if (square === 0) return
    const factor = 1 / Math.sqrt(square)
    for (let axis = 0; axis < dimensions; axis++) into[axis] = (into[axis] as number) * factor
  }

  #insert(hash: number, place: number): void {
    let slot = hash & this.#mask
    while (this.#slots[2 * slot + 1] !== 0) slot = (slot + 1) & this.#mask
    this.#slots[2 * slot] = hash
    this.#slots[2 * slot + 1] = place + 1
  }
}
