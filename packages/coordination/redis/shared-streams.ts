import { OwnStreams } from '../own-streams.ts'
import type { StreamPart, TokenStreams } from '../port.ts'
import type { CoordinationLogger } from '../receivers.ts'

/** What waits for all addresses together while a flush hangs; what is above is dropped, and leaves a gap. */
const MOST_WAITING_CHARACTERS = 8 * 1024 * 1024

export interface SharedStreamsDependencies {
  /** Distinct among processes. */
  address: string
  logger: CoordinationLogger
  /** Whether the others can be told now. */
  linked: () => boolean
  /** Something waits to be told. */
  request: () => void
}

/** Told within this process at once, and to another in one message per flush. */
export class SharedStreams implements TokenStreams {
  readonly address: string
  readonly #own: OwnStreams
  readonly #linked: () => boolean
  readonly #request: () => void
  #waiting = new Map<string, StreamPart[]>()
  #waitingCharacters = 0
  #stopped = false

  constructor({ address, logger, linked, request }: SharedStreamsDependencies) {
    this.address = address
    this.#own = new OwnStreams(logger, address)
    this.#linked = linked
    this.#request = request
  }

  send(address: string, part: StreamPart): void {
    if (this.#stopped) return
    if (address === this.address) {
      this.#own.send(address, part)
      return
    }
    const length = part.chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    if (!this.#linked() || this.#waitingCharacters + length > MOST_WAITING_CHARACTERS) return
    this.#waitingCharacters += length
    this.#append(address, part)
    this.#request()
  }

  on(jobId: string, receive: (part: StreamPart) => void): () => void {
    return this.#own.on(jobId, receive)
  }

  /** Takes what waits, as messages for the other processes. */
  drain(): Array<{ address: string; message: string }> {
    const waiting = this.#waiting
    this.forgetWaiting()
    return [...waiting].map(([address, parts]) => ({ address, message: JSON.stringify(parts) }))
  }

  /** A message to this process. */
  receive(message: string): void {
    if (this.#stopped) return
    for (const part of JSON.parse(message) as StreamPart[]) this.#own.send(this.address, part)
  }

  forgetWaiting(): void {
    this.#waiting = new Map()
    this.#waitingCharacters = 0
  }

  /** Silent from now on. */
  stop(): void {
    this.#stopped = true
    this.#own.stop()
  }

  /** What follows a part that still waits goes with it. */
  #append(address: string, part: StreamPart): void {
    const parts = this.#waiting.get(address) ?? []
    this.#waiting.set(address, parts)
    const last = parts.at(-1)
    const follows =
      last?.jobId === part.jobId &&
      last.attempt === part.attempt &&
      last.first + last.chunks.length === part.first
    if (follows) last.chunks.push(...part.chunks)
    else parts.push({ ...part, chunks: [...part.chunks] })
  }
}
