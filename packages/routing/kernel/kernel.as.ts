/**
 * The loops over the characters, words and weights of a prompt, in
 * AssemblyScript: what is TypeScript to look at is compiled to `kernel.wasm` by
 * `npm run build:kernel` (a test holds the two together), since the same loops
 * take longer in JavaScript. `kernel.ts` says what is where.
 *
 * Sums of integers are exact in any order, and those of fractions are made in
 * one order, so what comes out is the same on every machine.
 */

/** Words and runs of characters that a scan can have, as in `features/scan.ts`. */
export const MOST_WORDS: i32 = 8_193
export const MOST_RUNS: i32 = 480

const GAP: u32 = 0
const LETTER: u32 = 1
const DIGIT: u32 = 2
const MARK: u32 = 3

const FNV_START: u32 = 0x811c9dc5
const FNV_PRIME: u32 = 0x01000193
const GOLDEN: u32 = 0x9e3779b1
const GOLDEN_64: u64 = ((<u64>0x9e3779b9) << 32) | 0x7f4a7c15

const LINE: i32 = 64
/** Kinds of UTF-16 units, filled by the host. */
export const KINDS: usize = memory.data(0x1_0000, LINE)
/** The canonical text. Some letters become two in lower case. */
export const UNITS: usize = memory.data(4 * MOST_WORDS, LINE)
export const HASHES: usize = memory.data(4 * MOST_WORDS, LINE)
export const LENGTHS: usize = memory.data(2 * MOST_WORDS, LINE)
export const MARKS: usize = memory.data(2 * 128, LINE)
export const TERMS: usize = memory.data(8 * MOST_WORDS + 4, LINE)
/** With room for those of one character too many, which are not counted. */
export const RUNS: usize = memory.data(2 * MOST_RUNS + 6, LINE)
/** Figures of a scan, 4 bytes each, in the order of `figures` in `features/scan.ts`. */
export const FIGURES: usize = memory.data(4 * 20, LINE)
/** What was seen, a bit for each: these must stay in the nearest cache, and are soon cleared. */
const TERMS_SEEN: usize = memory.data(0x1_0000 >> 3, LINE)
const RUNS_SEEN: usize = memory.data(0x8000 >> 3, LINE)
/** Of each word its place in the order of frequency. */
export const PLACES: usize = memory.data(4 * MOST_WORDS, LINE)
/** Rows to be summed up, and sums of columns. */
export const ROWS: usize = memory.data(4 * MOST_WORDS + 2, LINE)
export const SUMS: usize = memory.data(4 * 256, LINE)
/** What is counted of words, 4 bytes each; see `countWords`. */
export const COUNTS: usize = memory.data(4 * 64, LINE)
/** What trees are asked, and what they say of each head. */
export const FEATURES: usize = memory.data(4 * 256, LINE)
export const ANSWERS: usize = memory.data(8 * 64, LINE)
/** What tables say at first sight, of each term. */
const FIRSTS: usize = memory.data(8 * MOST_WORDS, LINE)

/** Where the host may put tables. */
export function freeFrom(): usize {
  return __heap_base
}

/** Spreads the hash of a word or of a pair over all 32 bits. */
function termOf(hash: u32): u32 {
  return (hash ^ (hash >>> 15)) * GOLDEN
}

/**
 * Adds a term behind `count` others unless it is there.
 * @returns how many are added; of the few that share a bucket the first counts
 */
function addTerm(term: u32, count: i32): i32 {
  const bucket = term >>> 16
  const at = TERMS_SEEN + ((bucket >>> 5) << 2)
  const seen = load<u32>(at)
  store<u32>(at, seen | (1 << (bucket & 31)))
  store<u32>(TERMS + (count << 2), term)
  return 1 - <i32>((seen >>> (bucket & 31)) & 1)
}

/** The same of a run of characters, the last of them in the lowest byte. */
function addRun(run: u64, count: i32): i32 {
  const bucket = <u32>((run * GOLDEN_64) >>> 49)
  const at = RUNS_SEEN + ((bucket >>> 5) << 2)
  const seen = load<u32>(at)
  store<u32>(at, seen | (1 << (bucket & 31)))
  store<u16>(RUNS + (count << 1), <u16>bucket)
  return 1 - <i32>((seen >>> (bucket & 31)) & 1)
}

/**
 * Of what stands between two gaps, which count as a character each: three, four
 * and five characters at a time, each by the lower byte of its UTF-16 unit.
 * @returns how many runs there are now
 */
function addRuns(from: i32, to: i32, runs: i32): i32 {
  let count = runs
  let run: u64 = 0x20
  for (let index = from; index <= to && count < MOST_RUNS; index++) {
    run = (run << 8) | (index < to ? <u64>load<u8>(UNITS + (index << 1)) : 0x20)
    const length = index - from + 2
    if (length >= 3) count += addRun(run & 0xff_ffff, count)
    if (length >= 4) count += addRun(run & 0xffff_ffff, count)
    if (length >= 5) count += addRun(run & 0xff_ffff_ffff, count)
  }
  return min(count, MOST_RUNS)
}

function unitAt(index: i32): u32 {
  return load<u16>(UNITS + (index << 1))
}

function kindOf(unit: u32): u32 {
  return load<u8>(KINDS + unit)
}

/** `a.` or `a)`, with a gap behind it. */
function isOption(index: i32, end: i32): bool {
  if (index + 1 >= end) return false
  const mark = unitAt(index + 1)
  if (mark !== 0x2e && mark !== 0x29) return false
  return index + 2 >= end || kindOf(unitAt(index + 2)) === GAP
}

/** `Ω`, `K` and `Å` as units of measure are marks, but their small ones are letters. */
const FIRST_UNIT_OF_MEASURE: u32 = 0x2126
const UNITS_OF_MEASURE: u32 = 6

/** Whether it may become another letter in lower case, or already is one that some capital becomes. */
function isForeignLetter(unit: u32): bool {
  if (unit < 128) return false
  return kindOf(unit) === LETTER || unit - FIRST_UNIT_OF_MEASURE < UNITS_OF_MEASURE
}

/**
 * Puts the first `end` of `UNITS` into lower case.
 * @returns false: there are letters beyond ASCII, of which only the host knows the small ones
 */
export function lower(end: i32): bool {
  const capitalA = i16x8.splat(0x41)
  const alphabet = i16x8.splat(26)
  const smaller = i16x8.splat(0x20)
  const beyondAscii = i16x8.splat(~0x7f)
  for (let index = 0; index < end; index += 8) {
    const at = UNITS + (index << 1)
    const units = v128.load(at)
    if (v128.any_true(v128.and(units, beyondAscii))) {
      const to = min(index + 8, end)
      for (let unit = index; unit < to; unit++) if (isForeignLetter(unitAt(unit))) return false
    }
    const capitals = i16x8.lt_u(i16x8.sub(units, capitalA), alphabet)
    v128.store(at, v128.or(units, v128.and(capitals, smaller)))
  }
  return true
}

/**
 * What the first `end` of `UNITS` cost in tokens; see `tokens.ts`.
 * @param before kind of the character before the first
 * @returns thousandths of a token, and in the lowest 4 bits the kind of the last character
 */
export function tokenCosts(end: i32, kinds: usize, costs: usize, before: u32): u32 {
  let thousandths: u32 = 0
  let last = before
  for (let index = 0; index < end; index++) {
    const kind: u32 = load<u8>(kinds + unitAt(index))
    thousandths += <u32>load<u16>(costs + (((last << 4) | kind) << 1))
    last = kind
  }
  return (thousandths << 4) | last
}

/** Scans the first `end` of `UNITS`. @param wordsHash of the word `words` */
export function scan(end: i32, wordsHash: u32): void {
  memory.fill(MARKS, 0, 256)
  memory.fill(TERMS_SEEN, 0, 0x1_0000 >> 3)
  memory.fill(RUNS_SEEN, 0, 0x8000 >> 3)
  let words: i32 = 0
  let terms: i32 = 0
  let runs: i32 = 0
  let characters: i32 = 0
  let digits: i32 = 0
  let numbers: i32 = 0
  let decimals: i32 = 0
  let longNumbers: i32 = 0
  let mixed: i32 = 0
  let foreign: i32 = 0
  let signs: i32 = 0
  let options: i32 = 0
  let stemWords: i32 = 0
  let stemCharacters: i32 = 0
  let stemEnd: u32 = 0
  let wordLimit: i32 = 0
  let lastNumber: i32 = 0
  let lastNumberAt: i32 = -1
  let before: u32 = GAP
  let unitBefore: u32 = 0
  let hashBefore: u32 = 0
  let chunkFrom: i32 = 0
  let index: i32 = 0
  while (index < end) {
    const unit = unitAt(index)
    const kind = kindOf(unit)
    if (kind === GAP) {
      if (before !== GAP) runs = addRuns(chunkFrom, index, runs)
      before = GAP
      index += 1
      continue
    }
    if (before === GAP) chunkFrom = index
    if (kind === MARK) {
      const mark: u32 = unit < 128 ? unit : 127
      const at = MARKS + (mark << 1)
      store<u16>(at, load<u16>(at) + 1)
      characters += 1
      index += 1
      before = MARK
      unitBefore = unit
      continue
    }
    const from = index
    let hash: u32 = FNV_START
    if (kind === LETTER) {
      if (before === GAP && unit === 0x61 + <u32>options && isOption(index, end)) {
        if (options === 0) {
          stemWords = words
          stemCharacters = characters
          stemEnd = unitBefore
        }
        options += 1
      }
      let inside: i32 = 0
      for (; index < end; index++) {
        const next = unitAt(index)
        const nextKind = kindOf(next)
        if (nextKind !== LETTER) {
          if (nextKind !== DIGIT) break
          inside += 1
        }
        foreign += <i32>(next > 127)
        hash = (hash ^ next) * FNV_PRIME
      }
      digits += inside
      mixed += <i32>(inside > 0)
      if (hash === wordsHash && lastNumberAt === words - 1) wordLimit = lastNumber
    } else if (kind === DIGIT) {
      let value: i32 = 0
      for (; index < end; index++) {
        const next = unitAt(index)
        if (kindOf(next) !== DIGIT) break
        value = 10 * value + <i32>next - 0x30
      }
      const length = index - from
      numbers += 1
      digits += length
      longNumbers += <i32>(length >= 4)
      decimals += <i32>(before === MARK && unitBefore === 0x2e)
      if (length <= 5) {
        lastNumber = value
        lastNumberAt = words
      }
      // Numbers are known by how many digits they have.
      hash = (FNV_START ^ 0x30) * FNV_PRIME + <u32>min(length, 6)
    } else {
      signs += 1
      index += 1
      hash = (FNV_START ^ unit) * FNV_PRIME
    }
    characters += index - from
    store<u32>(HASHES + (words << 2), hash)
    store<u16>(LENGTHS + (words << 1), <u16>(index - from))
    terms += addTerm(termOf(hash), terms)
    if (words > 0) terms += addTerm(termOf((hashBefore * 0x85ebca6b) ^ hash), terms)
    words += 1
    hashBefore = hash
    before = kind
    unitBefore = unit
  }
  if (before !== GAP) runs = addRuns(chunkFrom, end, runs)
  // Of fewer than three there is nothing to choose from.
  if (options < 3) {
    options = 0
    stemWords = words
    stemCharacters = characters
    stemEnd = unitBefore
  }
  store<i32>(FIGURES, words)
  store<i32>(FIGURES, terms, 4)
  store<i32>(FIGURES, runs, 8)
  store<i32>(FIGURES, characters, 12)
  store<i32>(FIGURES, digits, 16)
  store<i32>(FIGURES, numbers, 20)
  store<i32>(FIGURES, decimals, 24)
  store<i32>(FIGURES, longNumbers, 28)
  store<i32>(FIGURES, mixed, 32)
  store<i32>(FIGURES, foreign, 36)
  store<i32>(FIGURES, signs, 40)
  store<i32>(FIGURES, options, 44)
  store<i32>(FIGURES, stemWords, 48)
  store<i32>(FIGURES, stemCharacters, 52)
  store<i32>(FIGURES, <i32>stemEnd, 56)
  store<i32>(FIGURES, wordLimit, 60)
}

/**
 * Whether a slot is taken, and by another word. Both are asked at once: each by
 * itself is as good as a toss, and what is hard to predict costs more than it saves.
 */
function isOther(pair: u64, hash: u32): i32 {
  return <i32>(<u32>pair !== hash) & <i32>(pair >>> 32 !== 0)
}

/**
 * Of each of `count` words its place in the order of frequency, or -1.
 * @param slots in pairs: a hash, and 1 + the place of its word; 0: free
 */
export function placesOf(hashes: usize, count: i32, slots: usize, mask: u32, into: usize): void {
  // The slots come from far, but many at a time as long as nothing hangs on what is in them.
  for (let index = 0; index < count; index++) {
    const slot = load<u32>(hashes + (index << 2)) & mask
    store<u64>(FIRSTS + (index << 3), load<u64>(slots + (slot << 3)))
  }
  for (let index = 0; index < count; index++) {
    const hash = load<u32>(hashes + (index << 2))
    let slot = hash & mask
    let pair = load<u64>(FIRSTS + (index << 3))
    while (isOther(pair, hash)) {
      slot = (slot + 1) & mask
      pair = load<u64>(slots + (slot << 3))
    }
    store<i32>(into + (index << 2), <i32>(pair >>> 32) - 1)
  }
}

/**
 * The rows of those of `count` terms that a vocabulary knows; see `predictor/vocabulary.ts`.
 * @returns how many are known
 */
export function rowsOf(terms: usize, count: i32, slots: usize, into: usize): i32 {
  for (let index = 0; index < count; index++) {
    const slot = load<u32>(terms + (index << 2)) >>> 16
    store<u32>(FIRSTS + (index << 2), load<u32>(slots + (slot << 2)))
  }
  let known: i32 = 0
  for (let index = 0; index < count; index++) {
    const hash = load<u32>(terms + (index << 2))
    const lower = hash & 0xffff
    const mark = lower | <u32>(lower === 0)
    let found = load<u32>(FIRSTS + (index << 2))
    let slot = hash >>> 16
    while (<i32>(found !== 0) & <i32>((found & 0xffff) !== mark)) {
      slot = (slot + 1) & 0xffff
      found = load<u32>(slots + (slot << 2))
    }
    store<u16>(into + (known << 1), <u16>(found >>> 16))
    known += <i32>(found !== 0)
  }
  return known
}

/**
 * Of `count` numbers what `table` says, less 1, where it says something.
 * @returns for how many it does
 */
export function pick(numbers: usize, count: i32, table: usize, into: usize): i32 {
  let picked: i32 = 0
  for (let index = 0; index < count; index++) {
    const said: u32 = load<u16>(table + ((<u32>load<u16>(numbers + (index << 1))) << 1))
    store<u16>(into + (picked << 1), <u16>(said - 1))
    picked += <i32>(said !== 0)
  }
  return picked
}

/**
 * Of `count` places those that are not below `least`.
 * @returns how many they are
 */
export function placesFrom(least: i32, places: usize, count: i32, into: usize): i32 {
  let picked: i32 = 0
  for (let index = 0; index < count; index++) {
    const place = load<i32>(places + (index << 2))
    store<u16>(into + (picked << 1), <u16>place)
    picked += <i32>(place >= least)
  }
  return picked
}

/** The sum of the squares of bytes. */
export function squares(rows: usize, count: i32, bytes: usize): u32 {
  let sum: u32 = 0
  for (let index = 0; index < count; index++) {
    const byte: u32 = load<u8>(bytes + <u32>load<u16>(rows + (index << 1)))
    sum += byte * byte
  }
  return sum
}

/** Two sums of bytes fit into 16 bits each for so many rows. */
const ROWS_AT_A_TIME: i32 = 256

/**
 * The sum of 16 columns of rows of bytes, and of 16 more.
 * @param first where the first 16 columns of row 0 are; `second`: the others
 * @param into 16 sums of 4 bytes; the others are `apart` bytes behind
 */
export function sumColumns(
  rows: usize,
  count: i32,
  first: usize,
  second: usize,
  stride: u32,
  into: usize,
  apart: i32,
): void {
  let a0 = i32x4.splat(0)
  let a1 = a0
  let a2 = a0
  let a3 = a0
  let b0 = a0
  let b1 = a0
  let b2 = a0
  let b3 = a0
  for (let from = 0; from < count; from += ROWS_AT_A_TIME) {
    const to = min(count, from + ROWS_AT_A_TIME)
    let aLow = i16x8.splat(0)
    let aHigh = aLow
    let bLow = aLow
    let bHigh = aLow
    for (let index = from; index < to; index++) {
      const row = <u32>load<u16>(rows + (index << 1)) * stride
      const a = v128.load(first + row)
      const b = v128.load(second + row)
      aLow = i16x8.add(aLow, i16x8.extend_low_i8x16_s(a))
      aHigh = i16x8.add(aHigh, i16x8.extend_high_i8x16_s(a))
      bLow = i16x8.add(bLow, i16x8.extend_low_i8x16_s(b))
      bHigh = i16x8.add(bHigh, i16x8.extend_high_i8x16_s(b))
    }
    a0 = i32x4.add(a0, i32x4.extend_low_i16x8_s(aLow))
    a1 = i32x4.add(a1, i32x4.extend_high_i16x8_s(aLow))
    a2 = i32x4.add(a2, i32x4.extend_low_i16x8_s(aHigh))
    a3 = i32x4.add(a3, i32x4.extend_high_i16x8_s(aHigh))
    b0 = i32x4.add(b0, i32x4.extend_low_i16x8_s(bLow))
    b1 = i32x4.add(b1, i32x4.extend_high_i16x8_s(bLow))
    b2 = i32x4.add(b2, i32x4.extend_low_i16x8_s(bHigh))
    b3 = i32x4.add(b3, i32x4.extend_high_i16x8_s(bHigh))
  }
  v128.store(into + apart, b0)
  v128.store(into + apart, b1, 16)
  v128.store(into + apart, b2, 32)
  v128.store(into + apart, b3, 48)
  v128.store(into, a0)
  v128.store(into, a1, 16)
  v128.store(into, a2, 32)
  v128.store(into, a3, 48)
}

/**
 * The inner products of `values` with `count` rows of weights, as 8-byte
 * fractions: even and odd places are summed apart, since each sum waits for its last.
 */
export function products(
  weights: usize,
  count: i32,
  values: usize,
  length: i32,
  into: usize,
): void {
  for (let row = 0; row < count; row++) {
    const at = weights + row * (length << 2)
    let sums = f64x2.splat(0)
    let index: i32 = 0
    for (; index + 1 < length; index += 2) {
      const two = f64x2.promote_low_f32x4(v128.load64_zero(at + (index << 2)))
      const others = f64x2.promote_low_f32x4(v128.load64_zero(values + (index << 2)))
      sums = f64x2.add(sums, f64x2.mul(two, others))
    }
    let even = f64x2.extract_lane(sums, 0)
    if (index < length) {
      even += <f64>load<f32>(at + (index << 2)) * <f64>load<f32>(values + (index << 2))
    }
    store<f64>(into + (row << 3), even + f64x2.extract_lane(sums, 1))
  }
}

/**
 * Counts the words of the last scan: long ones, known ones, rare ones, unknown
 * ones that are no abbreviations, short unknown ones behind the stem, and those
 * of each group.
 * @param known how many words have a place; `rareFrom`: the last place that is not rare
 * @param groups in pairs: a hash, and the groups of its word as bits; 0: free
 * @returns the sum of the places of known words, each as a share of `known`
 */
export function countWords(
  count: i32,
  stemWords: i32,
  places: usize,
  known: i32,
  rareFrom: i32,
  groups: usize,
  mask: u32,
): f64 {
  memory.fill(COUNTS, 0, 4 * 64)
  let long: i32 = 0
  let knownWords: i32 = 0
  let rare: i32 = 0
  let unknown: i32 = 0
  let optionNumbers: i32 = 0
  let rarity: f64 = 0
  const size = <f64>known
  for (let index = 0; index < count; index++) {
    const hash = load<u32>(HASHES + (index << 2))
    const length: i32 = load<u16>(LENGTHS + (index << 1))
    const place = load<i32>(places + (index << 2))
    const isKnown = <i32>(place >= 0)
    long += <i32>(length >= 9)
    knownWords += isKnown
    rarity += select<f64>(<f64>place / size, 0, isKnown)
    rare += <i32>(place > rareFrom)
    unknown += (1 - isKnown) & <i32>(length > 3)
    optionNumbers += (1 - isKnown) & <i32>(length <= 6) & <i32>(index > stemWords)
    let slot = hash & mask
    let pair = load<u64>(groups + (slot << 3))
    while (isOther(pair, hash)) {
      slot = (slot + 1) & mask
      pair = load<u64>(groups + (slot << 3))
    }
    for (let bits = <u32>(pair >>> 32); bits !== 0; bits &= bits - 1) {
      const at = COUNTS + 20 + ((<u32>ctz(bits)) << 2)
      store<i32>(at, load<i32>(at) + 1)
    }
  }
  store<i32>(COUNTS, long)
  store<i32>(COUNTS, knownWords, 4)
  store<i32>(COUNTS, rare, 8)
  store<i32>(COUNTS, unknown, 12)
  store<i32>(COUNTS, optionNumbers, 16)
  return rarity
}

/**
 * Asks symmetric trees, as `predictor/trees.ts` describes them, about
 * `features`; what they say goes to `ANSWERS`. Values come from far, so nothing
 * is added up before all leaves are known.
 */
export function askTrees(
  features: usize,
  asked: usize,
  thresholds: usize,
  values: usize,
  trees: i32,
  depth: i32,
  heads: i32,
): void {
  let question: i32 = 0
  for (let tree = 0; tree < trees; tree++) {
    let leaf: i32 = 0
    for (let level = 0; level < depth; level++, question++) {
      const feature: u32 = load<u8>(asked + question)
      const value = load<i32>(features + (feature << 2))
      const isAbove = <u32>(load<i32>(thresholds + (question << 2)) - value) >>> 31
      leaf = (leaf << 1) | <i32>isAbove
    }
    store<i32>(FIRSTS + (tree << 2), ((tree << depth) + leaf) * (heads << 2))
  }
  let head: i32 = 0
  for (; head + 1 < heads; head += 2) {
    let sums = f64x2.splat(0)
    for (let tree = 0; tree < trees; tree++) {
      const at = values + load<u32>(FIRSTS + (tree << 2)) + (head << 2)
      sums = f64x2.add(sums, f64x2.promote_low_f32x4(v128.load64_zero(at)))
    }
    v128.store(ANSWERS + (head << 3), sums)
  }
  if (head < heads) {
    let sum: f64 = 0
    for (let tree = 0; tree < trees; tree++) {
      sum += <f64>load<f32>(values + load<u32>(FIRSTS + (tree << 2)) + (head << 2))
    }
    store<f64>(ANSWERS + (head << 3), sum)
  }
}
