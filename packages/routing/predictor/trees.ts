import { Kernel, roomFor } from '../kernel/kernel.ts'

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

/** What trees take up of a kernel. */
export function treesRoom({
  heads,
  depth,
  trees,
}: Pick<TreeBlock, 'heads' | 'depth' | 'trees'>): number {
  const questions = trees * depth
  return roomFor(questions) + roomFor(4 * questions) + roomFor(4 * (trees << depth) * heads)
}

/**
 * Trees that can be asked. Neither features nor thresholds are negative, so
 * that their bits compare as they do: the answer is a sign, where branches that
 * nobody can predict would take most of the time.
 */
export class Trees {
  readonly #kernel: Kernel
  readonly #block: TreeBlock
  readonly #answers: Float64Array

  constructor(block: TreeBlock, kernel = new Kernel(treesRoom(block))) {
    this.#kernel = kernel
    const features = kernel.place(Uint8Array, block.features.length)
    const thresholds = kernel.place(Float32Array, block.thresholds.length)
    const values = kernel.place(Float32Array, block.values.length)
    features.set(block.features)
    thresholds.set(block.thresholds)
    values.set(block.values)
    this.#block = { ...block, features, thresholds, values }
    this.#answers = kernel.view(Float64Array, kernel.addressOf('ANSWERS'), block.heads)
  }

  /** What they say of `features`, for each head; it holds until trees of this kernel are asked again. */
  ask(features: Float32Array): Float64Array {
    const { heads, depth, trees, features: asked, thresholds, values } = this.#block
    this.#kernel.run.askTrees(
      this.#kernel.locate(features, features.length, 'FEATURES'),
      asked.byteOffset,
      thresholds.byteOffset,
      values.byteOffset,
      trees,
      depth,
      heads,
    )
    return this.#answers
  }
}
