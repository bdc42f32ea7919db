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

/**
 * Multinomial logistic regression by AdaGrad, one row at a time in a shuffled
 * but fixed order. Weights are `column * classes + class`, biases come last.
 * Rows of class -1 are left out.
 */
export function softmaxRegression(
  x: SparseRows,
  classOf: Int16Array,
  classes: number,
  options: { epochs: number; rate: number; penalty: number; random: () => number },
): Float32Array {
  const weights = new Float32Array((x.columns + 1) * classes)
  const squares = new Float32Array((x.columns + 1) * classes).fill(1e-6)
  const order = Array.from(classOf.keys()).filter(row => (classOf[row] as number) >= 0)
  const scores = new Float64Array(classes)
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    shuffle(order, options.random)
    for (const row of order) {
      scoresOf(x, row, weights, scores)
      softmax(scores)
      const own = classOf[row] as number
      scores[own] = (scores[own] as number) - 1
      learn(x, row, weights, squares, scores, options)
    }
  }
  return weights
}

function learn(
  x: SparseRows,
  row: number,
  weights: Float32Array,
  squares: Float32Array,
  errors: Float64Array,
  { rate, penalty }: { rate: number; penalty: number },
): void {
  const classes = errors.length
  const to = x.starts[row + 1] as number
  for (let at = x.starts[row] as number; at <= to; at++) {
    const column = at < to ? (x.indexes[at] as number) : x.columns
    const value = at < to ? (x.values[at] as number) : 1
    for (let one = 0; one < classes; one++) {
      const place = column * classes + one
      const weight = weights[place] as number
      const slope = (errors[one] as number) * value + penalty * weight
      const square = (squares[place] as number) + slope * slope
      squares[place] = square
      weights[place] = weight - (rate * slope) / Math.sqrt(square)
    }
  }
}

export function scoresOf(
  x: SparseRows,
  row: number,
  weights: Float32Array,
  into: Float64Array,
): void {
  const classes = into.length
  for (let one = 0; one < classes; one++) into[one] = weights[x.columns * classes + one] as number
  const to = x.starts[row + 1] as number
  for (let at = x.starts[row] as number; at < to; at++) {
    const base = (x.indexes[at] as number) * classes
    const value = x.values[at] as number
    for (let one = 0; one < classes; one++) {
      into[one] = (into[one] as number) + value * (weights[base + one] as number)
    }
  }
}

function softmax(scores: Float64Array): void {
  const most = Math.max(...scores)
  let sum = 0
  for (let one = 0; one < scores.length; one++) {
    const value = Math.exp((scores[one] as number) - most)
    scores[one] = value
    sum += value
  }
  for (let one = 0; one < scores.length; one++) scores[one] = (scores[one] as number) / sum
}

export function shuffle<T>(items: T[], random: () => number): void {
  for (let index = items.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1))
    const kept = items[index] as T
    items[index] = items[other] as T
    items[other] = kept
  }
}
