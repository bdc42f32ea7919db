import { OwnBroadcasts } from '../own-broadcasts.ts'
import type { Broadcasts, Channels } from '../port.ts'
import type { CoordinationLogger } from '../receivers.ts'

/** What waits per channel while a flush hangs; what is above is dropped, as news may be. */
const MOST_WAITING = 10_000
const MOST_PER_MESSAGE = 2_000

export interface SharedBroadcastsDependencies {
  logger: CoordinationLogger
  /** Whether the others can be told now. */
  linked: () => boolean
  /** Something waits to be told. */
  request: () => void
}

/** Told within this process at once, and to the others in one message per channel and flush. */
export class SharedBroadcasts implements Broadcasts {
  readonly #own: OwnBroadcasts
  readonly #linked: () => boolean
  readonly #request: () => void
  readonly #waiting: { [C in keyof Channels]: Array<Channels[C]> } = {
    'job-finished': [],
    'job-changed': [],
    'job-cancelled': [],
    'batch-changed': [],
    'work-pending': [],
    'event-pending': [],
  }
  #stopped = false

  constructor({ logger, linked, request }: SharedBroadcastsDependencies) {
    this.#own = new OwnBroadcasts(logger)
    this.#linked = linked
    this.#request = request
  }

  get channels(): Array<keyof Channels> {
    return Object.keys(this.#waiting) as Array<keyof Channels>
  }

  send<C extends keyof Channels>(channel: C, payload: Channels[C]): void {
    if (this.#stopped) return
    this.#own.send(channel, payload)
    const waiting = this.#waiting[channel]
    if (!this.#linked() || waiting.length >= MOST_WAITING) return
    waiting.push(payload)
    this.#request()
  }

  on<C extends keyof Channels>(channel: C, receive: (payload: Channels[C]) => void): () => void {
    return this.#own.on(channel, receive)
  }

  /** Takes what waits, as messages for the other processes. */
  drain(): Array<{ channel: keyof Channels; message: string }> {
    return this.channels.flatMap(channel => {
      const payloads = this.#waiting[channel].splice(0, MOST_PER_MESSAGE)
      if (this.#waiting[channel].length > 0) this.#request()
      return payloads.length > 0 ? [{ channel, message: JSON.stringify(payloads) }] : []
    })
  }

  /** A message of another process. */
  receive<C extends keyof Channels>(channel: C, message: string): void {
    if (this.#stopped) return
    for (const payload of JSON.parse(message) as Array<Channels[C]>) {
      this.#own.send(channel, payload)
    }
  }

  forgetWaiting(): void {
    for (const channel of this.channels) this.#waiting[channel].length = 0
  }

  /** Silent from now on; what waits can still be drained. */
  stop(): void {
    this.#stopped = true
    this.#own.stop()
  }
}
