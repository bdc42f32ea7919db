/**
 * Symmetric trees: every node of a level asks the same question, so a tree is
 * `depth` comparisons whose answers are the bits of its leaf, first level
 * highest. A leaf holds a value for each head.
 */
export interface TreeBlock {
  heads: number
  depth: number
  trees: number
  /** `tree * depth + level`. */
  features: Uint8Array
  thresholds: Float32Array
  /** `(tree * 2 ** depth + leaf) * heads + head`. */
  values: Float32Array
}

/**
 * Adds what the trees say of `features` to `into`, which has a place for each
 * head. Neither features nor thresholds are negative, so that their bits
 * compare as they do: the answer is a sign, where branches that nobody can
 * predict would take most of the time.
 */
export function addTrees(into: Float64Array, block: TreeBlock, features: Float32Array): void {
  const { heads, depth, trees, values } = block
  if (leaves.length < trees) leaves = new Int32Array(trees)
  findLeaves(block, bitsOf(features))
  for (let head = 0; head < heads; head++) {
    let sum = into[head] as number
    for (let tree = 0; tree < trees; tree++) {
      sum += values[Math.imul((tree << depth) + (leaves[tree] as number), heads) + head] as number
    }
    into[head] = sum
  }
}

/** Of each tree the leaf that was reached. Values come from far, so nothing is added up before all are known. */
let leaves = new Int32Array(128)

function findLeaves(block: TreeBlock, given: Int32Array): void {
  const { depth, trees, features: asked } = block
  const thresholds = bitsOf(block.thresholds)
  let question = 0
  for (let tree = 0; tree < trees; tree++) {
    let leaf = 0
    for (let level = 0; level < depth; level++, question++) {
      const value = given[asked[question] as number] as number
      leaf = (leaf << 1) | (((thresholds[question] as number) - value) >>> 31)
    }
    leaves[tree] = leaf
  }
}

function bitsOf(numbers: Float32Array): Int32Array {
  return new Int32Array(numbers.buffer, numbers.byteOffset, numbers.length)
}
