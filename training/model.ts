import { domains } from '@longhaul/contracts'
import { HAND_FEATURES } from '../packages/routing/features/hand-features.ts'
import { LETTER_BUCKETS } from '../packages/routing/features/scan.ts'
import type { WeightsHeader } from '../packages/routing/predictor/weights.ts'
import type { WordTable } from '../packages/routing/predictor/word-table.ts'
import { disturbed } from './augment.ts'
import { boost } from './boosting.ts'
import { encodeModel, type Fitted } from './encoding.ts'
import {
  type EverydayPrompt,
  glossaryTexts,
  templatePrompts,
  typedPrompts,
  writtenPrompts,
} from './everyday/prompts.ts'
import { type Terms, TextReader } from './examples.ts'
import { seededRandom } from './metrics.ts'
import { type Row, stemOf } from './rows.ts'
import { type Linear, ridge } from './sparse.ts'
import { svmByClass } from './svm.ts'
import {
  bandModels,
  bandsOf,
  complexityOf,
  hasAllBands,
  isReference,
  REFERENCE,
  shareRight,
} from './targets.ts'
import { usualOf } from './usual.ts'

/** Chosen by leaving out subjects, and by the figures on the dev rows and the test prompts; see docs/routing-model.md. */
const REFERENCE_PENALTY = 40
const BAND_PENALTY = 20
const COMPLEXITY_PENALTY = 6
const DOMAIN_COST = 0.3
/** Thirty of them change no figure beyond noise, and take longer. */
const DOMAIN_PASSES = 10
/** How much a question with its answers counts for its domain beside the question alone. */
const WHOLE_WEIGHT = 0.6
/** The same of a prompt of everyday life: the more these count, the less examinations are known apart. */
const EVERYDAY_DOMAIN_WEIGHT = 0.5
/** The same of words of a glossary: they stand for the subjects that no row is from. */
const GLOSSARY_WEIGHT = 2
/** The embedding beside words and runs of characters, whose length is 1: the longer, the more it serves unknown subjects and the less known ones. */
const MEANING_LENGTH = 0.4
/** What holds of strange texts alone beside what holds of all: examinations keep theirs, and short prompts get their own. */
const STRANGE_LENGTH = 1.3
/** Turns margins of domains into the exponents of probabilities. */
const SHARPNESS = 3
const referenceBoosting = { trees: 100, depth: 5, rate: 0.08, shrinkage: 100, bins: 24 }
const bandBoosting = { trees: 100, depth: 5, rate: 0.08, shrinkage: 60, bins: 24 }
const mix = { linear: 1, trees: 0.6 }
/** How often a prompt of everyday life counts for complexity beside one of an examination. */
const EVERYDAY_WEIGHT = 3

/** Everything but the percentiles of gains, which need rows that were left out. */
export interface TrainedModel {
  encode(version: string, gainPercentiles: number[]): Uint8Array
  /** The same model, but for its reference heads, which are fitted to these rows. */
  withReference(rows: readonly Row[]): TrainedModel
}

/** Always the same for the same rows and table. */
export function trainModel(rows: readonly Row[], table: WordTable): TrainedModel {
  const reader = new TextReader(table)
  const templates = templatePrompts()
  const written = writtenPrompts()
  const everyday = [...templates, ...typedPrompts(), ...written]
  // Of short prompts no word is counted: theirs would take the place of words that tell who answers well.
  const terms = reader.termsOf([
    ...rows.map(({ prompt }) => prompt),
    ...templates.map(({ text }) => text),
    ...written.map(({ text }) => text),
  ])
  const reference = fitReference(rows, reader, terms)
  const bands = fitBands(rows, reader, terms)
  const { dense, usual } = fitDense(rows, everyday, reader, terms)
  const domain = fitDomains({ rows, everyday, familiar: dense[1] }, reader, terms)
  const strengths = bandsOf(rows)
  const { dimensions } = table
  const parts = { terms, domain, bands, mix, strengths, dimensions, usual }
  const modelOf = (own: Fitted): TrainedModel => {
    const linear = [...own.heads, ...bands.heads, ...dense]
    return {
      encode: (version, gainPercentiles) =>
        encodeModel({ ...parts, version, gainPercentiles, linear, reference: own }),
      withReference: others => modelOf(fitReference(others, reader, terms)),
    }
  }
  return modelOf(reference)
}

/** Each row, and behind the rows a disturbed copy of each. */
function withCopies(rows: readonly Row[], seed: number): { texts: string[]; rows: Row[] } {
  const random = seededRandom(seed)
  const copies = rows.map(row => disturbed(row.prompt, random))
  return { texts: [...rows.map(row => row.prompt), ...copies], rows: [...rows, ...rows] }
}

function fitReference(all: readonly Row[], reader: TextReader, terms: Terms): Fitted {
  const { texts, rows } = withCopies(all.filter(isReference), 1)
  const right = (name: string) => Float64Array.from(rows, row => row.models[name] ?? 0)
  const targets = [right(REFERENCE.weak), right(REFERENCE.strong)]
  const linear = fitHeads(texts, targets, REFERENCE_PENALTY, reader, terms)
  const biases = linear.map(({ bias }) => bias)
  const columns = interleaved(targets, biases)
  const hand = reader.hand(texts)
  const trees = boost(hand, HAND_FEATURES, columns, targets.length, referenceBoosting)
  return { heads: linear, biases, trees }
}

function fitBands(all: readonly Row[], reader: TextReader, terms: Terms): Fitted {
  const { texts, rows } = withCopies(all.filter(hasAllBands), 2)
  const targets = bandModels.map(names =>
    Float64Array.from(rows, row => shareRight(row, names) ?? 0),
  )
  const strengths = bandsOf(all).map(({ strength }) => strength)
  const { level, slope } = levelAndSlope(targets, strengths)
  const heads = fitHeads(texts, [level, slope], BAND_PENALTY, reader, terms)
  const biases = targets.map(target => target.reduce((sum, one) => sum + one, 0) / target.length)
  const columns = interleaved(targets, biases)
  const trees = boost(reader.hand(texts), HAND_FEATURES, columns, targets.length, bandBoosting)
  return { heads, biases, trees }
}

/** Of each row: the mean of its bands, and how they rise with strength. */
function levelAndSlope(
  targets: readonly Float64Array[],
  strengths: readonly number[],
): { level: Float64Array; slope: Float64Array } {
  const rows = targets[0]?.length ?? 0
  const mean = strengths.reduce((sum, one) => sum + one, 0) / strengths.length
  const square = strengths.reduce((sum, one) => sum + (one - mean) ** 2, 0)
  const level = new Float64Array(rows)
  const slope = new Float64Array(rows)
  for (const [band, target] of targets.entries()) {
    const weight = ((strengths[band] as number) - mean) / square
    for (let row = 0; row < rows; row++) {
      level[row] = (level[row] as number) + (target[row] as number) / targets.length
      slope[row] = (slope[row] as number) + weight * (target[row] as number)
    }
  }
  return { level, slope }
}

function fitHeads(
  texts: readonly string[],
  targets: readonly Float64Array[],
  penalty: number,
  reader: TextReader,
  terms: Terms,
): Linear[] {
  const words = reader.words(texts, terms)
  const alike = new Float64Array(texts.length).fill(1)
  return targets.map(target => ridge(words, target, alike, penalty, 25))
}

function interleaved(targets: readonly Float64Array[], biases: readonly number[]): Float64Array {
  const heads = targets.length
  const columns = new Float64Array(heads * (targets[0]?.length ?? 0))
  for (const [head, target] of targets.entries()) {
    for (let row = 0; row < target.length; row++) {
      columns[row * heads + head] = (target[row] as number) - (biases[head] as number)
    }
  }
  return columns
}

interface DomainData {
  rows: readonly Row[]
  everyday: readonly EverydayPrompt[]
  familiar: Linear
}

/** Of questions alone, of the same with their answers, of everyday life, and of glossaries. */
function fitDomains(
  { rows, everyday, familiar }: DomainData,
  reader: TextReader,
  terms: Terms,
): Float64Array {
  const texts: string[] = []
  const classes: number[] = []
  const counts: number[] = []
  const placeOf = new Map<string, number>(domains.map((domain, place) => [domain, place]))
  const add = (text: string, domain: string | undefined, count: number) => {
    const place = placeOf.get(domain ?? '')
    if (place === undefined) return
    texts.push(text)
    classes.push(place)
    counts.push(count)
  }
  for (const { prompt, domain } of rows) {
    add(stemOf(prompt), domain, 1)
    add(prompt, domain, WHOLE_WEIGHT)
  }
  for (const { text, domain } of everyday) add(text, domain, EVERYDAY_DOMAIN_WEIGHT)
  // Words of a subject are for all texts, examinations of unseen subjects before all.
  const glossaryAt = texts.length
  for (const { text, domain } of glossaryTexts()) add(text, domain, GLOSSARY_WEIGHT)
  const weights = svmByClass(
    {
      x: reader.wordsLettersEmbedding(texts, terms, {
        embeddingLength: MEANING_LENGTH,
        strangeness: reader
          .strangeness(texts, terms, familiar)
          .map((share, row) => (row < glossaryAt ? share * STRANGE_LENGTH : 0)),
      }),
      classOf: Int16Array.from(classes),
      weights: Float64Array.from(counts),
    },
    { classes: domains.length, cost: DOMAIN_COST, passes: DOMAIN_PASSES },
  )
  const meaningAt = (terms.hashes.length + LETTER_BUCKETS) * domains.length
  const biasesAt = weights.length - domains.length
  const strangenessAt = biasesAt - domains.length
  const strangeMeaningAt = (meaningAt + strangenessAt) / 2
  return weights.map((weight, at) => {
    const meaning = at >= meaningAt && at < strangenessAt ? MEANING_LENGTH : 1
    const strange = at >= strangeMeaningAt && at < biasesAt ? STRANGE_LENGTH : 1
    return weight * meaning * strange * SHARPNESS
  })
}

/** Complexity, and how familiar a text is: 1 for examinations, 0 for everyday life. */
function fitDense(
  rows: readonly Row[],
  everyday: readonly EverydayPrompt[],
  reader: TextReader,
  terms: Terms,
): { dense: [complex: Linear, familiar: Linear]; usual: WeightsHeader['usual'] } {
  const texts = rows.map(row => row.prompt)
  const complexity = rows.map(complexityOf)
  const x = reader.wordsEmbeddingHand([...texts, ...everyday.map(({ text }) => text)], terms)
  const hard = Float64Array.from([
    ...complexity.map(one => one ?? 0),
    ...everyday.map(one => one.level),
  ])
  const weightsOf = (ofEveryday: number) =>
    Float64Array.from(hard, (_, row) => {
      if (row >= rows.length) return ofEveryday
      return complexity[row] === undefined ? 0 : 1
    })
  const familiar = Float64Array.from(hard, (_, row) => (row < rows.length ? 1 : 0))
  const complex = ridge(x, hard, weightsOf(EVERYDAY_WEIGHT), COMPLEXITY_PENALTY, 40)
  const known = ridge(x, familiar, weightsOf(1), COMPLEXITY_PENALTY, 40)
  const parts = { embeddingAt: terms.hashes.length, handAt: x.columns - HAND_FEATURES }
  return { dense: [complex, known], usual: usualOf(x, rows.length, complex, parts) }
}
