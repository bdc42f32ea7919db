import { type Area, Kernel, roomFor } from '../kernel/kernel.ts'
import { wordGroupBits, wordGroups } from './word-groups.ts'
import { hashWord } from './word-hash.ts'

/**
 * One pass over a text. The scan sees the text in canonical form: case folded,
 * any run of white space one gap, line ends like blanks. So case and white
 * space change nothing of what is learnt from a prompt or decided by it.
 *
 * Hashes fill typed arrays that live as long as the scanner, since this runs
 * for every job: a scan is valid until the next one of the same scanner.
 */

/** The hash space of runs of three to five characters, most of which are letters. */
const LETTER_BUCKET_BITS = 15
export const LETTER_BUCKETS = 1 << LETTER_BUCKET_BITS

/** What is looked at of a long text: its beginning, and its end, where the question often stands. */
export const SCANNED_HEAD = 6_144
export const SCANNED_TAIL = 2_048
/** Runs of characters say what a short text is about; a long one has words enough. */
export const MOST_LETTER_BUCKETS = 480
/** Words that a scan can have. */
export const MOST_WORDS = SCANNED_HEAD + SCANNED_TAIL + 1

const GAP = 0
const LETTER = 1
const DIGIT = 2
const MARK = 3
/** Scripts that write no gaps: each character is a word. */
const SIGN = 4

const KINDS = new Uint8Array(0x1_0000).fill(LETTER)
KINDS.fill(GAP, 0, 0x21)
KINDS.fill(MARK, 0x21, 0x30)
KINDS.fill(DIGIT, 0x30, 0x3a)
KINDS.fill(MARK, 0x3a, 0x41)
KINDS.fill(MARK, 0x5b, 0x61)
KINDS.fill(MARK, 0x7b, 0x80)
KINDS.fill(GAP, 0x80, 0xa1)
KINDS.fill(MARK, 0xa1, 0xc0)
KINDS.fill(MARK, 0x2010, 0x2c00)
KINDS.fill(GAP, 0x2000, 0x2010)
KINDS.fill(GAP, 0x2028, 0x2030)
KINDS.fill(SIGN, 0x3040, 0xa000)
KINDS.fill(MARK, 0x3001, 0x3040)
KINDS.fill(GAP, 0x3000, 0x3001)
KINDS.fill(SIGN, 0xac00, 0xd7b0)
KINDS.fill(MARK, 0xd800, 0xf900)
KINDS[0xfeff] = GAP

const WORDS = hashWord('words')

/** What the kernel counts, in the order in which it tells it. */
const figures = [
  ...(['words', 'termCount', 'letterBucketCount', 'characters', 'digits', 'numbers'] as const),
  ...(['decimals', 'longNumbers', 'mixed', 'foreign', 'signs', 'options'] as const),
  ...(['stemWords', 'stemCharacters', 'stemEnd', 'wordLimit'] as const),
]
const AT = Object.fromEntries(figures.map((name, place) => [name, place])) as Record<
  (typeof figures)[number],
  number
>

/** What the kernel counts of words, before those of each group. */
const COUNTED = 5

/** What a scanner takes up of a kernel. */
export const SCANNER_ROOM = roomFor(4 * wordGroupBits.slots.length)

export class Scanner {
  /** Of each word in order; numbers by how many digits they have. */
  readonly hashes: Int32Array
  readonly lengths: Uint16Array
  /** Marks of ASCII by their code, and at 127 all others. */
  readonly marks: Uint16Array
  /** Distinct terms, which are words and pairs of neighbours, by their hash. */
  readonly terms: Int32Array
  /** Distinct buckets of runs of three to five characters between gaps, a gap on either side included. */
  readonly letterBuckets: Uint16Array
  words = 0
  termCount = 0
  letterBucketCount = 0
  /** Characters without gaps. */
  characters = 0
  digits = 0
  /** Runs of digits, those with a mark and more digits behind them, and those of four digits or more. */
  numbers = 0
  decimals = 0
  longNumbers = 0
  /** Words with both letters and digits. */
  mixed = 0
  /** Letters beyond ASCII. */
  foreign = 0
  signs = 0
  /** Answers to choose from, named `A.` `B.` …; 0 unless there are at least three. */
  options = 0
  /** The word at which they begin; all words without any. */
  stemWords = 0
  stemCharacters = 0
  /** The last mark or letter of the stem. */
  stemEnd = 0
  /** The number before `words`, as in `at most 120 words`; 0 without one. */
  wordLimit = 0
  /** The length of the whole text in UTF-16 units, also of what was not looked at. */
  length = 0

  /** Counted by `countWords`: long words; those that are known, and how many of them are rare. */
  longWords = 0
  knownWords = 0
  rareWords = 0
  /** Unknown words that are no abbreviations, and short ones behind the stem. */
  unknownWords = 0
  optionNumbers = 0
  /** Sum of the places of known words in the order of frequency, each from 0 to 1. */
  rarity = 0
  /** Words of each of `wordGroups`. */
  readonly groups: Int32Array

  readonly #kernel: Kernel
  /** The canonical text: arrays are read several times as fast as strings. Some letters become two in lower case. */
  readonly #units: Buffer
  readonly #figures: Int32Array
  readonly #counts: Int32Array
  readonly #groupSlots: Int32Array

  constructor(kernel = new Kernel(SCANNER_ROOM)) {
    this.#kernel = kernel
    const at = (area: Area) => kernel.addressOf(area)
    kernel.view(Uint8Array, at('KINDS'), KINDS.length).set(KINDS)
    const units = kernel.view(Uint8Array, at('UNITS'), 4 * MOST_WORDS)
    this.#units = Buffer.from(units.buffer, units.byteOffset, units.length)
    this.hashes = kernel.view(Int32Array, at('HASHES'), MOST_WORDS)
    this.lengths = kernel.view(Uint16Array, at('LENGTHS'), MOST_WORDS)
    this.marks = kernel.view(Uint16Array, at('MARKS'), 128)
    this.terms = kernel.view(Int32Array, at('TERMS'), 2 * MOST_WORDS)
    this.letterBuckets = kernel.view(Uint16Array, at('RUNS'), MOST_LETTER_BUCKETS)
    this.#figures = kernel.view(Int32Array, at('FIGURES'), figures.length)
    this.#counts = kernel.view(Int32Array, at('COUNTS'), COUNTED)
    this.groups = kernel.view(Int32Array, at('COUNTS') + 4 * COUNTED, wordGroups.length)
    this.#groupSlots = kernel.place(Int32Array, wordGroupBits.slots.length)
    this.#groupSlots.set(wordGroupBits.slots)
  }

  scan(text: string): void {
    const { run } = this.#kernel
    const read = excerpt(text)
    let end = this.#units.write(read, 'utf16le') >> 1
    if (!run.lower(end)) end = this.#units.write(read.toLowerCase(), 'utf16le') >> 1
    run.scan(end, WORDS)
    this.length = text.length
    const told = this.#figures
    this.words = told[AT.words] as number
    this.termCount = told[AT.termCount] as number
    this.letterBucketCount = told[AT.letterBucketCount] as number
    this.characters = told[AT.characters] as number
    this.digits = told[AT.digits] as number
    this.numbers = told[AT.numbers] as number
    this.decimals = told[AT.decimals] as number
    this.longNumbers = told[AT.longNumbers] as number
    this.mixed = told[AT.mixed] as number
    this.foreign = told[AT.foreign] as number
    this.signs = told[AT.signs] as number
    this.options = told[AT.options] as number
    this.stemWords = told[AT.stemWords] as number
    this.stemCharacters = told[AT.stemCharacters] as number
    this.stemEnd = told[AT.stemEnd] as number
    this.wordLimit = told[AT.wordLimit] as number
  }

  /**
   * Counts the words of the scan.
   * @param places of each in the order of frequency; -1: not known
   * @param known how many words have a place; those beyond the share `common` of them are rare
   */
  countWords(places: Int32Array, known: number, common: number): void {
    const from = this.#kernel.locate(places, this.words, 'PLACES')
    this.rarity = this.#kernel.run.countWords(
      this.words,
      this.stemWords,
      from,
      known,
      Math.floor(common * known),
      this.#groupSlots.byteOffset,
      wordGroupBits.mask,
    )
    const told = this.#counts
    this.longWords = told[0] as number
    this.knownWords = told[1] as number
    this.rareWords = told[2] as number
    this.unknownWords = told[3] as number
    this.optionNumbers = told[4] as number
  }
}

function excerpt(text: string): string {
  if (text.length <= SCANNED_HEAD + SCANNED_TAIL) return text
  return `${text.slice(0, SCANNED_HEAD)} ${text.slice(-SCANNED_TAIL)}`
}
