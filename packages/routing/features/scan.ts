/**
 * One pass over a text. The scan sees the text in canonical form: case folded,
 * any run of white space one gap, line ends like blanks. So case and white
 * space change nothing of what is learnt from a prompt or decided by it.
 *
 * Hashes fill typed arrays that live as long as the scanner, since this runs
 * for every job: a scan is valid until the next one of the same scanner.
 */

/** The hash space of runs of four letters. */
export const LETTER_BUCKET_BITS = 15
export const LETTER_BUCKETS = 1 << LETTER_BUCKET_BITS

/** What is looked at of a long text: its beginning, and its end, where the question often stands. */
export const SCANNED_HEAD = 6_144
export const SCANNED_TAIL = 2_048
/** Runs of letters say what a short text is about; a long one has words enough. */
const MOST_LETTER_BUCKETS = 160
/** Words that a scan can have. */
export const MOST_WORDS = SCANNED_HEAD + SCANNED_TAIL + 1

const FNV_START = 0x811c9dc5
const FNV_PRIME = 0x01000193
const GOLDEN = 0x9e3779b1

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

/** FNV-1a over the UTF-16 units of a word in lower case: how the scanner names words. */
export function hashWord(word: string): number {
  let hash = FNV_START
  for (let index = 0; index < word.length; index++) {
    hash = Math.imul(hash ^ word.charCodeAt(index), FNV_PRIME)
  }
  return hash
}

const WORDS = hashWord('words')

const TERM_BUCKET_BITS = 16

/** Spreads the hash of a word or of a pair over all 32 bits. */
function termOf(hash: number): number {
  return Math.imul(hash ^ (hash >>> 15), GOLDEN)
}

export class Scanner {
  /** Of each word in order; numbers by how many digits they have. */
  readonly hashes = new Int32Array(MOST_WORDS)
  readonly lengths = new Uint16Array(MOST_WORDS)
  /** Marks of ASCII by their code, and at 127 all others. */
  readonly marks = new Uint16Array(128)
  /** Distinct terms, which are words and pairs of neighbours, by their hash. */
  readonly terms = new Int32Array(2 * MOST_WORDS)
  /** Distinct buckets of runs of four letters. */
  readonly letterBuckets = new Uint16Array(MOST_LETTER_BUCKETS)
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

  /** The canonical text: arrays are read several times as fast as strings. Some letters become two in lower case. */
  readonly #units = new Uint16Array(2 * MOST_WORDS)
  readonly #bytes = Buffer.from(this.#units.buffer)
  #lastNumber = 0
  #lastNumberAt = -1
  /** What was seen, a bit for each: these must stay in the nearest cache, and are soon cleared. */
  readonly #termsSeen = new Int32Array(1 << (TERM_BUCKET_BITS - 5))
  readonly #lettersSeen = new Int32Array(LETTER_BUCKETS >> 5)

  scan(text: string): void {
    this.#reset(text.length)
    const lower = excerpt(text).toLowerCase()
    const length = this.#bytes.write(lower, 'utf16le') / 2
    const units = this.#units
    let before = GAP
    let unitBefore = 0
    let optionStem = { words: 0, characters: 0, end: 0 }
    let index = 0
    while (index < length) {
      const unit = units[index] as number
      const kind = KINDS[unit] as number
      if (kind === GAP) {
        before = GAP
        index += 1
        continue
      }
      if (kind === MARK) {
        this.#mark(unit)
        index += 1
      } else if (kind === DIGIT) {
        index = this.#number(index, length, before === MARK ? unitBefore : 0)
      } else if (kind === SIGN) {
        this.#sign(unit)
        index += 1
      } else {
        if (before === GAP && unit === 0x61 + this.options && isOption(units, index, length)) {
          if (this.options === 0) {
            optionStem = { words: this.words, characters: this.characters, end: unitBefore }
          }
          this.options += 1
        }
        index = this.#word(index, length)
      }
      before = kind
      unitBefore = unit
    }
    this.#close(optionStem, unitBefore)
  }

  #reset(length: number): void {
    this.marks.fill(0)
    this.words = this.termCount = this.letterBucketCount = 0
    this.characters = this.digits = this.numbers = this.decimals = this.longNumbers = 0
    this.mixed = this.foreign = this.signs = this.options = 0
    this.wordLimit = 0
    this.#lastNumberAt = -1
    this.length = length
    this.#termsSeen.fill(0)
    this.#lettersSeen.fill(0)
  }

  #mark(unit: number): void {
    const slot = unit < 128 ? unit : 127
    this.marks[slot] = (this.marks[slot] as number) + 1
    this.characters += 1
  }

  /** @param joint the mark between this number and what stands before it, or 0 */
  #number(from: number, end: number, joint: number): number {
    const units = this.#units
    let index = from + 1
    while (index < end && KINDS[units[index] as number] === DIGIT) index += 1
    const length = index - from
    this.numbers += 1
    this.digits += length
    this.characters += length
    if (length >= 4) this.longNumbers += 1
    if (joint === 0x2e) this.decimals += 1
    if (length <= 5) {
      this.#lastNumber = 0
      for (let at = from; at < index; at++) {
        this.#lastNumber = 10 * this.#lastNumber + (units[at] as number) - 0x30
      }
      this.#lastNumberAt = this.words
    }
    this.#add(hashWord('0') + Math.min(length, 6), length)
    return index
  }

  #sign(unit: number): void {
    this.signs += 1
    this.characters += 1
    this.#add(Math.imul(FNV_START ^ unit, FNV_PRIME), 1)
  }

  #word(from: number, end: number): number {
    const units = this.#units
    let hash = FNV_START
    let index = from
    let digits = 0
    let foreign = 0
    for (; index < end; index++) {
      const unit = units[index] as number
      const kind = KINDS[unit] as number
      if (kind !== LETTER) {
        if (kind !== DIGIT) break
        digits += 1
      } else if (unit > 127) foreign += 1
      hash = Math.imul(hash ^ unit, FNV_PRIME)
    }
    const length = index - from
    this.characters += length
    this.foreign += foreign
    if (digits > 0) {
      this.digits += digits
      this.mixed += 1
    }
    if (hash === WORDS && this.#lastNumberAt === this.words - 1) this.wordLimit = this.#lastNumber
    if (this.#add(hash, length)) this.#addRuns(from, index)
    return index
  }

  /** @returns whether the word is new; its runs of letters are, too, only then */
  #add(hash: number, length: number): boolean {
    const { words } = this
    this.hashes[words] = hash
    this.lengths[words] = length
    const isNew = this.#addTerm(termOf(hash))
    if (words > 0) {
      const before = this.hashes[words - 1] as number
      this.#addTerm(termOf(Math.imul(before, 0x85ebca6b) ^ hash))
    }
    this.words = words + 1
    return isNew
  }

  /** @returns whether it is new; of the few that share a bucket the first counts */
  #addTerm(term: number): boolean {
    const bucket = term >>> (32 - TERM_BUCKET_BITS)
    const seen = this.#termsSeen[bucket >> 5] as number
    const bit = 1 << bucket
    if ((seen & bit) !== 0) return false
    this.#termsSeen[bucket >> 5] = seen | bit
    this.terms[this.termCount++] = term
    return true
  }

  /** A word with a gap before and behind it, four letters at a time. */
  #addRuns(from: number, to: number): void {
    if (to - from < 2 || this.letterBucketCount === MOST_LETTER_BUCKETS) return
    const units = this.#units
    let run = 0x2000 | ((units[from] as number) & 0xff)
    run = (run << 8) | ((units[from + 1] as number) & 0xff)
    for (let index = from + 2; index < to; index++) {
      run = (run << 8) | ((units[index] as number) & 0xff)
      this.#addLetters(run)
    }
    this.#addLetters((run << 8) | 0x20)
  }

  #addLetters(run: number): void {
    if (this.letterBucketCount === MOST_LETTER_BUCKETS) return
    const bucket = Math.imul(run, GOLDEN) >>> (32 - LETTER_BUCKET_BITS)
    const seen = this.#lettersSeen[bucket >> 5] as number
    const bit = 1 << bucket
    if ((seen & bit) !== 0) return
    this.#lettersSeen[bucket >> 5] = seen | bit
    this.letterBuckets[this.letterBucketCount++] = bucket
  }

  #close(stem: { words: number; characters: number; end: number }, last: number): void {
    if (this.options < 3) {
      this.options = 0
      this.stemWords = this.words
      this.stemCharacters = this.characters
      this.stemEnd = last
      return
    }
    this.stemWords = stem.words
    this.stemCharacters = stem.characters
    this.stemEnd = stem.end
  }
}

/** `a.` or `a)`, with a gap behind it. */
function isOption(units: Uint16Array, index: number, end: number): boolean {
  if (index + 1 >= end) return false
  const mark = units[index + 1]
  if (mark !== 0x2e && mark !== 0x29) return false
  return index + 2 >= end || KINDS[units[index + 2] as number] === GAP
}

function excerpt(text: string): string {
  if (text.length <= SCANNED_HEAD + SCANNED_TAIL) return text
  return `${text.slice(0, SCANNED_HEAD)} ${text.slice(-SCANNED_TAIL)}`
}
