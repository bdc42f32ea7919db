import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { JobEventPayload } from '@longhaul/contracts'
import { Webhook } from 'standardwebhooks'

/** Standard Webhooks recommends 20 kB at most. */
const LARGEST_BYTES = 64 * 1024

/** What came in. */
export interface Receipts {
  deliveries: number
  /** Deliveries whose signature did not hold, or that were none. */
  rejected: number
  /** Distinct `webhook-id`s: a delivery may come twice, an event has one id. */
  eventIds: ReadonlySet<string>
  /** Job id → the `webhook-id`s that told its end. */
  byJob: ReadonlyMap<string, ReadonlySet<string>>
}

/** A webhook receiver as a customer would write it, on the loopback interface. */
export class Receiver {
  readonly #server: Server
  readonly #verifiers: readonly Webhook[]
  readonly #eventIds = new Set<string>()
  readonly #byJob = new Map<string, Set<string>>()
  #deliveries = 0
  #rejected = 0

  /** @param secrets that the events may be signed with */
  static async listen(secrets: readonly string[]): Promise<Receiver> {
    const receiver = new Receiver(secrets)
    receiver.#server.listen(0, '127.0.0.1')
    await once(receiver.#server, 'listening')
    return receiver
  }

  private constructor(secrets: readonly string[]) {
    this.#verifiers = secrets.map(secret => new Webhook(secret))
    this.#server = createServer((request, response) => {
      this.#receive(request).then(
        accepted => response.writeHead(accepted ? 204 : 401).end(),
        () => response.destroy(),
      )
    })
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('not listening')
    return `http://127.0.0.1:${address.port}/webhooks`
  }

  get receipts(): Receipts {
    return {
      deliveries: this.#deliveries,
      rejected: this.#rejected,
      eventIds: this.#eventIds,
      byJob: this.#byJob,
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #receive(request: IncomingMessage): Promise<boolean> {
    const body = await readBody(request)
    this.#deliveries += 1
    const event = body === undefined ? undefined : this.#verify(body, request)
    if (!event) {
      this.#rejected += 1
      return false
    }
    const eventId = String(request.headers['webhook-id'])
    this.#eventIds.add(eventId)
    const ofJob = this.#byJob.get(event.data.id) ?? new Set()
    this.#byJob.set(event.data.id, ofJob.add(eventId))
    return true
  }

  #verify(body: string, { headers }: IncomingMessage): JobEventPayload | undefined {
    for (const verifier of this.#verifiers) {
      try {
        return verifier.verify(body, headers as Record<string, string>) as JobEventPayload
      } catch {
        // Signed with another secret, or not at all.
      }
    }
    return undefined
  }
}

/** Undefined when it is too long. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > LARGEST_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
