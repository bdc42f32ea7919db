import { overloaded } from './answer.ts'

/**
 * So many at a time, and the next is refused: for what holds memory or
 * connections while it lasts. A tenant may hold as many as it leaves free: one
 * gets half of all, two a third each, and whoever comes finds some.
 */
export class Slots {
  readonly #refusal: string
  readonly #taken = new Map<string, number>()
  #free: number

  /** @param refusal what is told who comes when none is left to them */
  constructor(most: number, refusal: string) {
    this.#refusal = refusal
    this.#free = most
  }

  /** @throws {LonghaulError} overloaded */
  async during<Out>(tenantId: string, work: () => Promise<Out>): Promise<Out> {
    const own = this.#taken.get(tenantId) ?? 0
    if (own >= this.#free) throw overloaded(this.#refusal)
    this.#change(tenantId, 1)
    try {
      return await work()
    } finally {
      this.#change(tenantId, -1)
    }
  }

  #change(tenantId: string, by: 1 | -1): void {
    const own = (this.#taken.get(tenantId) ?? 0) + by
    if (own > 0) this.#taken.set(tenantId, own)
    else this.#taken.delete(tenantId)
    this.#free -= by
  }
}
