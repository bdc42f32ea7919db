import type { ServerResponse } from 'node:http'
import type { Clock } from '@longhaul/contracts'

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
}
/** Proxies and clients give up on connections that are silent for long. */
const HEARTBEAT_MS = 3_000

/**
 * Server-sent events to one caller. Nothing is sent, and so a failure can still
 * be an HTTP status, until the first event or the first heartbeat.
 */
export class EventStream {
  readonly #response: ServerResponse
  readonly #clock: Clock
  readonly #headers: () => Promise<Record<string, string>>
  /** What the comment lines say. */
  state = 'queued'
  #waiting: string[] = []
  #opening = false
  #opened = false
  #ended = false
  #cancelHeartbeat = () => {}

  /** @param headers asked for once, right before the first line is sent */
  constructor(
    response: ServerResponse,
    dependencies: { clock: Clock; headers: () => Promise<Record<string, string>> },
  ) {
    this.#response = response
    this.#clock = dependencies.clock
    this.#headers = dependencies.headers
    if (response.destroyed) return
    this.#scheduleHeartbeat()
    response.once('close', () => this.#cancelHeartbeat())
  }

  /** Whether the answer's status is decided. */
  get begun(): boolean {
    return this.#opening
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
    this.#waiting.push(text)
    this.#open()
  }

  #open(): void {
    if (this.#opening) return
    this.#opening = true
    void this.#headers()
      .catch(() => ({}))
      .then(headers => {
        if (this.#response.destroyed) return
        this.#response.writeHead(200, { ...HEADERS, ...headers })
        this.#response.write(this.#waiting.splice(0).join(''))
        this.#opened = true
        if (this.#ended) this.#response.end()
      })
  }

  #scheduleHeartbeat(): void {
    this.#cancelHeartbeat = this.#clock.schedule(HEARTBEAT_MS, () => {
      this.#send(`: ${this.state}\n\n`)
      this.#scheduleHeartbeat()
    })
  }
}
