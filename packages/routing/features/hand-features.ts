import type { Scanner } from './scan.ts'
import { wordGroups } from './word-groups.ts'

/**
 * What people would count in a text to guess how hard it is. All figures are of
 * the canonical text and stay within a few units, so that trees and linear
 * models can share them.
 */
const counted = [
  'characters',
  'words',
  'word-length',
  'long-words',
  'digit-share',
  'numbers',
  'long-numbers',
  'decimals',
  'mixed',
  'foreign',
  'distinct',
  'options',
  'option-length',
  'stem-words',
  'stem-asks',
  'stem-blank',
  'option-numbers',
  'rarity',
  'rare-share',
  'unknown-share',
] as const

/** Marks that stand for something together. */
const markGroups: readonly (readonly [name: string, marks: string])[] = [
  ['question-marks', '?'],
  ['operators', '=+*/^<>~'],
  ['hyphens', '-'],
  ['backslashes', '\\'],
  ['dollars', '$'],
  ['percents', '%'],
  ['round-brackets', '('],
  ['other-brackets', '[{'],
  ['semicolons', ';'],
  ['colons', ':'],
  ['commas', ','],
  ['stops', '.'],
  ['bars', '|'],
  ['underscores', '_'],
  ['quotes', '"`'],
  ['apostrophes', "'"],
  ['exclamations', '!'],
]

export const handFeatureNames: readonly string[] = [
  ...counted,
  ...markGroups.map(([name]) => name),
  ...wordGroups,
]
export const HAND_FEATURES = handFeatureNames.length
const MARKS_AT = counted.length
const GROUPS_AT = MARKS_AT + markGroups.length

/** Of each mark that counts: its code, and the feature that it counts for. */
const markCodes = Uint8Array.from(
  markGroups.flatMap(([, marks]) => [...marks].map(mark => mark.charCodeAt(0))),
)
const markFeatures = Uint8Array.from(
  markGroups.flatMap(([, marks], place) => [...marks].map(() => MARKS_AT + place)),
)

/** Logarithms of counts, which are small but for hostile texts. */
const LOGS = Float64Array.from({ length: 1_024 }, (_, count) => Math.log1p(count))

function logOf(count: number): number {
  return count < LOGS.length ? (LOGS[count] as number) : Math.log1p(count)
}

/** Where the words of a scan stand in the order of frequency. */
export interface WordPlaces {
  /** Of each word of the scan; -1 for words that are not known. */
  places: Int32Array
  /** How many words are known. */
  known: number
}

/** Beyond this share of the known words they are rare. */
const RARE = 0.4

/** Fills `into` from the scan. */
export function fillHandFeatures(into: Float32Array, scan: Scanner, rank: WordPlaces): void {
  const perWord = 1 / Math.max(1, scan.words)
  fillCounts(into, scan, perWord)
  fillWords(into, scan, rank, perWord)
  for (let feature = MARKS_AT; feature < GROUPS_AT; feature++) into[feature] = 0
  for (let index = 0; index < markCodes.length; index++) {
    const feature = markFeatures[index] as number
    const count = scan.marks[markCodes[index] as number] as number
    into[feature] = (into[feature] as number) + count
  }
  for (let feature = MARKS_AT; feature < GROUPS_AT; feature++) {
    into[feature] = logOf(into[feature] as number)
  }
}

function fillCounts(into: Float32Array, scan: Scanner, perWord: number): void {
  into[0] = logOf(scan.characters)
  into[1] = logOf(scan.words)
  into[2] = scan.characters * perWord * 0.2
  into[4] = scan.digits / Math.max(1, scan.characters)
  into[5] = logOf(scan.numbers)
  into[6] = logOf(scan.longNumbers)
  into[7] = logOf(scan.decimals)
  into[8] = logOf(scan.mixed)
  into[9] = (scan.foreign + scan.signs) / Math.max(1, scan.characters)
  into[10] = scan.termCount * perWord * 0.5
  into[11] = scan.options / 10
  const optionWords = scan.options > 0 ? (scan.words - scan.stemWords) / scan.options : 0
  into[12] = Math.log1p(optionWords)
  into[13] = logOf(scan.stemWords)
  into[14] = scan.stemEnd === 0x3f ? 1 : 0
  into[15] = scan.stemEnd === 0x5f ? 1 : 0
}

function fillWords(
  into: Float32Array,
  scan: Scanner,
  { places, known }: WordPlaces,
  perWord: number,
): void {
  scan.countWords(places, known, RARE)
  into[3] = scan.longWords * perWord
  into[16] = scan.options > 0 ? scan.optionNumbers / Math.max(1, scan.words - scan.stemWords) : 0
  into[17] = scan.rarity / Math.max(1, scan.knownWords)
  into[18] = scan.rareWords * perWord
  into[19] = scan.unknownWords * perWord
  for (let group = 0; group < wordGroups.length; group++) {
    into[GROUPS_AT + group] = logOf(scan.groups[group] as number)
  }
}
