import type { StreamPart, TokenStreams } from './port.ts'
import { type CoordinationLogger, Receivers } from './receivers.ts'

/** Streams within this process. Receivers run before `send` returns. */
export class OwnStreams implements TokenStreams {
  readonly address: string
  readonly #logger: CoordinationLogger
  readonly #receivers = new Map<string, Receivers<[StreamPart]>>()

  constructor(logger: CoordinationLogger, address = 'here') {
    this.#logger = logger
    this.address = address
  }

  send(address: string, part: StreamPart): void {
    if (address === this.address) this.#receivers.get(part.jobId)?.tell(part)
  }

  on(jobId: string, receive: (part: StreamPart) => void): () => void {
    const receivers = this.#receivers.get(jobId) ?? new Receivers<[StreamPart]>(this.#logger)
    this.#receivers.set(jobId, receivers)
    const leave = receivers.add(receive)
    return () => {
      leave()
      if (receivers.isEmpty && this.#receivers.get(jobId) === receivers) {
        this.#receivers.delete(jobId)
      }
    }
  }

  stop(): void {
    this.#receivers.clear()
  }
}
