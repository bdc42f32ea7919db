import { Kernel, roomFor } from '../kernel/kernel.ts'

/** Columns that the kernel sums up beside each other. */
const LANES = 16
/** A row of about as many bytes as a line of the cache has gets a line of its own. */
const LINE = 64
const NEARLY_A_LINE = 52
/** As many sums as the kernel has room for. */
const MOST_COLUMNS = 256

/** Rows of 8-bit weights that are summed up by the hundred for every prompt. */
export class PackedRows {
  readonly #kernel: Kernel
  readonly #columns: number
  readonly #stride: number
  readonly #address: number
  readonly #sums: Int32Array

  /** @param weights `row * columns + column` */
  constructor(
    weights: Int8Array,
    columns: number,
    kernel = new Kernel(packedRoom(weights.length / columns, columns)),
  ) {
    if (columns > MOST_COLUMNS)
      throw new RangeError(`${columns} columns: the kernel sums ${MOST_COLUMNS}`)
    this.#kernel = kernel
    this.#columns = columns
    this.#stride = strideOf(columns)
    this.#sums = kernel.view(Int32Array, kernel.addressOf('SUMS'), this.#stride)
    const rows = weights.length / columns
    const packed = kernel.place(Int8Array, rows * this.#stride)
    this.#address = packed.byteOffset
    for (let row = 0; row < rows; row++) {
      packed.set(weights.subarray(row * columns, (row + 1) * columns), row * this.#stride)
    }
  }

  /** Sets `into`, which has a place for each column, to the sum of the first `count` of `rows`. */
  sum(rows: Uint16Array, count: number, into: Int32Array): void {
    const columns = this.#columns
    const from = this.#kernel.locate(rows, count, 'ROWS')
    // The last of them begin early enough to end with the row.
    const last = Math.max(0, columns - LANES)
    for (let column = 0; column < columns; column += 2 * LANES) {
      this.#sumColumns(from, count, Math.min(column, last), Math.min(column + LANES, last))
    }
    const sums = this.#sums
    for (let column = 0; column < columns; column++) into[column] = sums[column] as number
  }

  #sumColumns(rows: number, count: number, first: number, second: number): void {
    const into = this.#sums.byteOffset + 4 * first
    this.#kernel.run.sumColumns(
      rows,
      count,
      this.#address + first,
      this.#address + second,
      this.#stride,
      into,
      4 * (second - first),
    )
  }
}

/** What so many rows take up of a kernel. */
export function packedRoom(rows: number, columns: number): number {
  return roomFor(rows * strideOf(columns))
}

function strideOf(columns: number): number {
  if (columns > NEARLY_A_LINE && columns <= LINE) return LINE
  return Math.max(LANES, columns)
}
