import { setTimeout as delay } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { type ReceivedDelivery, WebhookReceiver } from '../webhook-receiver.ts'

/** One event in so many is refused at first, so that its retry must come under the same id. */
const REFUSE_EVERY = 200

/** A receiver that verifies each delivery, and keeps which event told of which job. */
export class Receipts {
  readonly faults: string[] = []
  /** By `webhook-id`: the job, and how often it came. */
  readonly events = new Map<string, { jobId: string; times: number }>()
  /** Jobs of events that were answered with 2xx. */
  readonly delivered = new Set<string>()
  readonly #receiver: WebhookReceiver
  #webhook: Webhook | undefined
  #waiting: Array<{ isMet: () => boolean; resolve: () => void }> = []

  static async listen(): Promise<Receipts> {
    return new Receipts(await WebhookReceiver.listen())
  }

  private constructor(receiver: WebhookReceiver) {
    this.#receiver = receiver
    receiver.respond = (response, delivery) => {
      receiver.deliveries.length = 0
      response.writeHead(this.#take(delivery) ? 204 : 500).end()
      this.#waiting = this.#waiting.filter(({ isMet, resolve }) => {
        if (!isMet()) return true
        resolve()
        return false
      })
    }
  }

  get url(): string {
    return this.#receiver.url
  }

  /** Deliveries beyond the first of each event. */
  get repeats(): number {
    let repeated = 0
    for (const { times } of this.events.values()) repeated += times - 1
    return repeated
  }

  /** @param secret `whsec_…` */
  verifyWith(secret: string): void {
    this.#webhook = new Webhook(secret)
  }

  /** Resolves once it holds; asked at each delivery. @returns whether it did in time */
  async until(isMet: () => boolean, timeoutMs: number): Promise<boolean> {
    if (isMet()) return true
    const met = new Promise<boolean>(resolve =>
      this.#waiting.push({ isMet, resolve: () => resolve(true) }),
    )
    return Promise.race([met, delay(timeoutMs, false, { ref: false })])
  }

  close(): Promise<void> {
    return this.#receiver.close()
  }

  #take({ headers, body }: ReceivedDelivery): boolean {
    const id = String(headers['webhook-id'])
    let jobId: string
    try {
      const signed = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, String(value)]),
      )
      const payload = this.#webhook?.verify(body, signed) as { id: string; data: { id: string } }
      if (payload.id !== id) this.faults.push(`webhook-id ${id} carries event ${payload.id}`)
      jobId = payload.data.id
    } catch (error) {
      this.faults.push(`delivery ${id} does not verify: ${error}`)
      return true
    }
    return this.#record(id, jobId)
  }

  #record(id: string, jobId: string): boolean {
    const known = this.events.get(id)
    if (known && known.jobId !== jobId) this.faults.push(`event ${id} came for two jobs`)
    const event = known ?? { jobId, times: 0 }
    event.times += 1
    this.events.set(id, event)
    if (!known && this.events.size % REFUSE_EVERY === 0) return false
    this.delivered.add(jobId)
    return true
  }
}
