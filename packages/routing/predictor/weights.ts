import { type Kernel, roomFor } from '../kernel/kernel.ts'
import { PackedRows, packedRoom } from './packed-rows.ts'
import { Trees, treesRoom } from './trees.ts'
import { VOCABULARY_ROOM, Vocabulary } from './vocabulary.ts'

/** The heads of the linear model over words, after those of the domains. */
export const wordHeads = [
  // How much more than on average the two models of RouteLLM's data get right.
  'reference-weak',
  'reference-strong',
  // The same of models of MMLU-Pro: of their mean, and how much it rises with strength.
  'level',
  'slope',
  'complexity',
  'familiarity',
] as const

/** Models of like strength whose answers to MMLU-Pro were averaged. */
export interface Band {
  /** Share of MMLU-Pro's questions that its models answer correctly. */
  strength: number
  /** The same by domain, in the order of `domains`. */
  byDomain: number[]
}

/** What is stored beside the numbers. */
export interface WeightsHeader {
  version: string
  terms: number
  embedding: number
  hand: number
  /** Of each head of words, then of each head of letters: what 1 of its int8 is worth. */
  wordScales: number[]
  letterScales: number[]
  /** What 1 of the stored rarity of buckets is worth. */
  raritySteps: [words: number, letters: number]
  /** Of each domain; then of each what is added so far as the text is unlike an examination. */
  domainBiases: number[]
  headBiases: number[]
  /** Domain by domain, over the embedding; then the same of what is added. */
  domainEmbedding: number[]
  /** Complexity, then familiarity, over embedding and hand-made features. */
  dense: number[]
  /** Of prompts of everyday life on average: what words and embedding add to the complexity, and the hand-made features. */
  usual: { words: number; meaning: number; hand: number[] }
  bands: Band[]
  /** What the trees start from: weak and strong reference, then the bands. */
  treeBiases: number[]
  /** Of the share of linear model and of trees in the reference heads and in the bands. */
  mix: { linear: number; trees: number }
  referenceTrees: [trees: number, depth: number]
  bandTrees: [trees: number, depth: number]
  /** Percentiles 0 to 100 of the gain of the strong reference over the weak one, on prompts not trained on. */
  gainPercentiles: number[]
}

export interface Weights {
  header: WeightsHeader
  vocabulary: Vocabulary
  /** 1 + the row of each bucket of letters; 0: not seen in training. */
  letterRows: Uint16Array
  /** The most frequent first, so that rows in use lie side by side; the rarity is multiplied in. */
  words: PackedRows
  letters: PackedRows
  /** Rarity of each row in steps. */
  wordRarity: Uint8Array
  letterRarity: Uint8Array
  /** As in the header. */
  domainEmbedding: Float32Array
  dense: Float32Array
  referenceTrees: Trees
  bandTrees: Trees
}

/** Models of the reference data. */
const REFERENCES = 2
const MAGIC = 0x4c485232

/** The parts of the file, in order: header as JSON, hashes of terms, words, letters, rarities, trees. */
export function encodeWeights(
  header: WeightsHeader,
  parts: readonly (Int8Array | Uint8Array | Int32Array | Float32Array)[],
): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header))
  const bytes = parts.map(part => new Uint8Array(part.buffer, part.byteOffset, part.byteLength))
  const file = new Uint8Array(8 + json.length + bytes.reduce((sum, part) => sum + part.length, 0))
  const view = new DataView(file.buffer)
  view.setUint32(0, MAGIC)
  view.setUint32(4, json.length, true)
  file.set(json, 8)
  let at = 8 + json.length
  for (const part of bytes) {
    file.set(part, at)
    at += part.length
  }
  return file
}

interface Sizes {
  letterBuckets: number
  domains: number
  bands: number
}

/**
 * What the weights in `file` take up of a kernel.
 * @throws {RangeError} unless `file` holds weights of this format
 */
export function weightsRoom(file: Uint8Array, { letterBuckets, domains, bands }: Sizes): number {
  const { terms, dense, domainEmbedding, referenceTrees, bandTrees } = headerOf(file).header
  const ofWords = packedRoom(terms, domains + wordHeads.length) + roomFor(terms)
  const ofLetters = packedRoom(letterBuckets, domains) + roomFor(letterBuckets)
  const ofHeads = roomFor(4 * dense.length) + roomFor(4 * domainEmbedding.length)
  const ofTrees =
    treesRoom(shapeOf(referenceTrees, REFERENCES)) + treesRoom(shapeOf(bandTrees, bands))
  return VOCABULARY_ROOM + ofWords + ofLetters + roomFor(2 * letterBuckets) + ofHeads + ofTrees
}

/** @throws {RangeError} unless `file` holds weights of this format */
export function headerOf(file: Uint8Array): { header: WeightsHeader; end: number } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (view.getUint32(0) !== MAGIC) throw new RangeError('not weights of the routing model')
  const end = 8 + view.getUint32(4, true)
  const json = new TextDecoder().decode(file.subarray(8, end))
  return { header: JSON.parse(json) as WeightsHeader, end }
}

/** @throws {RangeError} unless `file` holds weights of this format, whole */
export function decodeWeights(file: Uint8Array, sizes: Sizes, kernel: Kernel): Weights {
  const { header, end } = headerOf(file)
  let at = end
  const take = (bytes: number) => {
    if (at + bytes > file.length) throw new RangeError('weights that end too early')
    at += bytes
    // A copy of its own, since a Buffer's slices are not aligned.
    return Uint8Array.from(file.subarray(at - bytes, at))
  }
  const heads = sizes.domains + wordHeads.length
  const vocabulary = new Vocabulary(new Int32Array(take(4 * header.terms).buffer), kernel)
  const words = new PackedRows(new Int8Array(take(header.terms * heads).buffer), heads, kernel)
  const letterWeights = new Int8Array(take(sizes.letterBuckets * sizes.domains).buffer)
  const wordRarity = kernel.place(Uint8Array, header.terms)
  wordRarity.set(take(header.terms))
  return {
    header,
    vocabulary,
    words,
    wordRarity,
    ...lettersByRarity(letterWeights, take(sizes.letterBuckets), sizes.domains, kernel),
    domainEmbedding: floatsIn(kernel, header.domainEmbedding),
    dense: floatsIn(kernel, header.dense),
    referenceTrees: takeTrees(take, shapeOf(header.referenceTrees, REFERENCES), kernel),
    bandTrees: takeTrees(take, shapeOf(header.bandTrees, sizes.bands), kernel),
  }
}

function lettersByRarity(
  weights: Int8Array,
  rarity: Uint8Array,
  domains: number,
  kernel: Kernel,
): Pick<Weights, 'letters' | 'letterRows' | 'letterRarity'> {
  const rarityOf = (bucket: number) => rarity[bucket] as number
  const buckets = [...rarity.keys()].filter(bucket => rarityOf(bucket) > 0)
  buckets.sort((a, b) => rarityOf(a) - rarityOf(b))
  const letterRows = kernel.place(Uint16Array, rarity.length)
  const letterRarity = kernel.place(Uint8Array, buckets.length)
  const sorted = new Int8Array(buckets.length * domains)
  for (const [row, bucket] of buckets.entries()) {
    letterRows[bucket] = row + 1
    letterRarity[row] = rarityOf(bucket)
    sorted.set(weights.subarray(bucket * domains, (bucket + 1) * domains), row * domains)
  }
  return { letterRows, letters: new PackedRows(sorted, domains, kernel), letterRarity }
}

function floatsIn(kernel: Kernel, numbers: readonly number[]): Float32Array {
  const floats = kernel.place(Float32Array, numbers.length)
  floats.set(numbers)
  return floats
}

type Shape = Parameters<typeof treesRoom>[0]

function shapeOf([trees, depth]: [trees: number, depth: number], heads: number): Shape {
  return { trees, depth, heads }
}

function takeTrees(take: (bytes: number) => Uint8Array, shape: Shape, kernel: Kernel): Trees {
  const { trees, depth, heads } = shape
  const features = take(trees * depth)
  const thresholds = new Float32Array(take(4 * trees * depth).buffer)
  const values = new Float32Array(take(4 * (trees << depth) * heads).buffer)
  return new Trees({ ...shape, features, thresholds, values }, kernel)
}
