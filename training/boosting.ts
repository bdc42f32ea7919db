import type { TreeBlock } from '../packages/routing/predictor/trees.ts'

export interface BoostingOptions {
  trees: number
  depth: number
  rate: number
  /** Pulls the values of leaves that few rows reach toward 0. */
  shrinkage: number
  bins: number
}

interface Binned {
  /** Feature by feature, the bin of each row. */
  bins: Uint8Array
  thresholds: Float32Array[]
}

/**
 * Gradient boosting of symmetric trees (all nodes of a level ask the same
 * question) with a value per head in each leaf: heads share the questions, so
 * that what is noise to one is not taken for a rule.
 * @param features row by row
 * @param targets row by row, a value for each head
 */
export function boost(
  features: Float32Array,
  width: number,
  targets: Float64Array,
  heads: number,
  options: BoostingOptions,
): TreeBlock {
  const rows = targets.length / heads
  const binned = cut(features, width, rows, options.bins)
  const residuals = targets.slice()
  const leaves = 1 << options.depth
  const block: TreeBlock = {
    heads,
    depth: options.depth,
    trees: options.trees,
    features: new Uint8Array(options.trees * options.depth),
    thresholds: new Float32Array(options.trees * options.depth),
    values: new Float32Array(options.trees * leaves * heads),
  }
  const leafOf = new Uint8Array(rows)
  for (let tree = 0; tree < options.trees; tree++) {
    leafOf.fill(0)
    for (let level = 0; level < options.depth; level++) {
      const { feature, bin } = bestQuestion(binned, residuals, heads, leafOf, 1 << level, options)
      const question = tree * options.depth + level
      block.features[question] = feature
      block.thresholds[question] = binned.thresholds[feature]?.[bin] ?? 0
      const base = feature * rows
      for (let row = 0; row < rows; row++) {
        const right = (binned.bins[base + row] as number) > bin ? 1 : 0
        leafOf[row] = ((leafOf[row] as number) << 1) | right
      }
    }
    settleLeaves(block, tree, residuals, leafOf, options)
  }
  return block
}

function settleLeaves(
  { heads, depth, values }: TreeBlock,
  tree: number,
  residuals: Float64Array,
  leafOf: Uint8Array,
  { rate, shrinkage }: BoostingOptions,
): void {
  const base = (tree << depth) * heads
  const sums = new Float64Array(heads << depth)
  const counts = new Float64Array(1 << depth)
  for (let row = 0; row < leafOf.length; row++) {
    const leaf = leafOf[row] as number
    counts[leaf] = (counts[leaf] as number) + 1
    for (let head = 0; head < heads; head++) {
      const place = leaf * heads + head
      sums[place] = (sums[place] as number) + (residuals[row * heads + head] as number)
    }
  }
  for (let place = 0; place < sums.length; place++) {
    const count = counts[Math.floor(place / heads)] as number
    values[base + place] = (rate * (sums[place] as number)) / (count + shrinkage)
  }
  for (let row = 0; row < leafOf.length; row++) {
    for (let head = 0; head < heads; head++) {
      const value = values[base + (leafOf[row] as number) * heads + head] as number
      residuals[row * heads + head] = (residuals[row * heads + head] as number) - value
    }
  }
}

function bestQuestion(
  { bins, thresholds }: Binned,
  residuals: Float64Array,
  heads: number,
  leafOf: Uint8Array,
  nodes: number,
  options: BoostingOptions,
): { feature: number; bin: number } {
  const rows = leafOf.length
  const cells = nodes * options.bins
  const stride = heads + 1
  const table = new Float64Array(cells * stride)
  let best = { feature: 0, bin: 0, gain: -1 }
  for (const [feature, cuts] of thresholds.entries()) {
    if (cuts.length === 0) continue
    table.fill(0)
    const base = feature * rows
    for (let row = 0; row < rows; row++) {
      const bin = bins[base + row] as number
      const at = ((leafOf[row] as number) * options.bins + bin) * stride
      table[at] = (table[at] as number) + 1
      for (let head = 0; head < heads; head++) {
        const place = at + 1 + head
        table[place] = (table[place] as number) + (residuals[row * heads + head] as number)
      }
    }
    const gains = gainsOf(table, nodes, heads, options, cuts.length)
    for (const [bin, gain] of gains.entries()) {
      if (gain > best.gain) best = { feature, bin, gain }
    }
  }
  return best
}

/** By how much each cut lowers the squared error, but for what all cuts have in common. */
function gainsOf(
  table: Float64Array,
  nodes: number,
  heads: number,
  { bins, shrinkage }: BoostingOptions,
  cuts: number,
): Float64Array {
  const gains = new Float64Array(cuts)
  const stride = heads + 1
  const whole = new Float64Array(stride)
  const left = new Float64Array(stride)
  for (let node = 0; node < nodes; node++) {
    whole.fill(0)
    left.fill(0)
    const base = node * bins * stride
    for (let place = 0; place < bins * stride; place++) {
      const column = place % stride
      whole[column] = (whole[column] as number) + (table[base + place] as number)
    }
    for (let bin = 0; bin < cuts; bin++) {
      for (let column = 0; column < stride; column++) {
        left[column] = (left[column] as number) + (table[base + bin * stride + column] as number)
      }
      const count = left[0] as number
      const rest = (whole[0] as number) - count
      let gain = 0
      for (let head = 1; head < stride; head++) {
        const sum = left[head] as number
        const other = (whole[head] as number) - sum
        gain += (sum * sum) / (count + shrinkage) + (other * other) / (rest + shrinkage)
      }
      gains[bin] = (gains[bin] as number) + gain
    }
  }
  return gains
}

/** Cuts each feature at its quantiles. */
function cut(features: Float32Array, width: number, rows: number, bins: number): Binned {
  const binOf = new Uint8Array(width * rows)
  const thresholds: Float32Array[] = []
  const column = new Float32Array(rows)
  for (let feature = 0; feature < width; feature++) {
    for (let row = 0; row < rows; row++) column[row] = features[row * width + feature] as number
    const sorted = column.toSorted()
    const cuts = new Set<number>()
    for (let bin = 1; bin < bins; bin++) {
      const value = sorted[Math.floor((bin * rows) / bins)] as number
      if (value < (sorted[rows - 1] as number)) cuts.add(value)
    }
    const list = Float32Array.from(cuts)
    thresholds.push(list)
    for (let row = 0; row < rows; row++) {
      let bin = 0
      while (bin < list.length && (column[row] as number) > (list[bin] as number)) bin += 1
      binOf[feature * rows + row] = bin
    }
  }
  return { bins: binOf, thresholds }
}
