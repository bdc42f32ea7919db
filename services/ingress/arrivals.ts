import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '@longhaul/contracts'
import { answerMalformed } from './malformed.ts'

export interface ArrivalsOptions {
  /** For the whole of a request; of one that may take its time, for each byte. */
  timeoutMs: number
  /** Whether it may take as long as it likes while bytes flow: an upload over a slow line. */
  mayTakeLong: (request: IncomingMessage) => boolean
}

/** Of the time-out: how often it is looked. */
const CHECKS = 12

interface Arrival {
  response: ServerResponse
  mayTakeLong: boolean
  /** When it began, or last moved. */
  since: number
  bytesRead: number
}

/**
 * Cuts requests whose bodies do not arrive, with 408. Node's own bound is for
 * whole requests and knows no exception.
 */
export class Arrivals {
  readonly #clock: Clock
  readonly #options: ArrivalsOptions
  readonly #open = new Map<IncomingMessage, Arrival>()
  #cancelCheck: (() => void) | undefined

  constructor(clock: Clock, options: ArrivalsOptions) {
    this.#clock = clock
    this.#options = options
  }

  /** From its headers on. */
  watch(request: IncomingMessage, response: ServerResponse): void {
    if (request.complete || !hasBody(request)) return
    this.#open.set(request, {
      response,
      mayTakeLong: this.#options.mayTakeLong(request),
      since: this.#clock.now(),
      bytesRead: request.socket.bytesRead,
    })
    const forget = () => this.#open.delete(request)
    request.once('end', forget).once('close', forget)
    this.#checkLater()
  }

  stop(): void {
    this.#open.clear()
    this.#cancelCheck?.()
  }

  #checkLater(): void {
    if (this.#cancelCheck || this.#open.size === 0) return
    this.#cancelCheck = this.#clock.schedule(this.#options.timeoutMs / CHECKS, () => {
      this.#cancelCheck = undefined
      this.#check()
      this.#checkLater()
    })
  }

  #check(): void {
    const now = this.#clock.now()
    for (const [request, arrival] of this.#open) {
      if (arrival.mayTakeLong && hasMoved(request, arrival)) {
        arrival.since = now
        arrival.bytesRead = request.socket.bytesRead
      }
      if (now - arrival.since < this.#options.timeoutMs) continue
      this.#open.delete(request)
      cut(request, arrival.response)
    }
  }
}

/** What has come and was not taken is held up by us, not by its sender. */
function hasMoved({ socket, readableLength }: IncomingMessage, { bytesRead }: Arrival): boolean {
  return socket.bytesRead !== bytesRead || readableLength > 0
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0
}

function cut({ socket }: IncomingMessage, { headersSent }: ServerResponse): void {
  if (!headersSent)
    answerMalformed({ name: '', message: '', code: 'ERR_HTTP_REQUEST_TIMEOUT' }, socket)
  socket.destroySoon()
}
