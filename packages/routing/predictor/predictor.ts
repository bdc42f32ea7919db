import { domains } from '@longhaul/contracts'
import { fillHandFeatures, HAND_FEATURES, handFeatureNames } from '../features/hand-features.ts'
import { MOST_WORDS, Scanner } from '../features/scan.ts'
import { addTrees } from './trees.ts'
import { type Weights, wordHeads } from './weights.ts'
import type { WordTable } from './word-table.ts'

/**
 * What the model says of a text. Its arrays belong to the predictor and hold
 * until it reads the next text.
 */
export interface Prediction {
  /** Probability of each domain, in the order of `domains`. */
  domains: Float64Array
  /** The most likely domain, as a place in `domains`. */
  domain: number
  /** 0: any model does it; 1: it takes the best. */
  complexity: number
  /** 0 to 1: how much the text is like what the model has seen answered and scored. */
  familiarity: number
  /** Probability that models of the strength of each band answer correctly. */
  bands: Float64Array
  /** The same of the two models of the reference data. */
  weak: number
  strong: number
  /** Hand-made features, in the order of `handFeatureNames`. */
  hand: Float32Array
  scan: Scanner
}

const DOMAINS = domains.length
const HEADS = DOMAINS + wordHeads.length
const [WEAK, STRONG, LEVEL, SLOPE, COMPLEXITY, FAMILIARITY] = wordHeads.map(
  (_, place) => DOMAINS + place,
) as [number, number, number, number, number, number]
/** Between these scores of familiarity it is unsure. */
const STRANGE = 0.35
const FAMILIAR = 0.75
/**
 * The heads learnt from whole questions: of a word or two they say what the
 * questions with that word were like, and of none what holds for all. So what
 * has fewer words than a question asks for less.
 */
const QUESTION_WORDS = 4
/** How many features an explanation names, and what they weigh at least. */
const EXPLAINED = 4
const LEAST_WEIGHT = 0.01

/** Reads texts one after the other; about 20 ns a character, and no allocation to speak of. */
export class Predictor {
  readonly weights: Weights
  readonly #table: WordTable
  readonly #scanner = new Scanner()
  readonly #embedding: Float32Array
  readonly #hand = new Float32Array(HAND_FEATURES)
  /** What each hand-made feature weighs in the complexity. */
  readonly #weights = new Float64Array(HAND_FEATURES)
  readonly #sums = new Int32Array(HEADS)
  /** One more than there can be: see `Vocabulary.rowsOf`. */
  readonly #known = new Uint16Array(2 * MOST_WORDS + 1)
  #knownCount = 0
  readonly #words = new Float64Array(HEADS)
  readonly #letters = new Float64Array(DOMAINS)
  readonly #domains = new Float64Array(DOMAINS)
  readonly #reference = new Float64Array(2)
  readonly #bands: Float64Array
  readonly #dense: Float32Array
  readonly #domainEmbedding: Float32Array
  readonly #domainBiases: Float64Array
  readonly #wordScales: Float64Array
  readonly #letterScales: Float64Array
  /** The strength of each band, less their mean. */
  readonly #spread: Float64Array

  constructor(weights: Weights, table: WordTable) {
    this.weights = weights
    this.#table = table
    this.#embedding = new Float32Array(table.dimensions)
    const { bands, dense, domainEmbedding, domainBiases, wordScales, letterScales } = weights.header
    this.#bands = new Float64Array(bands.length)
    this.#dense = Float32Array.from(dense)
    this.#domainEmbedding = Float32Array.from(domainEmbedding)
    this.#domainBiases = Float64Array.from(domainBiases)
    this.#wordScales = Float64Array.from(wordScales)
    this.#letterScales = Float64Array.from(letterScales)
    const mean = bands.reduce((sum, { strength }) => sum + strength, 0) / bands.length
    this.#spread = Float64Array.from(bands, ({ strength }) => strength - mean)
  }

  predict(text: string): Prediction {
    const scan = this.#scanner
    scan.scan(text)
    const rank = this.#table.rank(scan.hashes, scan.words)
    fillHandFeatures(this.#hand, scan, rank)
    this.#table.embed(this.#embedding, rank, scan.words)
    this.#sumWords()
    this.#sumLetters()
    const domain = this.#sortIntoDomains()
    this.#predictAnswers()
    const familiarity = (this.#denseHead(1, FAMILIARITY) - STRANGE) / (FAMILIAR - STRANGE)
    const asked = Math.min(1, scan.words / QUESTION_WORDS)
    return {
      domains: this.#domains,
      domain,
      complexity: asked * unit(this.#denseHead(0, COMPLEXITY)),
      familiarity: asked * unit(familiarity),
      bands: this.#bands,
      weak: this.#reference[0] as number,
      strong: this.#reference[1] as number,
      hand: this.#hand,
      scan,
    }
  }

  /** The hand-made features that weigh most in the complexity of what was read last. */
  explain({ hand }: Prediction): { name: string; weight: number }[] {
    const dense = this.#dense
    const from = this.#embedding.length
    const weights = this.#weights
    for (let feature = 0; feature < HAND_FEATURES; feature++) {
      weights[feature] = (dense[from + feature] as number) * (hand[feature] as number)
    }
    const most: { name: string; weight: number }[] = []
    while (most.length < EXPLAINED) {
      const feature = largest(weights)
      const weight = weights[feature] as number
      if (Math.abs(weight) < LEAST_WEIGHT) break
      most.push({ name: handFeatureNames[feature] ?? '', weight: hundredths(weight) })
      weights[feature] = 0
    }
    return most
  }

  #sumWords(): void {
    const { words, header } = this.weights
    const square = this.#pickTerms()
    words.sum(this.#known, this.#knownCount, this.#sums)
    scale(this.#words, this.#sums, this.#wordScales, perLength(square, header.raritySteps[0]))
  }

  #sumLetters(): void {
    const { letters, header } = this.weights
    const square = this.#pickLetters()
    letters.sum(this.#known, this.#knownCount, this.#sums)
    scale(this.#letters, this.#sums, this.#letterScales, perLength(square, header.raritySteps[1]))
  }

  /**
   * Fetching weights of what training has not seen would cost most of the
   * time, since the tables are larger than a near cache.
   * @returns the squared length of the vector of rarities
   */
  #pickTerms(): number {
    const { vocabulary, wordRarity } = this.weights
    const { terms, termCount } = this.#scanner
    const known = this.#known
    const count = vocabulary.rowsOf(terms, termCount, known)
    let square = 0
    for (let index = 0; index < count; index++) {
      const steps = wordRarity[known[index] as number] as number
      square += steps * steps
    }
    this.#knownCount = count
    return square
  }

  #pickLetters(): number {
    const { letterRows, letterRarity } = this.weights
    const { letterBuckets, letterBucketCount } = this.#scanner
    const known = this.#known
    let picked = 0
    let square = 0
    for (let index = 0; index < letterBucketCount; index++) {
      const row = (letterRows[letterBuckets[index] as number] as number) - 1
      if (row < 0) continue
      const steps = letterRarity[row] as number
      known[picked++] = row
      square += steps * steps
    }
    this.#knownCount = picked
    return square
  }

  /** @returns the most likely domain */
  #sortIntoDomains(): number {
    const scores = this.#domains
    const embedding = this.#embedding
    let best = 0
    for (let domain = 0; domain < DOMAINS; domain++) {
      const said = (this.#words[domain] as number) + (this.#letters[domain] as number)
      const at = domain * embedding.length
      const meant = product(this.#domainEmbedding, at, embedding)
      const score = (this.#domainBiases[domain] as number) + said + meant
      scores[domain] = score
      if (score > (scores[best] as number)) best = domain
    }
    const most = scores[best] as number
    let sum = 0
    for (let domain = 0; domain < DOMAINS; domain++) {
      const value = Math.exp((scores[domain] as number) - most)
      scores[domain] = value
      sum += value
    }
    for (let domain = 0; domain < DOMAINS; domain++) {
      scores[domain] = (scores[domain] as number) / sum
    }
    return best
  }

  #predictAnswers(): void {
    const { header, referenceTrees, bandTrees } = this.weights
    const { linear, trees } = header.mix
    const reference = this.#reference
    const bands = this.#bands
    reference.fill(0)
    bands.fill(0)
    addTrees(reference, referenceTrees, this.#hand)
    addTrees(bands, bandTrees, this.#hand)
    for (let one = 0; one < 2; one++) {
      const words = this.#words[one === 0 ? WEAK : STRONG] as number
      const bias = header.treeBiases[one] as number
      reference[one] = bias + linear * words + trees * (reference[one] as number)
    }
    for (let band = 0; band < bands.length; band++) {
      const slope = (this.#spread[band] as number) * (this.#words[SLOPE] as number)
      const words = (this.#words[LEVEL] as number) + slope
      const bias = header.treeBiases[2 + band] as number
      bands[band] = bias + linear * words + trees * (bands[band] as number)
    }
  }

  #denseHead(place: number, wordHead: number): number {
    const embedding = this.#embedding
    const at = place * (embedding.length + HAND_FEATURES)
    const bias = this.weights.header.headBiases[place] as number
    const meant = product(this.#dense, at, embedding)
    const counted = product(this.#dense, at + embedding.length, this.#hand)
    return bias + (this.#words[wordHead] as number) + meant + counted
  }
}

/** The inner product of `values` with the weights that begin at `from`; two sums, since each waits for its last. */
function product(weights: Float32Array, from: number, values: Float32Array): number {
  const { length } = values
  let even = 0
  let odd = 0
  let index = 0
  for (; index + 1 < length; index += 2) {
    even += (weights[from + index] as number) * (values[index] as number)
    odd += (weights[from + index + 1] as number) * (values[index + 1] as number)
  }
  if (index < length) even += (weights[from + index] as number) * (values[index] as number)
  return even + odd
}

function scale(into: Float64Array, sums: Int32Array, scales: Float64Array, factor: number): void {
  for (let head = 0; head < scales.length; head++) {
    into[head] = (sums[head] as number) * (scales[head] as number) * factor
  }
}

/** The place of the largest, whatever its sign. */
function largest(numbers: Float64Array): number {
  let best = 0
  for (let place = 1; place < numbers.length; place++) {
    if (Math.abs(numbers[place] as number) > Math.abs(numbers[best] as number)) best = place
  }
  return best
}

/** Texts of all lengths weigh the same. */
function perLength(square: number, step: number): number {
  return square > 0 ? 1 / (step * Math.sqrt(square)) : 0
}

function unit(value: number): number {
  return Math.min(1, Math.max(0, value))
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}
