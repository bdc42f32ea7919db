import type { DispatchKey } from '@longhaul/store'
import { nameOf } from './allocate.ts'

/** Enough that a worker finds the next job on the bus while a round is under way. */
const LEAST = 32
/** A key whose workers are slow shrinks by half in so much time. */
const SHRINK_MS = 1_000
const FULL = 0.75

interface Bound {
  most: number
  /** Since when it has been nearly full. */
  fullSince: number | undefined
}

/**
 * How many bulk jobs of a lane, tenant and model are on the bus at most. Topics
 * are read in order, so whatever is there is in front of the next tenant's: a
 * model that answers fifty a second must not have two thousand of one tenant
 * before it. The bound doubles while workers take most of what was published
 * within a round, and shrinks while they do not, so that it stays at some tens
 * of milliseconds' worth of work. A key begins small whenever it falls due.
 */
export class PublishedBounds {
  #bounds = new Map<string, Bound>()

  /**
   * Told before each round.
   * @param due keys with due work
   * @param published what is on the bus and unclaimed
   * @param most of the configuration
   */
  observe(
    due: readonly DispatchKey[],
    published: ReadonlyArray<DispatchKey & { count: number }>,
    options: { now: number; most: number },
  ): void {
    const counts = new Map(published.map(key => [nameOf(key), key.count]))
    const before = this.#bounds
    this.#bounds = new Map()
    for (const key of due) {
      if (key.lane !== 'bulk') continue
      const name = nameOf(key)
      const bound = before.get(name)
      const next = bound ? adjusted(bound, counts.get(name) ?? 0, options) : small(options.most)
      this.#bounds.set(name, next)
    }
  }

  /** For a key that has due work. */
  of(key: DispatchKey, most: number): number {
    return key.lane === 'bulk' ? (this.#bounds.get(nameOf(key))?.most ?? LEAST) : most
  }
}

function small(most: number): Bound {
  return { most: Math.min(LEAST, most), fullSince: undefined }
}

function adjusted(bound: Bound, count: number, options: { now: number; most: number }): Bound {
  const { now, most } = options
  if (count < bound.most / 2) {
    return { most: Math.min(most, bound.most * 2), fullSince: undefined }
  }
  if (count < bound.most * FULL) return { ...bound, fullSince: undefined }
  const fullSince = bound.fullSince ?? now
  if (now - fullSince < SHRINK_MS) return { ...bound, fullSince }
  const least = Math.min(LEAST, most)
  return { most: Math.max(least, Math.floor(bound.most / 2)), fullSince: now }
}
