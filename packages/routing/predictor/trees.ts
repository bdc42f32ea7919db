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

/** Adds what the trees say of `features` to `into`, which has a place for each head. */
export function addTrees(into: Float64Array, block: TreeBlock, features: Float32Array): void {
  const { heads, depth, trees } = block
  let question = 0
  for (let tree = 0; tree < trees; tree++) {
    let leaf = 0
    for (let level = 0; level < depth; level++, question++) {
      const value = features[block.features[question] as number] as number
      leaf = (leaf << 1) | (value > (block.thresholds[question] as number) ? 1 : 0)
    }
    const base = ((tree << depth) + leaf) * heads
    for (let head = 0; head < heads; head++) {
      into[head] = (into[head] as number) + (block.values[base + head] as number)
    }
  }
}
