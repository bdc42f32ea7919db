import { seededRandom } from './metrics.ts'
import { type SparseRows, shuffle } from './sparse.ts'

/** Rows to tell apart. */
export interface Examples {
  x: SparseRows
  /** Of each row. */
  classOf: Int16Array
  /** How much each row counts. */
  weights: Float64Array
}

export interface SvmOptions {
  classes: number
  /** How much an error costs beside the length of the weights. */
  cost: number
  /** Passes over the rows; it ends before where nothing is left to mend. */
  passes: number
}

/** A pass in which no gradient was steeper is the last. */
const SETTLED = 0.02
/** A gradient that is not worth a step. */
const LEVEL = 1e-3

/**
 * Linear support vector machines with squared hinge loss, of each class against
 * the rest, by coordinate descent on the dual (Hsieh et al. 2008), all classes
 * in one pass over the rows. Unlike a regression it leaves alone what is on the
 * right side already. Weights are `column * classes + class`, biases come last.
 */
export function svmByClass(examples: Examples, options: SvmOptions): Float64Array {
  const { x } = examples
  const { classes, cost, passes } = options
  const weights = new Float64Array((x.columns + 1) * classes)
  const dual = new Float64Array(x.rows * classes)
  const squares = squaresOf(x)
  const order = Array.from({ length: x.rows }, (_, row) => row)
  const random = seededRandom(5)
  const steps = new Float64Array(classes)
  for (let pass = 0; pass < passes; pass++) {
    shuffle(order, random)
    let steepest = 0
    for (const row of order) {
      gather(x, row, weights, steps)
      const slack = 0.5 / (cost * (examples.weights[row] as number))
      const square = squares[row] as number
      const own = dual.subarray(row * classes, (row + 1) * classes)
      const steep = descend(own, steps, examples.classOf[row] as number, square, slack)
      if (steep > 0) spread(x, row, steps, weights)
      steepest = Math.max(steepest, steep)
    }
    if (steepest < SETTLED) break
  }
  return weights
}

/**
 * Takes a step for each class.
 * @param said what the weights say of the row; then by how much of the row they shall change
 * @returns the steepest gradient; 0 when none was worth a step
 */
function descend(
  dual: Float64Array,
  said: Float64Array,
  own: number,
  square: number,
  slack: number,
): number {
  let steepest = 0
  for (let one = 0; one < said.length; one++) {
    const side = one === own ? 1 : -1
    const now = dual[one] as number
    const gradient = side * (said[one] as number) - 1 + slack * now
    const steep = Math.abs(now === 0 ? Math.min(0, gradient) : gradient)
    said[one] = 0
    if (steep < LEVEL) continue
    const next = Math.max(0, now - gradient / (square + slack))
    dual[one] = next
    said[one] = (next - now) * side
    steepest = Math.max(steepest, steep)
  }
  return steepest
}

/** The squared length of each row, with the 1 of the bias. */
function squaresOf(x: SparseRows): Float64Array {
  return Float64Array.from({ length: x.rows }, (_, row) => {
    let sum = 1
    const to = x.starts[row + 1] as number
    for (let at = x.starts[row] as number; at < to; at++) sum += (x.values[at] as number) ** 2
    return sum
  })
}

/** What the weights of each class say of a row. */
function gather(x: SparseRows, row: number, weights: Float64Array, into: Float64Array): void {
  const classes = into.length
  const biases = x.columns * classes
  for (let one = 0; one < classes; one++) into[one] = weights[biases + one] as number
  const to = x.starts[row + 1] as number
  for (let at = x.starts[row] as number; at < to; at++) {
    const base = (x.indexes[at] as number) * classes
    const value = x.values[at] as number
    for (let one = 0; one < classes; one++) {
      into[one] = (into[one] as number) + value * (weights[base + one] as number)
    }
  }
}

/** Adds a row to the weights of each class, by its factor. */
function spread(x: SparseRows, row: number, factors: Float64Array, into: Float64Array): void {
  const classes = factors.length
  const biases = x.columns * classes
  for (let one = 0; one < classes; one++) {
    into[biases + one] = (into[biases + one] as number) + (factors[one] as number)
  }
  const to = x.starts[row + 1] as number
  for (let at = x.starts[row] as number; at < to; at++) {
    const base = (x.indexes[at] as number) * classes
    const value = x.values[at] as number
    for (let one = 0; one < classes; one++) {
      into[base + one] = (into[base + one] as number) + value * (factors[one] as number)
    }
  }
}
