import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Clock } from '@longhaul/contracts'

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
}
/** Proxies and clients give up on connections that are silent for long. */
const HEARTBEAT_MS = 3_000
/** Beside what the operating system holds of a connection. */
const MOST_UNREAD_BYTES = 512 * 1024
/** Heartbeats go out all the while, so a connection on which nothing moves for so long has no reader. */
const STALLED_MS = 60_000

/**
 * Server-sent events to one caller. Nothing is sent, and so a failure can still
 * be an HTTP status, until the first event or the first heartbeat. Who sends
 * looks whether the caller is `behind`, so that one who reads slowly costs no
 * more memory than another; one who does not read at all is let go.
 */
export class EventStream {
  readonly #response: ServerResponse
  readonly #clock: Clock
  readonly #headers: () => Promise<Record<string, string>>
  /** What the comment lines say. */
  state = 'queued'
  #waiting = ''
  #opening: Promise<void> | undefined
  #opened = false
  #ended = false
  #cancelHeartbeat = () => {}

  /**
   * @param headers asked for once, right before the first line is sent
   * @param stalledMs how long a caller may take nothing
   */
  constructor(
    response: ServerResponse,
    dependencies: { clock: Clock; headers: () => Promise<Record<string, string>> },
    stalledMs: number = STALLED_MS,
  ) {
    this.#response = response
    this.#clock = dependencies.clock
    this.#headers = dependencies.headers
    if (response.destroyed) return
    response.setTimeout(stalledMs, () => response.destroy())
    this.#scheduleHeartbeat()
    response.once('close', () => this.#cancelHeartbeat())
  }

  /** Whether the answer's status is decided. */
  get begun(): boolean {
    return this.#opening !== undefined
  }

  /** The caller has much to read: send the rest once it is `drained`. */
  get behind(): boolean {
    return this.#waiting.length + this.#response.writableLength > MOST_UNREAD_BYTES
  }

  /** Resolves when the caller has taken what was sent, or is gone. */
  async drained(): Promise<void> {
    await this.#opening
    const response = this.#response
    if (!response.writableNeedDrain || response.destroyed) return
    const gone = new AbortController()
    const leave = () => gone.abort()
    response.once('close', leave)
    await once(response, 'drain', { signal: gone.signal }).catch(() => {})
    response.off('close', leave)
  }

  /** @param data one line; JSON text that was spliced may hold line breaks outside of strings */
  event(data: string, type?: string): void {
    const line = /[\r\n]/.test(data) ? data.replaceAll(/[\r\n]+/g, ' ') : data
    this.#send(`${type === undefined ? '' : `event: ${type}\n`}data: ${line}\n\n`)
  }

  end(): void {
    this.#ended = true
    this.#cancelHeartbeat()
    if (this.#opened) this.#response.end()
    else this.#open()
  }

  /** No event is to come: the caller is answered otherwise. */
  abandon(): void {
    this.#cancelHeartbeat()
  }

  #send(text: string): void {
    if (this.#opened) {
      this.#response.write(text)
      return
    }
    this.#waiting += text
    this.#open()
  }

  #open(): void {
    this.#opening ??= this.#headers()
      .catch(() => ({}))
      .then(headers => {
        if (this.#response.destroyed) return
        this.#response.writeHead(200, { ...HEADERS, ...headers })
        this.#response.write(this.#waiting)
        this.#waiting = ''
        this.#opened = true
        if (this.#ended) this.#response.end()
      })
  }

  #scheduleHeartbeat(): void {
    this.#cancelHeartbeat = this.#clock.schedule(HEARTBEAT_MS, () => {
      if (!this.#response.writableNeedDrain) this.#send(`: ${this.state}\n\n`)
      this.#scheduleHeartbeat()
    })
  }
}
