import { readFileSync } from 'node:fs'
import { domains } from '@longhaul/contracts'
import { LETTER_BUCKETS } from '../features/scan.ts'
import { Kernel } from '../kernel/kernel.ts'
import { Predictor, predictorRoom } from './predictor.ts'
import { decodeWeights, headerOf, weightsRoom } from './weights.ts'
import { WordTable, wordTableRoom } from './word-table.ts'

const BANDS = 4
const sizes = {
  letterBuckets: LETTER_BUCKETS,
  domains: domains.length,
  bands: BANDS,
}

/** @throws {RangeError} unless these are files of this format */
export function predictorOf(weights: Uint8Array, words: Uint8Array): Predictor {
  const { embedding } = headerOf(weights).header
  const ofTables = wordTableRoom(words) + weightsRoom(weights, sizes)
  const kernel = new Kernel(ofTables + predictorRoom(embedding))
  const table = new WordTable(words, kernel)
  return new Predictor(decodeWeights(weights, sizes, kernel), table, kernel)
}

let shared: Predictor | undefined

/** The predictor of this process. The first call reads the weights that ship with this package. */
export function loadPredictor(): Predictor {
  shared ??= predictorOf(shipped('weights.bin'), shipped('words.bin'))
  return shared
}

function shipped(name: string): Uint8Array {
  return readFileSync(new URL(name, import.meta.url))
}
