import {
  fillHandFeatures,
  HAND_FEATURES,
  type WordPlaces,
} from '../packages/routing/features/hand-features.ts'
import { LETTER_BUCKETS, MOST_WORDS, Scanner } from '../packages/routing/features/scan.ts'
import { familiarityOf, shareOfQuestion } from '../packages/routing/predictor/familiarity.ts'
import { MOST_TERMS, Vocabulary } from '../packages/routing/predictor/vocabulary.ts'
import type { WordTable } from '../packages/routing/predictor/word-table.ts'
import { type Linear, SparseRows } from './sparse.ts'

/** What training knows of terms and runs of characters before it learns what they mean. */
export interface Terms {
  /** Hashes in the order of their rows, the most frequent first. */
  hashes: Int32Array
  vocabulary: Vocabulary
  /** By row, and by bucket: the fewer texts have it, the more it weighs; 0 for those of a single text. */
  words: Float32Array
  letters: Float32Array
}

/** A term that fewer texts have is left out: nothing is learnt of it. */
const LEAST_TEXTS = 3

function rarityOf(count: number, texts: number): number {
  return count < 2 ? 0 : Math.log((texts + 1) / (count + 1)) + 1
}

/** What the features of many texts look like to the learners. */
export class TextReader {
  readonly #scanner = new Scanner()
  readonly #table: WordTable
  readonly #known = new Uint16Array(2 * MOST_WORDS + 1)
  #values = new Float32Array(4 * 8_193)
  #columns = new Uint32Array(4 * 8_193)

  constructor(table: WordTable) {
    this.#table = table
  }

  termsOf(texts: readonly string[]): Terms {
    const counts = new Map<number, number>()
    const letters = new Uint32Array(LETTER_BUCKETS)
    const scan = this.#scanner
    for (const text of texts) {
      scan.scan(text)
      for (const term of scan.terms.subarray(0, scan.termCount)) {
        counts.set(term, (counts.get(term) ?? 0) + 1)
      }
      for (const bucket of scan.letterBuckets.subarray(0, scan.letterBucketCount)) {
        letters[bucket] = (letters[bucket] as number) + 1
      }
    }
    const known = [...counts]
      .filter(([, count]) => count >= LEAST_TEXTS)
      .sort(([a, countA], [b, countB]) => countB - countA || a - b)
      .slice(0, MOST_TERMS)
    const hashes = Int32Array.from(known, ([term]) => term)
    return {
      hashes,
      vocabulary: new Vocabulary(hashes),
      words: Float32Array.from(known, ([, count]) => rarityOf(count, texts.length)),
      letters: Float32Array.from(letters, count => rarityOf(count, texts.length)),
    }
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
  words(texts: readonly string[], terms: Terms): SparseRows {
    const rows = new SparseRows(terms.hashes.length)
    for (const text of texts) {
      this.#scanner.scan(text)
      rows.add(this.#columns, this.#values, this.#addWords(terms))
    }
    return rows
  }

  /** How unlike an examination each text is, 0 to 1. */
  strangeness(texts: readonly string[], terms: Terms, familiar: Linear): Float64Array {
    const x = this.wordsEmbeddingHand(texts, terms)
    return Float64Array.from(texts, (text, row) => {
      this.#scanner.scan(text)
      const asked = shareOfQuestion(text, this.#scanner)
      return 1 - familiarityOf(x.dot(row, familiar.weights) + familiar.bias, asked)
    })
  }

  /**
   * Words and runs of characters, each of unit length, and the embedding of a
   * length of its own; then the embedding times the strangeness, and the
   * strangeness, for what holds of strange texts alone.
   */
  wordsLettersEmbedding(
    texts: readonly string[],
    terms: Terms,
    { embeddingLength, strangeness }: { embeddingLength: number; strangeness: Float64Array },
  ): SparseRows {
    const { dimensions } = this.#table
    const lettersAt = terms.hashes.length
    const embeddingAt = lettersAt + LETTER_BUCKETS
    const strangeAt = embeddingAt + dimensions
    const rows = new SparseRows(strangeAt + dimensions + 1)
    const embedding = new Float32Array(dimensions)
    const strange = new Float32Array(dimensions + 1)
    const scan = this.#scanner
    for (const [row, text] of texts.entries()) {
      scan.scan(text)
      let count = this.#addWords(terms)
      const runs = scan.letterBuckets.subarray(0, scan.letterBucketCount)
      count = this.#add(runs, terms.letters, lettersAt, count)
      this.#table.embed(embedding, this.#rank(), scan.words)
      const share = strangeness[row] as number
      for (let axis = 0; axis < dimensions; axis++) {
        embedding[axis] = (embedding[axis] as number) * embeddingLength
        strange[axis] = (embedding[axis] as number) * share
      }
      strange[dimensions] = share
      count = this.#addDense(embedding, embeddingAt, count)
      count = this.#addDense(strange, strangeAt, count)
      rows.add(this.#columns, this.#values, count)
    }
    return rows
  }

  /** Words of unit length, the embedding, and the hand-made features. */
  wordsEmbeddingHand(texts: readonly string[], terms: Terms): SparseRows {
    const { dimensions } = this.#table
    const embeddingAt = terms.hashes.length
    const handAt = embeddingAt + dimensions
    const rows = new SparseRows(handAt + HAND_FEATURES)
    const embedding = new Float32Array(dimensions)
    const hand = new Float32Array(HAND_FEATURES)
    for (const text of texts) {
      this.#scanner.scan(text)
      let count = this.#addWords(terms)
      this.#table.embed(embedding, this.#rank(), this.#scanner.words)
      count = this.#addDense(embedding, embeddingAt, count)
      this.#fillHand(hand)
      count = this.#addDense(hand, handAt, count)
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

  #addWords({ vocabulary, words }: Terms): number {
    const { terms, termCount } = this.#scanner
    const known = vocabulary.rowsOf(terms, termCount, this.#known)
    return this.#add(this.#known.subarray(0, known), words, 0, 0)
  }

  #add(places: Uint16Array, rarity: Float32Array, offset: number, from: number): number {
    let square = 0
    for (const place of places) square += (rarity[place] as number) ** 2
    const factor = square > 0 ? 1 / Math.sqrt(square) : 0
    let count = from
    for (const place of places) {
      const value = (rarity[place] as number) * factor
      if (value === 0) continue
      this.#columns[count] = offset + place
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
