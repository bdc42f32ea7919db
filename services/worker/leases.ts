import type { Clock } from '@longhaul/contracts'
import type { Store } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'

/**
 * Why a call is ended before its answer. `cancelled` and `lease-lost` are
 * hearsay: what the row says counts, and it is asked when the call is settled.
 */
export type AbortReason = 'cancelled' | 'deadline' | 'lease-lost' | 'shutdown'

/** A claimed job whose call may be under way. */
export interface Held {
  readonly jobId: string
  /** 0 until the claim is answered. */
  fence: number
  readonly abort: AbortController
}

/** Renewals per lease: two may fail before the lease ends. */
const RENEWALS_PER_LEASE = 3

/**
 * The jobs that this worker has claimed. Extends all leases in one statement,
 * three times a lease; aborts what it no longer holds.
 */
export class Leases {
  readonly #store: Store
  readonly #clock: Clock
  readonly #telemetry: Telemetry
  readonly #leaseMs: number
  /** More than one while a message that came twice is being tried beside a call under way. */
  readonly #held = new Map<string, Held[]>()
  #size = 0
  #cancelTimer: () => void = () => {}
  #stopped = false

  constructor(dependencies: { store: Store; clock: Clock; telemetry: Telemetry }, leaseMs: number) {
    this.#store = dependencies.store
    this.#clock = dependencies.clock
    this.#telemetry = dependencies.telemetry
    this.#leaseMs = leaseMs
  }

  get size(): number {
    return this.#size
  }

  start(): void {
    const plan = () => {
      this.#cancelTimer = this.#clock.schedule(this.#leaseMs / RENEWALS_PER_LEASE, () => {
        void this.#renew().finally(() => {
          if (!this.#stopped) plan()
        })
      })
    }
    plan()
  }

  stop(): void {
    this.#stopped = true
    this.#cancelTimer()
  }

  /** Before it is claimed, so that a cancellation that comes right after the claim finds it. */
  hold(jobId: string): Held {
    const held: Held = { jobId, fence: 0, abort: new AbortController() }
    const others = this.#held.get(jobId)
    if (others) others.push(held)
    else this.#held.set(jobId, [held])
    this.#size += 1
    return held
  }

  drop(held: Held): void {
    const others = this.#held.get(held.jobId)?.filter(other => other !== held) ?? []
    if (others.length > 0) this.#held.set(held.jobId, others)
    else this.#held.delete(held.jobId)
    this.#size -= 1
  }

  cancel(jobId: string): void {
    for (const { abort } of this.#held.get(jobId) ?? []) abort.abort('cancelled')
  }

  /** The claim under `fence` was taken back; one that came after it stands. */
  lose(jobId: string, fence: number): void {
    for (const held of this.#held.get(jobId) ?? []) {
      if (held.fence > 0 && held.fence <= fence) held.abort.abort('lease-lost')
    }
  }

  abortAll(reason: AbortReason): void {
    for (const { abort } of [...this.#held.values()].flat()) abort.abort(reason)
  }

  async #renew(): Promise<void> {
    const asked = [...this.#held.values()]
      .flat()
      .filter(({ fence }) => fence > 0)
      .map(held => ({ held, fence: held.fence }))
    if (asked.length === 0) return
    try {
      const claims = asked.map(({ held, fence }) => ({ jobId: held.jobId, fence }))
      const kept = await this.#store.jobs.renew(claims, this.#leaseMs)
      for (const { held, fence } of asked) {
        // A fence that moved on meanwhile belongs to a claim that the statement did not know.
        const isHeld = this.#held.get(held.jobId)?.includes(held) ?? false
        const settledMeanwhile = !isHeld || held.fence !== fence
        if (!kept.has(held.jobId) && !settledMeanwhile) held.abort.abort('lease-lost')
      }
    } catch (error) {
      // Without Postgres nobody else can claim them either; the next round tries again.
      this.#telemetry.logger.warn({ err: error, jobs: asked.length }, 'leases were not renewed')
    }
  }
}
