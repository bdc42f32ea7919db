const LANES = 4
const OFFSET = 128
/** Two sums of bytes fit beside each other into 32 bits for so many rows. */
const ROWS_AT_A_TIME = 256
const EVEN = 0x00ff00ff

/**
 * Rows of 8-bit weights that are summed up by the hundred for every prompt.
 * Four weights are kept in one word and added two at a time, which takes half
 * the time of adding them one by one: each is stored as `weight + 128`, so that
 * bytes never borrow from their neighbours.
 */
export class PackedRows {
  readonly #columns: number
  readonly #wordsPerRow: number
  readonly #words: Int32Array
  readonly #even: Int32Array
  readonly #odd: Int32Array

  /** @param weights `row * columns + column` */
  constructor(weights: Int8Array, columns: number) {
    this.#columns = columns
    this.#wordsPerRow = Math.ceil(columns / LANES)
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
  sum(rows: ArrayLike<number>, count: number, into: Int32Array): void {
    const perRow = this.#wordsPerRow
    const words = this.#words
    const even = this.#even
    const odd = this.#odd
    into.fill(0)
    for (let from = 0; from < count; from += ROWS_AT_A_TIME) {
      const to = Math.min(count, from + ROWS_AT_A_TIME)
      even.fill(0)
      odd.fill(0)
      for (let index = from; index < to; index++) {
        const base = (rows[index] as number) * perRow
        for (let word = 0; word < perRow; word++) {
          const four = words[base + word] as number
          even[word] = ((even[word] as number) + (four & EVEN)) | 0
          odd[word] = ((odd[word] as number) + ((four >>> 8) & EVEN)) | 0
        }
      }
      this.#unpack(into, to - from)
    }
  }

  #unpack(into: Int32Array, rows: number): void {
    for (let column = 0; column < this.#columns; column++) {
      const pair = (column & 1 ? this.#odd : this.#even)[column >> 2] as number
      const sum = column & 2 ? pair >>> 16 : pair & 0xffff
      into[column] = (into[column] as number) + sum - OFFSET * rows
    }
  }
}
