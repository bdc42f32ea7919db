import { domains } from '@longhaul/contracts'
import { HAND_FEATURES } from '../packages/routing/features/hand-features.ts'
import { LETTER_BUCKETS } from '../packages/routing/features/scan.ts'
import type { TreeBlock } from '../packages/routing/predictor/trees.ts'
import {
  type Band,
  encodeWeights,
  type WeightsHeader,
  wordHeads,
} from '../packages/routing/predictor/weights.ts'
import type { Terms } from './examples.ts'
import type { Linear } from './sparse.ts'

/** Linear models over words beside trees over hand-made features. */
export interface Fitted {
  heads: Linear[]
  biases: number[]
  trees: TreeBlock
}

/** All that was fitted. */
export interface Parts {
  version: string
  gainPercentiles: number[]
  terms: Terms
  domain: Float64Array
  linear: Linear[]
  usual: WeightsHeader['usual']
  reference: Fitted
  bands: Fitted
  strengths: Band[]
  dimensions: number
  /** Of linear models and trees in a prediction. */
  mix: WeightsHeader['mix']
}

/** As the file that ships: weights in 8 bits, the rest beside them. */
export function encodeModel(parts: Parts): Uint8Array {
  const { terms, domain, linear, dimensions, reference, bands } = parts
  const classes = domains.length
  const lettersAt = terms.hashes.length
  const words = quantised(lettersAt, classes + wordHeads.length, (term, head) => {
    const weight =
      head < classes ? domain[term * classes + head] : linear[head - classes]?.weights[term]
    return (weight ?? 0) * (terms.words[term] as number)
  })
  const letters = quantised(LETTER_BUCKETS, classes, (bucket, head) => {
    const weight = domain[(lettersAt + bucket) * classes + head] as number
    return weight * (terms.letters[bucket] as number)
  })
  const wordRarity = quantisedRarity(terms.words)
  const letterRarity = quantisedRarity(terms.letters)
  const embeddingAt = (lettersAt + LETTER_BUCKETS) * classes
  const domainEmbedding: number[] = []
  const strangenessAt = embeddingAt + 2 * dimensions * classes
  for (const from of [embeddingAt, embeddingAt + dimensions * classes]) {
    for (let head = 0; head < classes; head++) {
      for (let axis = 0; axis < dimensions; axis++) {
        domainEmbedding.push(short(domain[from + axis * classes + head] as number))
      }
    }
  }
  const strange = domain.subarray(strangenessAt, strangenessAt + classes)
  const dense = linear.slice(4)
  const header: WeightsHeader = {
    version: parts.version,
    terms: terms.hashes.length,
    embedding: dimensions,
    hand: HAND_FEATURES,
    wordScales: words.scales,
    letterScales: letters.scales,
    raritySteps: [wordRarity.step, letterRarity.step],
    domainBiases: Array.from([...domain.slice(-classes), ...strange], short),
    headBiases: dense.map(({ bias }) => short(bias)),
    domainEmbedding,
    dense: dense.flatMap(({ weights }) => Array.from(weights.slice(lettersAt), short)),
    usual: {
      words: short(parts.usual.words),
      meaning: short(parts.usual.meaning),
      hand: parts.usual.hand.map(short),
    },
    bands: parts.strengths,
    treeBiases: [...reference.biases, ...bands.biases].map(short),
    mix: parts.mix,
    referenceTrees: [reference.trees.trees, reference.trees.depth],
    bandTrees: [bands.trees.trees, bands.trees.depth],
    gainPercentiles: parts.gainPercentiles.map(short),
  }
  const trees = [reference.trees, bands.trees].flatMap(({ features, thresholds, values }) => [
    features,
    thresholds,
    values,
  ])
  return encodeWeights(header, [
    terms.hashes,
    words.weights,
    letters.weights,
    wordRarity.steps,
    letterRarity.steps,
    ...trees,
  ])
}

function short(value: number): number {
  return Number(value.toPrecision(6))
}

/** As int8, with a scale for each head that the largest but one in ten thousand weights stay within. */
function quantised(
  buckets: number,
  heads: number,
  weightOf: (bucket: number, head: number) => number,
): { weights: Int8Array; scales: number[] } {
  const weights = new Int8Array(buckets * heads)
  const scales: number[] = []
  const column = new Float64Array(buckets)
  for (let head = 0; head < heads; head++) {
    for (let bucket = 0; bucket < buckets; bucket++) column[bucket] = weightOf(bucket, head)
    const sizes = column.map(Math.abs).sort()
    const most = sizes[Math.floor(buckets * 0.9999)] as number
    const scale = short(most > 0 ? most / 127 : 1)
    scales.push(scale)
    for (let bucket = 0; bucket < buckets; bucket++) {
      const steps = Math.round((column[bucket] as number) / scale)
      weights[bucket * heads + head] = Math.min(127, Math.max(-127, steps))
    }
  }
  return { weights, scales }
}

function quantisedRarity(rarity: Float32Array): { steps: Uint8Array; step: number } {
  const step = short(rarity.reduce((most, one) => Math.max(most, one), 0) / 255)
  return { steps: Uint8Array.from(rarity, one => Math.round(one / step)), step }
}
