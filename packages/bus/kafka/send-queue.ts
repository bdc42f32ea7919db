import type { Clock } from '@longhaul/contracts'
import { Deque } from '../memory/deque.ts'
import { BusFullError, BusUnavailableError, type Message } from '../port.ts'
import { bytesOf } from './record.ts'

export interface OutgoingTopic {
  topic: string
  messages: Message[]
}

/** One connection of an idempotent producer. */
export interface Sender {
  /** Keeps trying for as long as it likes; after a rejection what became of the messages is unknown. */
  send(batch: OutgoingTopic[]): Promise<void>
  /** Resolves when it does nothing any more. */
  close(): Promise<void>
}

export interface SendQueueDependencies {
  connect(): Promise<Sender>
  clock: Clock
  logger: { warn(fields: object, text: string): void }
  /** A request takes unusually long; perhaps these topics are gone. */
  onSlow(topics: string[]): void
}

export interface SendQueueOptions {
  /** Messages that wait or are under way. */
  maxUnsent: number
  maxUnsentBytes: number
  publishTimeoutMs: number
}

interface Unsent {
  readonly topic: string
  readonly message: Message
  readonly bytes: number
  readonly deadlineAt: number
  resolve(): void
  reject(error: Error): void
}

/** Below the broker's usual bound of 1 MiB, since a request may go to one partition as one batch. */
const LARGEST_REQUEST_BYTES = 960 * 1024
const LARGEST_REQUEST_MESSAGES = 4_000
const SLOW_SEND_MS = 1_000
const FIRST_RETRY_MS = 200
const LONGEST_RETRY_MS = 2_000

/**
 * Sends messages in the order in which they came, one request at a time: what
 * gathers while a request is under way goes with the next.
 *
 * `connecting` (from the start) lets messages wait for the first connection.
 * `up` sends. A message that is not acknowledged within its time takes the queue
 * `down`: everything that waits is refused at once, and so is whatever comes,
 * until connecting succeeds again; callers must not pile up while the broker is
 * away. `stopped` is for good.
 *
 * A sender whose request failed or took too long is never used again. What
 * became of its messages is unknown, and its sequence numbers with it: the
 * broker might take the next request for a repetition of the lost one, and
 * acknowledge it without keeping it.
 */
export class SendQueue {
  readonly #dependencies: SendQueueDependencies
  readonly #options: SendQueueOptions
  #state: 'connecting' | 'up' | 'down' | 'stopped' = 'connecting'
  #sender: Sender | undefined
  readonly #waiting = new Deque<Unsent>()
  #underWay: Unsent[] = []
  #unsentBytes = 0
  #meanBytes = 256
  #flushScheduled = false
  #cancelTimer: (() => void) | undefined
  #cancelSlow: (() => void) | undefined
  #onEmpty: (() => void) | undefined
  #onTried: (() => void) | undefined
  #failure: BusUnavailableError | undefined

  constructor(dependencies: SendQueueDependencies, options: SendQueueOptions) {
    this.#dependencies = dependencies
    this.#options = options
    void this.#connect()
  }

  get state(): 'connecting' | 'up' | 'down' | 'stopped' {
    return this.#state
  }

  /** Why it is down, or was last. */
  get failure(): string | undefined {
    return this.#failure?.detail
  }

  get unsent(): number {
    return this.#waiting.length + this.#underWay.length
  }

  /** By count, and by bytes at the mean size of the latest messages; 0 while publishing is refused. */
  get room(): number {
    if (this.#state === 'down' || this.#state === 'stopped') return 0
    const { maxUnsent, maxUnsentBytes } = this.#options
    const byBytes = Math.floor((maxUnsentBytes - this.#unsentBytes) / this.#meanBytes)
    return Math.max(0, Math.min(maxUnsent - this.unsent, byBytes))
  }

  publish(topic: string, message: Message): Promise<void> {
    const bytes = bytesOf(message)
    if (bytes > LARGEST_REQUEST_BYTES) {
      const detail = `a message of ${bytes} bytes is above the bound of ${LARGEST_REQUEST_BYTES}`
      return Promise.reject(new RangeError(detail))
    }
    if (this.#state === 'stopped') return Promise.reject(stopped())
    if (this.#state === 'down') return Promise.reject(this.#failure)
    if (this.room === 0) return Promise.reject(new BusFullError(topic))
    this.#meanBytes += (bytes - this.#meanBytes) / 16
    this.#unsentBytes += bytes
    return new Promise((resolve, reject) => {
      const deadlineAt = this.#dependencies.clock.now() + this.#options.publishTimeoutMs
      this.#waiting.push({ topic, message, bytes, deadlineAt, resolve, reject })
      this.#watchOldest()
      this.#scheduleFlush()
    })
  }

  /** Resolves once connecting succeeded or failed for the first time, or after `timeoutMs`. */
  async tried(timeoutMs: number): Promise<void> {
    if (this.#state !== 'connecting') return
    await new Promise<void>(resolve => {
      const cancel = this.#dependencies.clock.schedule(timeoutMs, resolve)
      this.#onTried = () => {
        cancel()
        resolve()
      }
    })
  }

  /** The broker was found to be away: what would wait for it in vain is refused. */
  lost(error: unknown): void {
    if (this.#state === 'up' && this.#underWay.length === 0) this.#goDown(error)
  }

  /** Sends what waits, within the time that each message has, and takes no more. */
  async stop(): Promise<void> {
    if (this.#state === 'stopped') return
    const before = this.#state
    this.#state = 'stopped'
    if (before === 'up' && this.unsent > 0) {
      await new Promise<void>(resolve => {
        this.#onEmpty = resolve
      })
    }
    this.#refuseAll(stopped())
    const sender = this.#sender
    this.#sender = undefined
    await sender?.close()
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled || this.#underWay.length > 0) return
    this.#flushScheduled = true
    setImmediate(() => {
      this.#flushScheduled = false
      this.#flush()
    })
  }

  #flush(): void {
    const sender = this.#sender
    if (!sender || this.#underWay.length > 0 || this.#waiting.length === 0) return
    const batch = this.#takeBatch()
    this.#cancelSlow = this.#dependencies.clock.schedule(SLOW_SEND_MS, () =>
      this.#dependencies.onSlow(batch.map(({ topic }) => topic)),
    )
    sender.send(batch).then(
      () => this.#onSent(sender),
      error => this.#onFailed(sender, error),
    )
  }

  #takeBatch(): OutgoingTopic[] {
    const byTopic = new Map<string, OutgoingTopic>()
    let bytes = 0
    for (let next = this.#waiting.first; next; next = this.#waiting.first) {
      bytes += next.bytes
      if (bytes > LARGEST_REQUEST_BYTES && this.#underWay.length > 0) break
      if (this.#underWay.length >= LARGEST_REQUEST_MESSAGES) break
      this.#waiting.shift()
      this.#underWay.push(next)
      const outgoing = byTopic.get(next.topic)
      if (outgoing) outgoing.messages.push(next.message)
      else byTopic.set(next.topic, { topic: next.topic, messages: [next.message] })
    }
    return [...byTopic.values()]
  }

  #onSent(sender: Sender): void {
    if (sender !== this.#sender) return
    for (const { resolve } of this.#endRequest()) resolve()
    this.#afterRequest()
  }

  #onFailed(sender: Sender, error: unknown): void {
    if (sender !== this.#sender) return
    const failure = unavailable(error)
    this.#failure = failure
    for (const { reject } of this.#endRequest()) reject(failure)
    this.#abandonSender()
    if (this.#state !== 'stopped') {
      this.#state = 'connecting'
      void this.#connect()
    }
    this.#afterRequest()
  }

  #endRequest(): Unsent[] {
    const ended = this.#underWay
    this.#underWay = []
    for (const { bytes } of ended) this.#unsentBytes -= bytes
    this.#cancelSlow?.()
    return ended
  }

  #afterRequest(): void {
    if (this.unsent === 0) this.#onEmpty?.()
    if (this.#waiting.length > 0) this.#scheduleFlush()
  }

  /** All have the same time, so that the oldest is the first to run out of it. */
  #watchOldest(): void {
    if (this.#cancelTimer) return
    const oldest = this.#underWay[0] ?? this.#waiting.first
    if (!oldest) return
    const { clock } = this.#dependencies
    this.#cancelTimer = clock.schedule(oldest.deadlineAt - clock.now(), () => {
      this.#cancelTimer = undefined
      const still = this.#underWay[0] ?? this.#waiting.first
      if (still && still.deadlineAt <= clock.now()) this.#goDown(this.#failure ?? 'no answer')
      else this.#watchOldest()
    })
  }

  #goDown(reason: unknown): void {
    this.#failure = unavailable(reason)
    const wasConnecting = this.#state === 'connecting'
    if (this.#state !== 'stopped') this.#state = 'down'
    this.#abandonSender()
    this.#refuseAll(this.#failure)
    if (this.#state === 'down' && !wasConnecting) void this.#connect()
  }

  #refuseAll(error: Error): void {
    for (const { reject } of this.#endRequest()) reject(error)
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      this.#unsentBytes -= next.bytes
      next.reject(error)
    }
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#onEmpty?.()
  }

  #abandonSender(): void {
    const sender = this.#sender
    this.#sender = undefined
    // It may take its time, or fail, as the broker does: nobody waits for it.
    sender?.close().catch(() => {})
  }

  async #connect(): Promise<void> {
    const { connect, clock, logger } = this.#dependencies
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)) {
      try {
        const sender = await connect()
        if (this.#state === 'stopped') return void (await sender.close())
        this.#sender = sender
        break
      } catch (error) {
        if (this.#state === 'stopped') return
        if (retryMs === FIRST_RETRY_MS) {
          logger.warn({ err: error }, 'the bus cannot be reached; trying again')
        }
        this.#failure = unavailable(error)
        this.#state = 'down'
        this.#refuseAll(this.#failure)
        this.#onTried?.()
        await new Promise<void>(resolve => void clock.schedule(retryMs, resolve))
        if (this.#isStopped) return
      }
    }
    this.#state = 'up'
    this.#onTried?.()
    this.#scheduleFlush()
  }

  get #isStopped(): boolean {
    return this.#state === 'stopped'
  }
}

function unavailable(reason: unknown): BusUnavailableError {
  if (reason instanceof BusUnavailableError) return reason
  if (!(reason instanceof Error)) return new BusUnavailableError(String(reason))
  return new BusUnavailableError(reason.message, { cause: reason })
}

function stopped(): BusUnavailableError {
  return new BusUnavailableError('it was stopped')
}
