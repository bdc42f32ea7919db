import type { Broadcasts, Channels } from './port.ts'
import { type CoordinationLogger, Receivers } from './receivers.ts'

/** Broadcasts within this process. Receivers run before `send` returns. */
export class OwnBroadcasts implements Broadcasts {
  readonly #channels: { [C in keyof Channels]: Receivers<[Channels[C]]> }

  constructor(logger: CoordinationLogger) {
    this.#channels = {
      'job-finished': new Receivers(logger),
      'job-changed': new Receivers(logger),
      'job-cancelled': new Receivers(logger),
      'batch-changed': new Receivers(logger),
      'work-pending': new Receivers(logger),
      'event-pending': new Receivers(logger),
    }
  }

  send<C extends keyof Channels>(channel: C, payload: Channels[C]): void {
    this.#channels[channel].tell(payload)
  }

  on<C extends keyof Channels>(channel: C, receive: (payload: Channels[C]) => void): () => void {
    return this.#channels[channel].add(receive)
  }

  stop(): void {
    for (const receivers of Object.values(this.#channels)) receivers.clear()
  }
}
