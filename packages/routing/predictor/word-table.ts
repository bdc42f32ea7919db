import type { WordPlaces } from '../features/hand-features.ts'
import { MOST_WORDS } from '../features/scan.ts'
import { Kernel, roomFor } from '../kernel/kernel.ts'
import { PackedRows, packedRoom } from './packed-rows.ts'

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
  readonly #kernel: Kernel
  readonly #vectors: PackedRows
  readonly #scales: Float32Array
  /** In pairs, so that a look-up costs one line of the cache: a hash, and 1 + the place of its word; 0: free. */
  readonly #slots: Int32Array
  readonly #mask: number
  readonly #ranks: WordPlaces
  readonly #sums: Int32Array
  readonly #told: Uint16Array

  /** @throws {RangeError} unless `file` holds such a table */
  constructor(file: Uint8Array, kernel = new Kernel(wordTableRoom(file))) {
    this.#kernel = kernel
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
    const { words, dimensions } = shapeOf(file)
    this.dimensions = dimensions
    const hashesAt = 12 + 4 * dimensions
    const vectorsAt = hashesAt + 4 * words
    this.#scales = Float32Array.from({ length: dimensions }, (_, axis) =>
      view.getFloat32(12 + 4 * axis, true),
    )
    this.#vectors = new PackedRows(
      new Int8Array(file.buffer, file.byteOffset + vectorsAt, words * dimensions),
      dimensions,
      kernel,
    )
    this.#mask = slotsFor(words) - 1
    const places = kernel.view(Int32Array, kernel.addressOf('PLACES'), MOST_WORDS)
    this.#ranks = { places, known: words }
    this.#told = kernel.view(Uint16Array, kernel.addressOf('ROWS'), MOST_WORDS)
    this.#sums = new Int32Array(dimensions)
    this.#slots = kernel.place(Int32Array, 2 * slotsFor(words))
    for (let place = 0; place < words; place++) {
      this.#insert(view.getInt32(hashesAt + 4 * place, true), place)
    }
  }

  /** Looks up the words of a scan; the answer holds until the next one. */
  rank(hashes: Int32Array, count: number): WordPlaces {
    const { places } = this.#ranks
    const from = this.#kernel.locate(hashes, count, 'HASHES')
    this.#kernel.run.placesOf(from, count, this.#slots.byteOffset, this.#mask, places.byteOffset)
    return this.#ranks
  }

  /** Sets `into` to the unit vector of the words' sum; all 0 when none says anything. */
  embed(into: Float32Array, { places }: WordPlaces, count: number): void {
    const { dimensions } = this
    const sums = this.#sums
    const told = this.#told
    const from = places.byteOffset
    const telling = this.#kernel.run.placesFrom(MEANINGLESS, from, count, told.byteOffset)
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

/** What the table in `file` takes up of a kernel. @throws {RangeError} unless `file` holds one */
export function wordTableRoom(file: Uint8Array): number {
  const { words, dimensions } = shapeOf(file)
  return packedRoom(words, dimensions) + roomFor(8 * slotsFor(words))
}

function shapeOf(file: Uint8Array): { words: number; dimensions: number } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (view.getUint32(0) !== 0x4c485731) throw new RangeError('not a table of words')
  return { words: view.getUint32(4, true), dimensions: view.getUint32(8, true) }
}

function slotsFor(words: number): number {
  return 2 ** Math.ceil(Math.log2(words * 2))
}
