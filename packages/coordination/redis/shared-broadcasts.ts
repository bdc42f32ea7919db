import { OwnBroadcasts } from '../own-broadcasts.ts'
import type { Broadcasts, Channels } from '../port.ts'
import type { CoordinationLogger } from '../receivers.ts'

/** What waits per channel while a flush hangs; what is above is dropped, as news may be. */
const MOST_WAITING = 10_000
const MOST_PER_MESSAGE = 2_000

export type ChannelName = keyof Channels

export interface SharedBroadcastsDependencies {
  logger: CoordinationLogger
  /** Whether the others can be told now. */
  linked: () => boolean
  /** Something waits to be told. */
  request: () => void
  /** Somebody here wants to hear what others tell on this channel; called once for each. */
  listenTo: (channel: ChannelName) => void
}

/**
 * Told within this process at once, and to the others with the next flush: to
 * those that listen to the channel, since most processes need few of them.
 */
export class SharedBroadcasts implements Broadcasts {
  readonly #own: OwnBroadcasts
  readonly #linked: () => boolean
  readonly #request: () => void
  readonly #listenTo: (channel: ChannelName) => void
  readonly #listened = new Set<ChannelName>()
  readonly #waiting: { [C in ChannelName]: Array<Channels[C]> } = {
    'job-finished': [],
    'job-changed': [],
    'job-cancelled': [],
    'batch-changed': [],
    'work-pending': [],
    'event-pending': [],
  }
  #stopped = false

  constructor({ logger, linked, request, listenTo }: SharedBroadcastsDependencies) {
    this.#own = new OwnBroadcasts(logger)
    this.#listenTo = listenTo
    this.#linked = linked
    this.#request = request
  }

  send<C extends ChannelName>(channel: C, payload: Channels[C]): void {
    if (this.#stopped) return
    this.#own.send(channel, payload)
    const waiting = this.#waiting[channel]
    if (!this.#linked() || waiting.length >= MOST_WAITING) return
    waiting.push(payload)
    this.#request()
  }

  on<C extends ChannelName>(channel: C, receive: (payload: Channels[C]) => void): () => void {
    if (!this.#listened.has(channel)) {
      this.#listened.add(channel)
      this.#listenTo(channel)
    }
    return this.#own.on(channel, receive)
  }

  /** Takes what waits, as the text of a message for each channel. */
  drain(): Array<[channel: ChannelName, payloads: string]> {
    return this.#channels
      .filter(channel => this.#waiting[channel].length > 0)
      .map(channel => {
        const waiting = this.#waiting[channel]
        const payloads = waiting.splice(0, MOST_PER_MESSAGE)
        if (waiting.length > 0) this.#request()
        return [channel, JSON.stringify(payloads)]
      })
  }

  /** What another process told; channels that are not known here come from a later version. */
  receive(channel: string, payloads: string): void {
    if (this.#stopped || !this.#isChannel(channel)) return
    for (const payload of JSON.parse(payloads)) this.#own.send(channel, payload)
  }

  forgetWaiting(): void {
    for (const channel of this.#channels) this.#waiting[channel].length = 0
  }

  /** Silent from now on; what waits can still be drained. */
  stop(): void {
    this.#stopped = true
    this.#own.stop()
  }

  get #channels(): ChannelName[] {
    return Object.keys(this.#waiting) as ChannelName[]
  }

  #isChannel(name: string): name is ChannelName {
    return Object.hasOwn(this.#waiting, name)
  }
}
