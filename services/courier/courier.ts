import type { Clock, Config } from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'
import type { DeliveryQueue, QueueBackend } from '@longhaul/delivery-queue'
import type { Pause, ReceiverPolicy } from '@longhaul/runtime'
import type { Store } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'
import { Deliverer } from './deliverer.ts'
import { Feeder } from './feeder.ts'
import { ReceiverClient } from './receiver-client.ts'
import { Signer } from './signer.ts'
import { SlowReceivers } from './slow-receivers.ts'

export interface CourierDependencies {
  store: Store
  coordination: Coordination
  telemetry: Telemetry
  clock: Clock
  /** From 0 up to 1, for jitter. */
  random: () => number
  receiverPolicy: ReceiverPolicy
  queueBackend: QueueBackend
  pause?: Pause | undefined
}

/** Kept in step with package.json by a test. */
export const USER_AGENT = 'Longhaul/0.1.0'

/** Share of the time to stop that attempts under way get to end by themselves. */
const PATIENCE = 0.75
const HOUR_MS = 3_600_000
/** Receivers that have not been heard of for so long are forgotten. */
const FORGET_RECEIVERS_MS = 30 * 24 * HOUR_MS

/**
 * Delivers webhook events, at least once each.
 *
 *     outbox in Postgres ──feeder──► delivery queue ──deliverer──► receiver
 *             ▲                                          │
 *             └──────── delivered, again at …, failed ───┘
 *
 * The schedule is `due_at` in Postgres; the queue only spreads attempts over
 * couriers, and what it loses falls due again. An event that was received, but
 * whose acknowledgement could not be recorded, comes again under the same
 * `webhook-id`.
 */
export class Courier {
  readonly name = 'courier'
  readonly #dependencies: CourierDependencies
  readonly #client: ReceiverClient
  readonly #deliverer: Deliverer
  readonly #queue: DeliveryQueue
  readonly #feeder: Feeder
  readonly #unsubscribe: Array<() => void> = []
  #cancelHousekeeping = () => {}
  #stopped: Promise<void> | undefined

  constructor(dependencies: CourierDependencies, config: Pick<Config, 'webhooks'>) {
    const { timeout, concurrency } = config.webhooks
    const { telemetry, clock, queueBackend } = dependencies
    this.#dependencies = dependencies
    this.#client = new ReceiverClient(dependencies, {
      timeoutMs: timeout,
      concurrency,
      userAgent: USER_AGENT,
    })
    this.#deliverer = new Deliverer({
      ...dependencies,
      client: this.#client,
      signer: new Signer(dependencies),
      slowReceivers: new SlowReceivers(clock, concurrency),
    })
    this.#queue = queueBackend({
      handle: async event => {
        await this.#deliverer.deliver(event)
        this.#feeder.attemptEnded()
      },
      concurrency,
      clock,
      logger: telemetry.logger,
    })
    this.#feeder = new Feeder({ ...dependencies, queue: this.#queue }, concurrency)
  }

  /** Resolves also while the queue cannot be reached; `health` tells. */
  async start(): Promise<void> {
    await this.#queue.start()
    this.#unsubscribe.push(
      this.#dependencies.coordination.broadcasts.on('event-pending', () => this.#feeder.wake()),
    )
    this.#feeder.start()
    this.#scheduleHousekeeping()
  }

  health(): { ok: boolean; detail: string } {
    const queue = this.#queue.health()
    return queue.ok ? this.#feeder.health() : queue
  }

  /**
   * Takes no more events at once. Attempts under way may end by themselves for
   * most of the budget; then they are aborted, and due again at once.
   */
  stop(budgetMs: number): Promise<void> {
    this.#stopped ??= this.#stop(budgetMs)
    return this.#stopped
  }

  async #stop(budgetMs: number): Promise<void> {
    for (const end of this.#unsubscribe.splice(0)) end()
    this.#cancelHousekeeping()
    const { clock } = this.#dependencies
    const cancel = clock.schedule(budgetMs * PATIENCE, () => this.#deliverer.giveUp())
    await Promise.all([this.#feeder.stop(), this.#queue.stop(budgetMs)])
    cancel()
    this.#deliverer.giveUp()
    await this.#client.stop()
  }

  #scheduleHousekeeping(): void {
    const { store, clock, telemetry } = this.#dependencies
    this.#cancelHousekeeping = clock.schedule(HOUR_MS, () => {
      this.#scheduleHousekeeping()
      store.webhookEvents.forgetReceivers(clock.now() - FORGET_RECEIVERS_MS).catch(error => {
        telemetry.logger.warn({ err: error }, 'idle webhook receivers could not be forgotten')
      })
    })
  }
}
