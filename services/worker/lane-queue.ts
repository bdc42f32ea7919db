import { type Lane, lanes } from '@longhaul/contracts'

/**
 * What a pool has in hand and not begun. Lanes are drained by weight (smooth
 * weighted round robin, as in nginx), tenants within a lane in turn: jobs of a
 * model cost alike, so a quantum of one job makes round robin the deficit round
 * robin of Shreedhar and Varghese (1995).
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
  pop(): Item | undefined {
    let total = 0
    let next: LaneState<Item> | undefined
    for (const state of this.#lanes) {
      if (state.tenants.size === 0) continue
      total += state.weight
      state.credit += state.weight
      if (!next || state.credit > next.credit) next = state
    }
    if (!next) return undefined
    next.credit -= total
    this.#size -= 1
    return takeInTurn(next.tenants)
  }

  /** Everything, in the order it would be popped. */
  *drain(): Generator<Item> {
    for (let item = this.pop(); item !== undefined; item = this.pop()) yield item
  }
}

interface LaneState<Item> {
  lane: Lane
  weight: number
  credit: number
  /** In turn order: who was served goes to the end. */
  tenants: Map<string, Item[]>
}

function takeInTurn<Item>(tenants: Map<string, Item[]>): Item | undefined {
  for (const [tenant, waiting] of tenants) {
    const item = waiting.shift()
    tenants.delete(tenant)
    if (waiting.length > 0) tenants.set(tenant, waiting)
    return item
  }
  return undefined
}
