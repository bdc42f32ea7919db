const LANES = 4
const OFFSET = 128
/** Two sums of bytes fit beside each other into 32 bits for so many rows. */
const ROWS_AT_A_TIME = 256
const EVEN = 0x00ff00ff

/**
 * Rows of 8-bit weights that are summed up by the hundred for every prompt.
 * Four weights are kept in one word and added two at a time: each is stored as
 * `weight + 128`, so that bytes never borrow from their neighbours. Sums of
 * four words at a time stay in registers, which takes a fifth of the time that
 * sums in memory take.
 */
export class PackedRows {
  readonly #columns: number
  readonly #wordsPerRow: number
  readonly #words: Int32Array
  readonly #even: Int32Array
  readonly #odd: Int32Array
  /** Kept, so that fetching is not left out as idle. */
  #fetched = 0

  /** @param weights `row * columns + column` */
  constructor(weights: Int8Array, columns: number) {
    this.#columns = columns
    const needed = Math.ceil(columns / LANES)
    // One pass over four words costs less than two over one each.
    this.#wordsPerRow = needed % 4 < 2 ? needed : 4 * Math.ceil(needed / 4)
    this.#even = new Int32Array(this.#wordsPerRow)
    this.#odd = new Int32Array(this.#wordsPerRow)
    const rows = weights.length / columns
    this.#words = new Int32Array(rows * this.#wordsPerRow)
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const at = row * this.#wordsPerRow + (column >> 2)
        const byte = (weights[row * columns + column] as number) + OFFSET
        this.#words[at] = (this.#words[at] as number) | (byte << (8 * (column & 3)))
      }
    }
  }

  /** Sets `into`, which has a place for each column, to the sum of the first `count` of `rows`. */
  sum(rows: Uint16Array, count: number, into: Int32Array): void {
    const perRow = this.#wordsPerRow
    this.#fetch(rows, count)
    into.fill(0)
    for (let from = 0; from < count; from += ROWS_AT_A_TIME) {
      const to = Math.min(count, from + ROWS_AT_A_TIME)
      let word = 0
      for (; word + 4 <= perRow; word += 4) this.#sumFour(rows, from, to, word)
      for (; word < perRow; word++) this.#sumOne(rows, from, to, word)
      this.#unpack(into, to - from)
    }
  }

  /**
   * Rows come from far. What sums them up looks at a few at a time, so they are
   * asked for before, many at a time.
   */
  #fetch(rows: Uint16Array, count: number): void {
    const words = this.#words
    const perRow = this.#wordsPerRow
    const last = perRow - 1
    let fetched = this.#fetched
    for (let index = 0; index < count; index++) {
      const base = Math.imul(rows[index] as number, perRow)
      fetched ^= (words[base] as number) ^ (words[base + last] as number)
    }
    this.#fetched = fetched
  }

  #sumFour(rows: Uint16Array, from: number, to: number, word: number): void {
    const words = this.#words
    const perRow = this.#wordsPerRow
    let even0 = 0
    let even1 = 0
    let even2 = 0
    let even3 = 0
    let odd0 = 0
    let odd1 = 0
    let odd2 = 0
    let odd3 = 0
    for (let index = from; index < to; index++) {
      const base = (Math.imul(rows[index] as number, perRow) + word) | 0
      const four0 = words[base] as number
      const four1 = words[base + 1] as number
      const four2 = words[base + 2] as number
      const four3 = words[base + 3] as number
      even0 = (even0 + (four0 & EVEN)) | 0
      even1 = (even1 + (four1 & EVEN)) | 0
      even2 = (even2 + (four2 & EVEN)) | 0
      even3 = (even3 + (four3 & EVEN)) | 0
      odd0 = (odd0 + ((four0 >>> 8) & EVEN)) | 0
      odd1 = (odd1 + ((four1 >>> 8) & EVEN)) | 0
      odd2 = (odd2 + ((four2 >>> 8) & EVEN)) | 0
      odd3 = (odd3 + ((four3 >>> 8) & EVEN)) | 0
    }
    this.#even[word] = even0
    this.#even[word + 1] = even1
    this.#even[word + 2] = even2
    this.#even[word + 3] = even3
    this.#odd[word] = odd0
    this.#odd[word + 1] = odd1
    this.#odd[word + 2] = odd2
    this.#odd[word + 3] = odd3
  }

  #sumOne(rows: Uint16Array, from: number, to: number, word: number): void {
    const words = this.#words
    const perRow = this.#wordsPerRow
    let even = 0
    let odd = 0
    for (let index = from; index < to; index++) {
      const four = words[Math.imul(rows[index] as number, perRow) + word] as number
      even = (even + (four & EVEN)) | 0
      odd = (odd + ((four >>> 8) & EVEN)) | 0
    }
    this.#even[word] = even
    this.#odd[word] = odd
  }

  #unpack(into: Int32Array, rows: number): void {
    for (let column = 0; column < this.#columns; column++) {
      const pair = (column & 1 ? this.#odd : this.#even)[column >> 2] as number
      const sum = column & 2 ? pair >>> 16 : pair & 0xffff
      into[column] = (into[column] as number) + sum - OFFSET * rows
    }
  }
}
