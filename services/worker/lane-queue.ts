import { type Lane, lanes } from '@longhaul/contracts'

/** What a tenant was served fades with this: twice as long ago, it hardly counts. */
const REMEMBERED_MS = 5_000
const MOST_REMEMBERED = 1_000

/**
 * What a pool has in hand and not begun. Lanes are drained by weight (smooth
 * weighted round robin, as in nginx). Within a lane whoever was served least of
 * late is next, jobs of a model costing alike: tenants who always have work go in
 * turn, and one who comes with a little beside one with much does not wait for
 * half of it.
 */
export class LaneQueue<Item> {
  readonly #lanes: LaneState<Item>[]
  #size = 0

  constructor(weights: Record<Lane, { weight: number }>) {
    this.#lanes = lanes.map(lane => ({
      lane,
      weight: weights[lane].weight,
      credit: 0,
      tenants: new Map(),
      served: new Map(),
    }))
  }

  /** From the next item on. */
  reweigh(weights: Record<Lane, { weight: number }>): void {
    for (const state of this.#lanes) state.weight = weights[state.lane].weight
  }

  get size(): number {
    return this.#size
  }

  push(lane: Lane, tenant: string, item: Item): void {
    const state = this.#lanes.find(each => each.lane === lane)
    if (!state) throw new Error(`no lane ${lane}`)
    const waiting = state.tenants.get(tenant)
    if (waiting) waiting.push(item)
    else state.tenants.set(tenant, [item])
    this.#size += 1
  }

  /** The next item; undefined when there is none. */
  pop(now: number): Item | undefined {
    let total = 0
    let next: LaneState<Item> | undefined
    for (const state of this.#lanes) {
      if (state.tenants.size === 0) continue
      total += state.weight
      state.credit += state.weight
      if (!next || state.credit > next.credit) next = state
    }
    const tenant = next && leastServed(next, now)
    if (!next || tenant === undefined) return undefined
    next.credit -= total
    this.#size -= 1
    remember(next, tenant, { count: servedOf(next, tenant, now) + 1, at: now })
    return take(next, tenant)
  }

  /** Everything, lane by lane; nobody was served by it. */
  *drain(): Generator<Item> {
    for (const state of this.#lanes) {
      for (const tenant of [...state.tenants.keys()]) {
        const items = state.tenants.get(tenant) ?? []
        state.tenants.delete(tenant)
        this.#size -= items.length
        yield* items
      }
    }
  }
}

interface LaneState<Item> {
  lane: Lane
  weight: number
  credit: number
  /** In the order in which they came to wait, or were served. */
  tenants: Map<string, Item[]>
  /** Items of late, as of a time (epoch milliseconds); who was served last comes last. */
  served: Map<string, Served>
}

interface Served {
  count: number
  at: number
}

/** Of those alike the first; who was served goes to the end. */
function leastServed<Item>(state: LaneState<Item>, now: number): string | undefined {
  let [least, fewest] = [undefined as string | undefined, Number.POSITIVE_INFINITY]
  for (const tenant of state.tenants.keys()) {
    const served = servedOf(state, tenant, now)
    if (served < fewest) [least, fewest] = [tenant, served]
  }
  return least
}

function remember<Item>({ served }: LaneState<Item>, tenant: string, now: Served): void {
  served.delete(tenant)
  served.set(tenant, now)
  const [oldest] = served.size > MOST_REMEMBERED ? served.keys() : []
  if (oldest !== undefined) served.delete(oldest)
}

function servedOf<Item>({ served }: LaneState<Item>, tenant: string, now: number): number {
  const known = served.get(tenant)
  if (!known) return 0
  // The wall clock may be set back.
  return known.count * Math.exp(Math.min(0, known.at - now) / REMEMBERED_MS)
}

function take<Item>({ tenants }: LaneState<Item>, tenant: string): Item | undefined {
  const waiting = tenants.get(tenant) ?? []
  const item = waiting.shift()
  tenants.delete(tenant)
  if (waiting.length > 0) tenants.set(tenant, waiting)
  return item
}
