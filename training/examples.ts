import {
  fillHandFeatures,
  HAND_FEATURES,
  type WordPlaces,
} from '../packages/routing/features/hand-features.ts'
import { LETTER_BUCKETS, Scanner, WORD_BUCKETS } from '../packages/routing/features/scan.ts'
import type { WordTable } from '../packages/routing/predictor/word-table.ts'
import { SparseRows } from './sparse.ts'

/** Weighs a bucket by how few texts have it; 0 for those of a single text. */
export function rarities(counts: Uint32Array, texts: number): Float32Array {
  return Float32Array.from(counts, count =>
    count < 2 ? 0 : Math.log((texts + 1) / (count + 1)) + 1,
  )
}

export interface Rarities {
  words: Float32Array
  letters: Float32Array
}

/** What the features of many texts look like to the learners. */
export class TextReader {
  readonly #scanner = new Scanner()
  readonly #table: WordTable
  #values = new Float32Array(4 * 8_193)
  #columns = new Uint32Array(4 * 8_193)

  constructor(table: WordTable) {
    this.#table = table
  }

  raritiesOf(texts: readonly string[]): Rarities {
    const words = new Uint32Array(WORD_BUCKETS)
    const letters = new Uint32Array(LETTER_BUCKETS)
    const scan = this.#scanner
    for (const text of texts) {
      scan.scan(text)
      for (let index = 0; index < scan.wordBucketCount; index++) {
        const bucket = scan.wordBuckets[index] as number
        words[bucket] = (words[bucket] as number) + 1
      }
      for (let index = 0; index < scan.letterBucketCount; index++) {
        const bucket = scan.letterBuckets[index] as number
        letters[bucket] = (letters[bucket] as number) + 1
      }
    }
    return { words: rarities(words, texts.length), letters: rarities(letters, texts.length) }
  }

  hand(texts: readonly string[]): Float32Array {
    const hand = new Float32Array(texts.length * HAND_FEATURES)
    for (const [row, text] of texts.entries()) {
      this.#scanner.scan(text)
      this.#fillHand(hand.subarray(row * HAND_FEATURES, (row + 1) * HAND_FEATURES))
    }
    return hand
  }

  /** Words and pairs, of unit length. */
  words(texts: readonly string[], { words }: Rarities): SparseRows {
    const rows = new SparseRows(WORD_BUCKETS)
    for (const text of texts) {
      this.#scanner.scan(text)
      rows.add(this.#columns, this.#values, this.#addWords(words))
    }
    return rows
  }

  /** Words, runs of letters, and the embedding, each of unit length. */
  wordsLettersEmbedding(texts: readonly string[], { words, letters }: Rarities): SparseRows {
    const { dimensions } = this.#table
    const rows = new SparseRows(WORD_BUCKETS + LETTER_BUCKETS + dimensions)
    const embedding = new Float32Array(dimensions)
    const scan = this.#scanner
    for (const text of texts) {
      scan.scan(text)
      let count = this.#addWords(words)
      const { letterBuckets, letterBucketCount } = scan
      count = this.#add(letterBuckets, letterBucketCount, letters, WORD_BUCKETS, count)
      this.#table.embed(embedding, this.#rank(), scan.words)
      count = this.#addDense(embedding, WORD_BUCKETS + LETTER_BUCKETS, count)
      rows.add(this.#columns, this.#values, count)
    }
    return rows
  }

  /** Words of unit length, the embedding, and the hand-made features. */
  wordsEmbeddingHand(texts: readonly string[], { words }: Rarities): SparseRows {
    const { dimensions } = this.#table
    const rows = new SparseRows(WORD_BUCKETS + dimensions + HAND_FEATURES)
    const embedding = new Float32Array(dimensions)
    const hand = new Float32Array(HAND_FEATURES)
    for (const text of texts) {
      this.#scanner.scan(text)
      let count = this.#addWords(words)
      this.#table.embed(embedding, this.#rank(), this.#scanner.words)
      count = this.#addDense(embedding, WORD_BUCKETS, count)
      this.#fillHand(hand)
      count = this.#addDense(hand, WORD_BUCKETS + dimensions, count)
      rows.add(this.#columns, this.#values, count)
    }
    return rows
  }

  #rank(): WordPlaces {
    return this.#table.rank(this.#scanner.hashes, this.#scanner.words)
  }

  #fillHand(into: Float32Array): void {
    fillHandFeatures(into, this.#scanner, this.#rank())
  }

  #addWords(rarity: Float32Array): number {
    return this.#add(this.#scanner.wordBuckets, this.#scanner.wordBucketCount, rarity, 0, 0)
  }

  #add(
    buckets: Uint16Array,
    found: number,
    rarity: Float32Array,
    offset: number,
    from: number,
  ): number {
    let square = 0
    for (let index = 0; index < found; index++) {
      square += (rarity[buckets[index] as number] as number) ** 2
    }
    const factor = square > 0 ? 1 / Math.sqrt(square) : 0
    let count = from
    for (let index = 0; index < found; index++) {
      const bucket = buckets[index] as number
      const value = (rarity[bucket] as number) * factor
      if (value === 0) continue
      this.#columns[count] = offset + bucket
      this.#values[count++] = value
    }
    return count
  }

  #addDense(values: Float32Array, offset: number, from: number): number {
    let count = from
    for (let index = 0; index < values.length; index++) {
      if (values[index] === 0) continue
      this.#columns[count] = offset + index
      this.#values[count++] = values[index] as number
    }
    return count
  }
}
