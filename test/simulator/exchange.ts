import type { ServerResponse } from 'node:http'
import type { CallOutcome, CallRegistry, OpenCall } from './calls.ts'
import type { ModelScript } from './scripts.ts'

export interface ExchangeParts {
  response: ServerResponse
  registry: CallRegistry
  call: OpenCall
  model: ModelScript
  /** Raw headers (name, value, …) that every answer of this call carries. */
  headers: string[]
}

/**
 * One call on its socket. It writes, waits with at most one timer, and ends
 * once: when the answer is out, when a fault destroys the socket, or when the
 * client leaves, which stops the timer.
 */
export class Exchange {
  readonly #parts: ExchangeParts
  #timer: NodeJS.Timeout | undefined
  #listening = false

  constructor(parts: ExchangeParts) {
    this.#parts = parts
    parts.model.inFlight += 1
  }

  /** Goes on after `ms`, at once when that is 0; never, if the client leaves first. */
  wait(ms: number, next: () => void): void {
    if (ms <= 0) {
      next()
      return
    }
    this.hold()
    this.#timer = setTimeout(next, ms)
  }

  /** Leaves the call open until the client leaves. */
  hold(): void {
    if (this.#listening) return
    this.#listening = true
    this.#parts.response.once('close', () => {
      clearTimeout(this.#timer)
      this.#end('aborted')
    })
  }

  sendJson(status: number, body: string, headers: string[] = []): void {
    this.#head(status, body, headers)
    this.#parts.response.end(body)
    this.#end('answered')
  }

  /** Sends the headers of the whole body, but only the first half of it. */
  sendHalf(status: number, body: string, then: () => void): void {
    this.hold()
    this.#head(status, body, [])
    this.#parts.response.write(body.slice(0, body.length / 2), then)
  }

  openStream(): void {
    this.hold()
    this.#parts.call.status = 200
    this.#parts.response.writeHead(200, [
      'content-type',
      'text/event-stream; charset=utf-8',
      'cache-control',
      'no-cache',
      ...this.#parts.headers,
    ])
  }

  /** Calls back once the text has left the process. */
  write(text: string, flushed?: () => void): void {
    this.#parts.response.write(text, flushed)
  }

  closeStream(text: string): void {
    this.#parts.response.end(text)
    this.#end('answered')
  }

  /** Ends the connection; with `reset`, as a crashed peer would (TCP RST). */
  drop(how: 'close' | 'reset'): void {
    const { socket } = this.#parts.response
    this.#end('dropped')
    if (how === 'reset') socket?.resetAndDestroy()
    else socket?.destroy()
  }

  #head(status: number, body: string, headers: string[]): void {
    this.#parts.call.status = status
    this.#parts.response.writeHead(status, [
      'content-type',
      'application/json',
      'content-length',
      String(Buffer.byteLength(body)),
      ...this.#parts.headers,
      ...headers,
    ])
  }

  #end(outcome: Exclude<CallOutcome, 'in-flight'>): void {
    const { registry, call, model } = this.#parts
    if (call.outcome !== 'in-flight') return
    model.inFlight -= 1
    registry.end(call, outcome)
  }
}
