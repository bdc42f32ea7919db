import { readFileSync } from 'node:fs'
import { domains } from '@longhaul/contracts'
import { LETTER_BUCKETS } from '../features/scan.ts'
import { Predictor } from './predictor.ts'
import { decodeWeights } from './weights.ts'
import { WordTable } from './word-table.ts'

export const BANDS = 4
const sizes = {
  letterBuckets: LETTER_BUCKETS,
  domains: domains.length,
  bands: BANDS,
}

export function predictorOf(weights: Uint8Array, words: Uint8Array): Predictor {
  return new Predictor(decodeWeights(weights, sizes), new WordTable(words))
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
