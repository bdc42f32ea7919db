import { overloaded } from './answer.ts'

/** So many at a time, and the next is refused: for what holds memory or connections while it lasts. */
export class Slots {
  readonly #most: number
  readonly #refusal: string
  #taken = 0

  /** @param refusal what is told who comes when all are taken */
  constructor(most: number, refusal: string) {
    this.#most = most
    this.#refusal = refusal
  }

  /** @throws {LonghaulError} overloaded */
  async during<Out>(work: () => Promise<Out>): Promise<Out> {
    if (this.#taken >= this.#most) throw overloaded(this.#refusal)
    this.#taken += 1
    try {
      return await work()
    } finally {
      this.#taken -= 1
    }
  }
}
