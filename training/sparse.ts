/** Rows of few non-zero columns, one after the other. */
export class SparseRows {
  readonly columns: number
  rows = 0
  starts = new Uint32Array(1_024)
  indexes = new Uint32Array(65_536)
  values = new Float32Array(65_536)

  constructor(columns: number) {
    this.columns = columns
  }

  add(indexes: ArrayLike<number>, values: ArrayLike<number>, count: number): void {
    const from = this.starts[this.rows] as number
    while (from + count > this.indexes.length) {
      this.indexes = grown(this.indexes, new Uint32Array(this.indexes.length * 2))
      this.values = grown(this.values, new Float32Array(this.values.length * 2))
    }
    if (this.rows + 2 > this.starts.length) {
      this.starts = grown(this.starts, new Uint32Array(this.starts.length * 2))
    }
    for (let index = 0; index < count; index++) {
      this.indexes[from + index] = indexes[index] as number
      this.values[from + index] = values[index] as number
    }
    this.rows += 1
    this.starts[this.rows] = from + count
  }

  dot(row: number, weights: ArrayLike<number>): number {
    let sum = 0
    const to = this.starts[row + 1] as number
    for (let at = this.starts[row] as number; at < to; at++) {
      sum += (this.values[at] as number) * (weights[this.indexes[at] as number] as number)
    }
    return sum
  }

  addTo(weights: Float64Array | Float32Array, row: number, factor: number): void {
    const to = this.starts[row + 1] as number
    for (let at = this.starts[row] as number; at < to; at++) {
      const column = this.indexes[at] as number
      weights[column] = (weights[column] as number) + factor * (this.values[at] as number)
    }
  }
}

function grown<A extends Uint32Array | Float32Array>(from: A, into: A): A {
  into.set(from)
  return into
}

export interface Linear {
  weights: Float64Array
  bias: number
}

/**
 * Ridge regression by conjugate gradients on the normal equations; rows of
 * weight 0 are left out, and the bias is not shrunk.
 */
export function ridge(
  x: SparseRows,
  targets: Float64Array,
  rowWeights: Float64Array,
  penalty: number,
  iterations = 40,
): Linear {
  let total = 0
  let bias = 0
  for (let row = 0; row < x.rows; row++) {
    total += rowWeights[row] as number
    bias += (rowWeights[row] as number) * (targets[row] as number)
  }
  bias /= total
  const weights = new Float64Array(x.columns)
  const residual = new Float64Array(x.columns)
  for (let row = 0; row < x.rows; row++) {
    const weight = rowWeights[row] as number
    if (weight > 0) x.addTo(residual, row, weight * ((targets[row] as number) - bias))
  }
  const direction = residual.slice()
  const applied = new Float64Array(x.columns)
  let square = dotOf(residual, residual)
  for (let step = 0; step < iterations && square > 1e-9; step++) {
    for (let column = 0; column < x.columns; column++) {
      applied[column] = penalty * (direction[column] as number)
    }
    for (let row = 0; row < x.rows; row++) {
      const weight = rowWeights[row] as number
      if (weight > 0) x.addTo(applied, row, weight * x.dot(row, direction))
    }
    const length = square / dotOf(direction, applied)
    for (let column = 0; column < x.columns; column++) {
      weights[column] = (weights[column] as number) + length * (direction[column] as number)
      residual[column] = (residual[column] as number) - length * (applied[column] as number)
    }
    const next = dotOf(residual, residual)
    const keep = next / square
    square = next
    for (let column = 0; column < x.columns; column++) {
      direction[column] = (residual[column] as number) + keep * (direction[column] as number)
    }
  }
  return { weights, bias }
}

function dotOf(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let index = 0; index < a.length; index++) sum += (a[index] as number) * (b[index] as number)
  return sum
}

export function shuffle<T>(items: T[], random: () => number): void {
  for (let index = items.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1))
    const kept = items[index] as T
    items[index] = items[other] as T
    items[other] = kept
  }
}
