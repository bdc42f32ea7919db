/**
 * A vector for each of the words that are known, distilled from a sentence
 * encoder (`training/distil.py`), and their order of frequency. What is stored:
 * `LHW1`, words, dimensions (uint32), a scale per dimension (float32), the
 * hash of each word in the order of frequency (uint32), then int8 vectors.
 */
export class WordTable {
  readonly dimensions: number
  readonly #words: number
  readonly #vectors: Int8Array
  readonly #scales: Float32Array
  readonly #keys: Int32Array
  /** 1 + the place of the word in the table; 0: free. */
  readonly #slots: Uint16Array
  readonly #mask: number

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
    this.#vectors = Int8Array.from(
      new Int8Array(file.buffer, file.byteOffset + vectorsAt, this.#words * this.dimensions),
    )
    this.#mask = 2 ** Math.ceil(Math.log2(this.#words * 2)) - 1
    this.#keys = new Int32Array(this.#mask + 1)
    this.#slots = new Uint16Array(this.#mask + 1)
    for (let place = 0; place < this.#words; place++) {
      this.#insert(view.getInt32(hashesAt + 4 * place, true), place)
    }
  }

  /** The place of a word in the order of frequency, or -1. */
  placeOf(hash: number): number {
    let slot = hash & this.#mask
    while (this.#slots[slot] !== 0) {
      if (this.#keys[slot] === hash) return (this.#slots[slot] as number) - 1
      slot = (slot + 1) & this.#mask
    }
    return -1
  }

  /** 0 for the most frequent word, near 1 for the rarest; undefined for unknown ones. */
  rarityOf(hash: number): number | undefined {
    const place = this.placeOf(hash)
    return place < 0 ? undefined : place / this.#words
  }

  /** Sets `into` to the unit vector of the words' sum; all 0 when none is known. */
  embed(into: Float32Array, hashes: Int32Array, count: number): void {
    const { dimensions } = this
    into.fill(0)
    for (let index = 0; index < count; index++) {
      const place = this.placeOf(hashes[index] as number)
      if (place < 0) continue
      const at = place * dimensions
      for (let axis = 0; axis < dimensions; axis++) {
        into[axis] = (into[axis] as number) + (this.#vectors[at + axis] as number)
      }
    }
    let square = 0
    for (let axis = 0; axis < dimensions; axis++) {
      const value = (into[axis] as number) * (this.#scales[axis] as number)
      into[axis] = value
      square += value * value
    }
    if (square === 0) return
    const factor = 1 / Math.sqrt(square)
    for (let axis = 0; axis < dimensions; axis++) into[axis] = (into[axis] as number) * factor
  }

  #insert(hash: number, place: number): void {
    let slot = hash & this.#mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask
    this.#keys[slot] = hash
    this.#slots[slot] = place + 1
  }
}
