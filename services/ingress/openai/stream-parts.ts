import type { StreamPart } from '@longhaul/coordination'

export interface PartsReceiver {
  chunk(chunk: string): void
  /**
   * Another call writes the answer anew. @returns whether that can be hidden;
   * if not, nothing more is received.
   */
  restarted(): boolean
}

/**
 * The chunks of one job's answer, in order and without gaps. After a gap no
 * more of that call are received: the answer is whole in Postgres later.
 */
export class StreamParts {
  readonly #receiver: PartsReceiver
  #attempt = 0
  #next = 0
  #closed = false

  constructor(receiver: PartsReceiver) {
    this.#receiver = receiver
  }

  take({ attempt, first, chunks }: StreamPart): void {
    if (this.#closed || attempt < this.#attempt) return
    if (attempt > this.#attempt) this.#begin(attempt)
    if (this.#closed || first !== this.#next) return
    for (const chunk of chunks) this.#receiver.chunk(chunk)
    this.#next += chunks.length
  }

  #begin(attempt: number): void {
    const isFirst = this.#attempt === 0
    this.#attempt = attempt
    this.#next = 0
    if (!isFirst && !this.#receiver.restarted()) this.#closed = true
  }
}
