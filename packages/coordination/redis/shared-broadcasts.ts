import { OwnBroadcasts } from '../own-broadcasts.ts'
import type { Broadcasts, Channels } from '../port.ts'
import type { CoordinationLogger } from '../receivers.ts'

/** What waits per channel while a flush hangs; what is above is dropped, as news may be. */
const MOST_WAITING = 10_000
const MOST_PER_MESSAGE = 2_000

/** What others are told in one message. */
export type Payloads = { [C in keyof Channels]?: Array<Channels[C]> }

export interface SharedBroadcastsDependencies {
  logger: CoordinationLogger
  /** Whether the others can be told now. */
  linked: () => boolean
  /** Something waits to be told. */
  request: () => void
}

/** Told within this process at once, and to the others with the next flush. */
export class SharedBroadcasts implements Broadcasts {
  readonly #own: OwnBroadcasts
  readonly #linked: () => boolean
  readonly #request: () => void
  readonly #waiting: { [C in keyof Channels]: Array<Channels[C]> } = {
    'job-finished': [],
    'job-changed': [],
    'job-cancelled': [],
    'work-pending': [],
    'event-pending': [],
  }
  #stopped = false

  constructor({ logger, linked, request }: SharedBroadcastsDependencies) {
    this.#own = new OwnBroadcasts(logger)
    this.#linked = linked
    this.#request = request
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

  /** Takes what waits; undefined: nothing. */
  drain(): Payloads | undefined {
    const drained: Payloads = {}
    let any = false
    const take = <C extends keyof Channels>(channel: C) => {
      const waiting = this.#waiting[channel]
      if (waiting.length === 0) return
      const payloads: Array<Channels[C]> = waiting.splice(0, MOST_PER_MESSAGE)
      Object.assign(drained, { [channel]: payloads })
      any = true
      if (waiting.length > 0) this.#request()
    }
    for (const channel of this.#channels) take(channel)
    return any ? drained : undefined
  }

  /** What another process told. */
  receive(told: Payloads): void {
    if (this.#stopped) return
    const tell = <C extends keyof Channels>(channel: C) => {
      for (const payload of told[channel] ?? []) this.#own.send(channel, payload)
    }
    for (const channel of this.#channels) tell(channel)
  }

  forgetWaiting(): void {
    for (const channel of this.#channels) this.#waiting[channel].length = 0
  }

  /** Silent from now on; what waits can still be drained. */
  stop(): void {
    this.#stopped = true
    this.#own.stop()
  }

  get #channels(): Array<keyof Channels> {
    return Object.keys(this.#waiting) as Array<keyof Channels>
  }
}
