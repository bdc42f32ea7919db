import { domains } from '@longhaul/contracts'
import { fillHandFeatures, HAND_FEATURES } from '../features/hand-features.ts'
import { MOST_WORDS, SCANNER_ROOM, Scanner } from '../features/scan.ts'
import { type Kernel, roomFor } from '../kernel/kernel.ts'
import {
  type Aspect,
  aspectNames,
  aspectOf,
  MEANING_ASPECT,
  WORDS_ASPECT,
  weightiest,
} from './aspects.ts'
import { familiarityOf, shareOfQuestion, unit } from './familiarity.ts'
import { type Weights, wordHeads } from './weights.ts'
import type { WordTable } from './word-table.ts'

/**
 * What the model says of a text. Its arrays belong to the predictor and hold
 * until it reads the next text.
 */
export class Prediction {
  /** Probability of each domain, in the order of `domains`. */
  readonly domains: Float64Array
  /** The most likely domain, as a place in `domains`. */
  readonly domain: number
  /** 0: any model does it; 1: it takes the best. */
  readonly complexity: number
  /** 0 to 1: how much the text is like what the model has seen answered and scored. */
  readonly familiarity: number
  /** Probability that models of the strength of each band answer correctly. */
  readonly bands: Float64Array
  /** Hand-made features, in the order of `handFeatureNames`. */
  readonly hand: Float32Array
  readonly scan: Scanner
  readonly #reference: (one: number) => number

  /** @param reference what the one and the other model of the reference data would answer */
  constructor(
    said: Pick<Prediction, 'domains' | 'bands' | 'hand' | 'scan'>,
    {
      domain,
      complexity,
      familiarity,
    }: { domain: number; complexity: number; familiarity: number },
    reference: (one: number) => number,
  ) {
    this.domains = said.domains
    this.domain = domain
    this.complexity = complexity
    this.familiarity = familiarity
    this.bands = said.bands
    this.hand = said.hand
    this.scan = said.scan
    this.#reference = reference
  }

  /** The same as `bands` of the two models of the reference data; found out now, since no decision asks. */
  get weak(): number {
    return this.#reference(0)
  }

  get strong(): number {
    return this.#reference(1)
  }
}

const DOMAINS = domains.length
/** That of everyday work: whoever cannot read a text does not take it for small talk. */
const UNREAD_COMPLEXITY = 0.4
/** Of any text, and of what strangeness adds. */
const DOMAIN_HEADS = 2 * DOMAINS
const HEADS = DOMAINS + wordHeads.length
const [WEAK, STRONG, LEVEL, SLOPE, COMPLEXITY, FAMILIARITY] = wordHeads.map(
  (_, place) => DOMAINS + place,
) as [number, number, number, number, number, number]
const REFERENCES = [WEAK, STRONG]
/** What a predictor takes up of a kernel, beside weights and words. */
export function predictorRoom(dimensions: number): number {
  const ofInputs = roomFor(4 * dimensions) + roomFor(4 * HAND_FEATURES) + KNOWN_ROOM
  return SCANNER_ROOM + ofInputs + roomFor(8 * DOMAIN_HEADS)
}

/** Rows that are known, one more than there can be: see `Vocabulary.rowsOf`. */
const MOST_KNOWN = 2 * MOST_WORDS + 1
const KNOWN_ROOM = roomFor(2 * MOST_KNOWN)

/** Reads texts one after the other. */
export class Predictor {
  readonly weights: Weights
  readonly #table: WordTable
  readonly #kernel: Kernel
  readonly #scanner: Scanner
  readonly #embedding: Float32Array
  readonly #hand: Float32Array
  /** What each aspect weighs in the complexity. */
  readonly #weights = new Float64Array(aspectNames.length)
  readonly #sums = new Int32Array(HEADS)
  readonly #known: Uint16Array
  readonly #products: Float64Array
  readonly #words = new Float64Array(HEADS)
  readonly #letters = new Float64Array(DOMAINS)
  readonly #domains = new Float64Array(DOMAINS)
  readonly #bands: Float64Array
  readonly #domainBiases: Float64Array
  readonly #wordScales: Float64Array
  readonly #letterScales: Float64Array
  /** The strength of each band, less their mean. */
  readonly #spread: Float64Array
  /** What every prediction shares. */
  readonly #said: Pick<Prediction, 'domains' | 'bands' | 'hand' | 'scan'>

  /** @param kernel where weights and table are, with room for `predictorRoom` */
  constructor(weights: Weights, table: WordTable, kernel: Kernel) {
    this.weights = weights
    this.#table = table
    this.#kernel = kernel
    this.#scanner = new Scanner(kernel)
    this.#embedding = kernel.place(Float32Array, table.dimensions)
    this.#hand = kernel.place(Float32Array, HAND_FEATURES)
    this.#known = kernel.place(Uint16Array, MOST_KNOWN)
    this.#products = kernel.place(Float64Array, DOMAIN_HEADS)
    const { bands, domainBiases, wordScales, letterScales } = weights.header
    this.#bands = new Float64Array(bands.length)
    this.#domainBiases = Float64Array.from(domainBiases)
    this.#wordScales = Float64Array.from(wordScales)
    this.#letterScales = Float64Array.from(letterScales)
    const mean = bands.reduce((sum, { strength }) => sum + strength, 0) / bands.length
    this.#spread = Float64Array.from(bands, ({ strength }) => strength - mean)
    this.#said = {
      domains: this.#domains,
      bands: this.#bands,
      hand: this.#hand,
      scan: this.#scanner,
    }
  }

  predict(text: string): Prediction {
    const scan = this.#scanner
    scan.scan(text)
    const rank = this.#table.rank(scan.hashes, scan.words)
    fillHandFeatures(this.#hand, scan, rank)
    this.#table.embed(this.#embedding, rank, scan.words)
    this.#sumWords()
    this.#sumLetters()
    const asked = shareOfQuestion(text, scan)
    const familiarity = familiarityOf(this.#denseHead(1, FAMILIARITY), asked)
    const domain = this.#sortIntoDomains(1 - familiarity)
    this.#predictAnswers()
    const read = unit(this.#denseHead(0, COMPLEXITY))
    const complexity = asked * Math.max(read, UNREAD_COMPLEXITY * this.#unreadShare())
    return new Prediction(this.#said, { domain, complexity, familiarity }, this.#predictReference)
  }

  /** 0 where most letters are Latin, 1 where most are of scripts that no training text has. */
  #unreadShare(): number {
    const { signs, foreign, characters } = this.#scanner
    return characters > 0 ? unit(4 * ((signs + foreign) / characters - 0.25)) : 0
  }

  /** What in the text that was read last weighs most in its complexity, beside prompts of everyday life. */
  explain({ hand }: Prediction): Aspect[] {
    const { dense, header } = this.weights
    const { usual } = header
    const from = this.#embedding.length
    const weights = this.#weights.fill(0)
    weights[WORDS_ASPECT] = (this.#words[COMPLEXITY] as number) - usual.words
    weights[MEANING_ASPECT] = this.#multiply(dense, 1, this.#embedding) - usual.meaning
    for (let feature = 0; feature < HAND_FEATURES; feature++) {
      const more = (hand[feature] as number) - (usual.hand[feature] as number)
      const aspect = aspectOf[feature] as number
      weights[aspect] = (weights[aspect] as number) + (dense[from + feature] as number) * more
    }
    return weightiest(weights)
  }

  #sumWords(): void {
    const { vocabulary, words, wordRarity, header } = this.weights
    const known = this.#known
    const { terms, termCount } = this.#scanner
    const count = vocabulary.rowsOf(terms, termCount, known)
    words.sum(known, count, this.#sums)
    const square = this.#squares(count, wordRarity)
    scale(this.#words, this.#sums, this.#wordScales, perLength(square, header.raritySteps[0]))
  }

  #sumLetters(): void {
    const { letters, letterRows, letterRarity, header } = this.weights
    const known = this.#known
    const { letterBuckets, letterBucketCount } = this.#scanner
    const { pick } = this.#kernel.run
    const from = letterBuckets.byteOffset
    const count = pick(from, letterBucketCount, letterRows.byteOffset, known.byteOffset)
    letters.sum(known, count, this.#sums)
    const square = this.#squares(count, letterRarity)
    scale(this.#letters, this.#sums, this.#letterScales, perLength(square, header.raritySteps[1]))
  }

  /** The squared length of the vector of rarities. */
  #squares(count: number, rarity: Uint8Array): number {
    return this.#kernel.run.squares(this.#known.byteOffset, count, rarity.byteOffset)
  }

  /**
   * @param strangeness how unlike an examination the text is, 0 to 1
   * @returns the most likely domain
   */
  #sortIntoDomains(strangeness: number): number {
    const scores = this.#domains
    const meant = this.#products
    this.#multiply(this.weights.domainEmbedding, DOMAIN_HEADS, this.#embedding)
    let best = 0
    for (let domain = 0; domain < DOMAINS; domain++) {
      const said = (this.#words[domain] as number) + (this.#letters[domain] as number)
      const usual = (this.#domainBiases[domain] as number) + (meant[domain] as number)
      const strange =
        (this.#domainBiases[DOMAINS + domain] as number) + (meant[DOMAINS + domain] as number)
      const score = said + usual + strangeness * strange
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
    const { header, bandTrees } = this.weights
    const { linear, trees } = header.mix
    const bands = this.#bands
    const said = bandTrees.ask(this.#hand)
    for (let band = 0; band < bands.length; band++) {
      const slope = (this.#spread[band] as number) * (this.#words[SLOPE] as number)
      const words = (this.#words[LEVEL] as number) + slope
      const bias = header.treeBiases[REFERENCES.length + band] as number
      bands[band] = bias + linear * words + trees * (said[band] as number)
    }
  }

  /** @param one the place of the model in `REFERENCES` */
  readonly #predictReference = (one: number): number => {
    const { header, referenceTrees } = this.weights
    const { linear, trees } = header.mix
    const said = referenceTrees.ask(this.#hand)
    const words = this.#words[REFERENCES[one] as number] as number
    const bias = header.treeBiases[one] as number
    return bias + linear * words + trees * (said[one] as number)
  }

  #denseHead(place: number, wordHead: number): number {
    const { dense, header } = this.weights
    const { length } = this.#embedding
    const at = place * (length + HAND_FEATURES)
    const bias = header.headBiases[place] as number
    const meant = this.#multiply(dense, 1, this.#embedding, at)
    const counted = this.#multiply(dense, 1, this.#hand, at + length)
    return bias + (this.#words[wordHead] as number) + meant + counted
  }

  /**
   * Fills the products with those of `values` and each row of weights.
   * @param from the first of the weights
   * @returns the first product
   */
  #multiply(weights: Float32Array, rows: number, values: Float32Array, from = 0): number {
    const products = this.#products
    const at = weights.byteOffset + 4 * from
    const { byteOffset, length } = values
    this.#kernel.run.products(at, rows, byteOffset, length, products.byteOffset)
    return products[0] as number
  }
}

function scale(into: Float64Array, sums: Int32Array, scales: Float64Array, factor: number): void {
  for (let head = 0; head < scales.length; head++) {
    into[head] = (sums[head] as number) * (scales[head] as number) * factor
  }
}

/** Texts of all lengths weigh the same. */
function perLength(square: number, step: number): number {
  return square > 0 ? 1 / (step * Math.sqrt(square)) : 0
}
