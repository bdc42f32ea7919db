import { describe, expect, it } from '@jest/globals'
import { Trees } from '../packages/routing/predictor/trees.ts'
import { boost } from './boosting.ts'
import { seededRandom } from './metrics.ts'
import { ridge, SparseRows } from './sparse.ts'
import { svmByClass } from './svm.ts'

function rowsOf(list: readonly (readonly number[])[]): SparseRows {
  const rows = new SparseRows(list[0]?.length ?? 0)
  for (const row of list) rows.add([...row.keys()], row, row.length)
  return rows
}

describe('ridge', () => {
  it('finds the weights of a linear rule', () => {
    const random = seededRandom(1)
    const list = Array.from({ length: 200 }, () => [random() - 0.5, random() - 0.5])
    const targets = Float64Array.from(list, ([a = 0, b = 0]) => 3 + 2 * a - b)
    const alike = new Float64Array(list.length).fill(1)
    const { weights } = ridge(rowsOf(list), targets, alike, 1e-6)
    expect(weights[0]).toBeCloseTo(2, 1)
    expect(weights[1]).toBeCloseTo(-1, 1)
  })

  it('leaves out rows of weight 0', () => {
    const rows = rowsOf([[1], [-1], [1]])
    const weights = Float64Array.of(1, 1, 0)
    expect(ridge(rows, Float64Array.of(1, -1, 99), weights, 0).weights[0]).toBeCloseTo(1)
  })
})

describe('svmByClass', () => {
  const x = rowsOf([
    [1, 0],
    [0, 1],
    [1, 0],
    [0, 1],
  ])
  const options = { classes: 2, cost: 10, passes: 100 }

  it('gives each class the columns that speak for it', () => {
    const classOf = Int16Array.of(0, 1, 0, 1)
    const weights = svmByClass({ x, classOf, weights: new Float64Array(4).fill(1) }, options)
    expect(weights[0]).toBeGreaterThan(0.3)
    expect(weights[1]).toBeLessThan(-0.3)
    expect(weights[3]).toBeGreaterThan(0.3)
  })

  it('heeds rows by their weight', () => {
    const classOf = Int16Array.of(0, 1, 1, 1)
    const weights = svmByClass({ x, classOf, weights: Float64Array.of(9, 1, 1, 1) }, options)
    const [own = 0, other = 0] = [0, 1].map(one => (weights[one] ?? 0) + (weights[4 + one] ?? 0))
    expect(own).toBeGreaterThan(other)
  })
})

describe('boost', () => {
  const random = seededRandom(2)
  const rows = 600
  const features = Float32Array.from({ length: rows * 3 }, () => random())
  const at = (row: number, feature: number) => features[row * 3 + feature] as number

  it('learns a rule of two features, which no linear model knows, for each head', () => {
    const targets = new Float64Array(rows * 2)
    for (let row = 0; row < rows; row++) {
      const rule = at(row, 0) > 0.5 !== at(row, 2) > 0.5 ? 1 : -1
      targets[row * 2] = rule
      targets[row * 2 + 1] = -2 * rule
    }
    const options = { trees: 40, depth: 3, rate: 0.3, shrinkage: 1, bins: 16 }
    const trees = new Trees(boost(features, 3, targets, 2, options))
    let right = 0
    for (let row = 0; row < rows; row++) {
      const [first = 0, second = 0] = trees.ask(features.subarray(row * 3, row * 3 + 3))
      const expected = targets[row * 2] as number
      if (Math.sign(first) === expected && Math.sign(second) === -expected) right += 1
    }
    expect(right / rows).toBeGreaterThan(0.9)
  })
})
