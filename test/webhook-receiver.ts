import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'

export interface ReceivedDelivery {
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** What a receiver does with a delivery; it may leave it unanswered. */
export type Respond = (response: ServerResponse, delivery: ReceivedDelivery, count: number) => void

/** A webhook receiver on a real socket, which keeps all that it was sent. */
export class WebhookReceiver {
  readonly deliveries: ReceivedDelivery[] = []
  /** Default: 204. */
  respond: Respond = response => response.writeHead(204).end()
  readonly #server: Server
  #waiting: Array<{ count: number; resolve: () => void }> = []

  static async listen(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver()
    receiver.#server.listen(0, '127.0.0.1')
    await once(receiver.#server, 'listening')
    return receiver
  }

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const delivery = {
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      }
      this.deliveries.push(delivery)
      this.respond(response, delivery, this.deliveries.length)
      this.#waiting = this.#waiting.filter(waiting => {
        if (this.deliveries.length < waiting.count) return true
        waiting.resolve()
        return false
      })
    })
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('not listening')
    return address.port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hooks`
  }

  /** The `webhook-id` of every delivery, in order. */
  get ids(): string[] {
    return this.deliveries.map(({ headers }) => String(headers['webhook-id']))
  }

  /** Resolves once `count` deliveries have come in. */
  received(count: number): Promise<void> {
    if (this.deliveries.length >= count) return Promise.resolve()
    return new Promise(resolve => this.#waiting.push({ count, resolve }))
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

/** Answers these statuses in turn, the last one for ever. */
export function statuses(...codes: number[]): Respond {
  return (response, _delivery, count) =>
    response.writeHead(codes[Math.min(count, codes.length) - 1] ?? 204).end()
}
