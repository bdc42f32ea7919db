import { type Clock, sleep } from '@longhaul/contracts'
import type { Pause } from '@longhaul/runtime'
import { type DueEvent, type Store, StoreBusyError, StoreUnavailableError } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'
import { payloadOf } from './payload.ts'
import type { ReceiverClient } from './receiver-client.ts'
import type { Signer } from './signer.ts'
import { SLOW_RECEIVER_PAUSE_MS, type SlowReceivers } from './slow-receivers.ts'
import { postponed, type Verdict, verdictOn } from './verdict.ts'

export interface DelivererDependencies {
  store: Store
  telemetry: Telemetry
  clock: Clock
  random: () => number
  signer: Signer
  client: ReceiverClient
  slowReceivers: SlowReceivers
  pause?: Pause | undefined
}

/** While Postgres is away nothing else could be delivered either; what cannot be recorded comes again. */
const STORE_PATIENCE_MS = 60_000
const SHORTEST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2_000

/** Makes one attempt: checks that it is still wanted, signs, sends, records. */
export class Deliverer {
  readonly #dependencies: DelivererDependencies
  /** Ends attempts under way and the patience with the store. */
  readonly #givingUp = new AbortController()

  constructor(dependencies: DelivererDependencies) {
    this.#dependencies = dependencies
  }

  /** Never rejects: an event that ends without a record falls due again. */
  async deliver(event: DueEvent): Promise<void> {
    const { pause } = this.#dependencies
    try {
      const verdict = await this.#attempt(event)
      if (verdict && pause) await pause('courier-before-record')
      if (verdict) await this.#record(event, verdict)
    } catch (error) {
      const { logger } = this.#dependencies.telemetry
      logger.error({ err: error, eventId: event.id }, 'a delivery ended unrecorded; it comes again')
    }
  }

  /** Aborts what is under way; such events are due again at once, no attempt spent. */
  giveUp(): void {
    this.#givingUp.abort()
  }

  async #attempt(event: DueEvent): Promise<Verdict | undefined> {
    const { store, clock } = this.#dependencies
    const check = await this.#patiently(() => store.webhookEvents.check(event))
    if (!check.current) return undefined
    if (check.disabled) return disabled(event)
    if ((check.throttledUntil ?? 0) > clock.now()) {
      return postponed(event, check.throttledUntil ?? 0)
    }
    if (this.#dependencies.slowReceivers.holdsItsShare(event.url)) {
      return postponed(event, clock.now() + SLOW_RECEIVER_PAUSE_MS)
    }
    return this.#send(event)
  }

  async #send(event: DueEvent): Promise<Verdict> {
    const { clock, random, signer, client, slowReceivers } = this.#dependencies
    const payload = payloadOf(event)
    const headers = await this.#patiently(() => signer.headers(event.tenantId, event.id, payload))
    const end = slowReceivers.begin(event.url)
    const answer = await client.post(event.url, headers, payload, this.#givingUp.signal)
    end()
    return verdictOn(answer, event, { now: clock.now(), random })
  }

  async #record(event: DueEvent, { settlement, outcome }: Verdict): Promise<void> {
    const { store, telemetry, clock } = this.#dependencies
    const { metrics, logger } = telemetry
    if (outcome) metrics.webhookDeliveries.add(1, { outcome })
    if (outcome === 'delivered') {
      metrics.webhookDelay.record((clock.now() - event.createdAt) / 1_000, {})
    }
    const settled = await this.#patiently(() => store.webhookEvents.settle(settlement))
    const about = {
      eventId: event.id,
      subjectId: event.subjectId,
      outcome: settlement.outcome.kind,
    }
    logger.debug({ ...about, applied: settled.applied }, 'webhook attempt')
    if (settled.receiverDisabled) {
      logger.warn({ ...about, tenantId: event.tenantId }, 'a webhook receiver is disabled')
    }
  }

  /** Tries again while the store is away, for as long as that is reasonable. */
  async #patiently<T>(act: () => Promise<T>): Promise<T> {
    const { clock } = this.#dependencies
    const until = clock.now() + STORE_PATIENCE_MS
    for (let pauseMs = SHORTEST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        return await act()
      } catch (error) {
        const passing = error instanceof StoreUnavailableError || error instanceof StoreBusyError
        if (!passing || this.#givingUp.signal.aborted || clock.now() + pauseMs > until) throw error
        await sleep(clock, pauseMs, this.#givingUp.signal)
      }
    }
  }
}

function disabled(event: DueEvent): Verdict {
  const outcome = { kind: 'failed', httpStatus: null, error: 'receiver disabled' } as const
  return { settlement: { event, outcome }, outcome: undefined }
}
