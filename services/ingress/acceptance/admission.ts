import type { Clock } from '@longhaul/contracts'
import type { DispatchKey, Store } from '@longhaul/store'
import type { Logger } from '@longhaul/telemetry'

export interface AdmissionDependencies {
  dispatch: Pick<Store['dispatch'], 'published' | 'dueKeys'>
  /** How many more messages the bus takes. */
  room: () => number
  clock: Clock
  logger: Logger
}

export interface AdmissionOptions {
  /** Jobs published and unclaimed, per key, at most; as the dispatcher's. */
  publishedPerKey: number
}

/** How old what is known of Postgres may be while jobs come in. */
const REFRESH_MS = 250
/**
 * Under load something has always just become due and is on its way through the
 * dispatcher. What waits for less than this closes no key: the direct path would
 * never open again.
 */
const WAITS_MS = 250
/** How long nothing is published after the bus refused a message. */
const REFUSED_MS = 1_000
/** Room left to those who publish beside us: the dispatcher, other processes. */
const ROOM_RESERVED = 500

/**
 * Says which new jobs may be published by the one who accepts them (the direct
 * path), and which stay `pending` in Postgres for the dispatcher.
 *
 * Both ways are safe; the direct path spares a job the way through the
 * dispatcher. It is open for a key (lane, tenant, model) while
 *
 * - nothing has waited under the key for 250 ms since it fell due, so that no
 *   new job overtakes one that has been left waiting for long;
 * - fewer jobs of the key are published and unclaimed than the dispatcher
 *   would publish, so that one tenant cannot fill the bus;
 * - the bus has room to spare, so that what waits does so in Postgres, where
 *   it can be reordered, cancelled and re-routed, and not in memory.
 *
 * The first two are known from Postgres, at most 250 ms late while jobs come
 * in, with our own publications since counted on top: too high rather than too
 * low, since what was claimed meanwhile is not taken off. A key under which we
 * leave a job pending for want of room is closed until Postgres, asked
 * afterwards, tells that nothing waits there. Nobody waits for these questions;
 * before the first answer every key is closed, and without one the last answer
 * holds: a store that is away accepts no jobs anyway.
 */
export class Admission {
  readonly #dependencies: AdmissionDependencies
  #options: AdmissionOptions
  /** Published and unclaimed when Postgres was last asked. */
  #published: Map<string, number> | undefined
  /** Our own publications since we began to ask, and those that were under way then. */
  #own = new Map<string, number>()
  /** Keys under which something waits. */
  #due = new Set<string>()
  /** Keys under which we left jobs, for want of room, since we began to ask. */
  #left = new Set<string>()
  /** Admitted by us, and neither sent nor taken back yet. */
  readonly #underWay = new Map<string, number>()
  #underWayTotal = 0
  #askedAt = Number.NEGATIVE_INFINITY
  #asking: Promise<void> | undefined
  #refusedUntil = Number.NEGATIVE_INFINITY

  constructor(dependencies: AdmissionDependencies, options: AdmissionOptions) {
    this.#dependencies = dependencies
    this.#options = options
  }

  reconfigure(options: AdmissionOptions): void {
    this.#options = options
  }

  /**
   * Whether a new job of this key takes the direct path. If so, it counts as
   * published, and exactly one of `sent`, `refused` and `withdraw` must follow.
   */
  admit(key: DispatchKey): boolean {
    const name = nameOf(key)
    this.#askWhenStale()
    if (this.#isWaitedUnder(name)) return false
    if (!this.#hasRoomFor(name)) {
      this.#left.add(name)
      return false
    }
    add(this.#own, name, 1)
    add(this.#underWay, name, 1)
    this.#underWayTotal += 1
    return true
  }

  /** The bus has the job. */
  sent(key: DispatchKey): void {
    add(this.#underWay, nameOf(key), -1)
    this.#underWayTotal -= 1
  }

  /** The bus did not take the job: it goes back to Postgres, and others follow it there for a while. */
  refused(key: DispatchKey): void {
    this.withdraw(key)
    this.#left.add(nameOf(key))
    this.#refusedUntil = this.#dependencies.clock.now() + REFUSED_MS
  }

  /** The job was not accepted after all. */
  withdraw(key: DispatchKey): void {
    this.sent(key)
    add(this.#own, nameOf(key), -1)
  }

  /** Asks Postgres now; never rejects. */
  refresh(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  /**
   * Jobs that are left for this reason alone do not keep the key closed: while
   * they come in, some would always have come since Postgres was asked.
   */
  #isWaitedUnder(name: string): boolean {
    return this.#due.has(name) || this.#left.has(name)
  }

  #hasRoomFor(name: string): boolean {
    if (!this.#published) return false
    const published = (this.#published.get(name) ?? 0) + (this.#own.get(name) ?? 0)
    if (published >= this.#options.publishedPerKey) return false
    if (this.#dependencies.clock.now() < this.#refusedUntil) return false
    return this.#dependencies.room() - this.#underWayTotal > ROOM_RESERVED
  }

  #askWhenStale(): void {
    if (this.#dependencies.clock.now() - this.#askedAt >= REFRESH_MS) void this.refresh()
  }

  async #ask(): Promise<void> {
    const { dispatch, clock, logger } = this.#dependencies
    this.#askedAt = clock.now()
    // What happens from here on the answer may or may not show, so it counts beside it.
    for (const name of this.#left) this.#due.add(name)
    for (const [name, count] of this.#own) {
      if (this.#published) add(this.#published, name, count - (this.#underWay.get(name) ?? 0))
    }
    this.#left = new Set()
    this.#own = new Map(this.#underWay)
    try {
      const [published, due] = await Promise.all([dispatch.published(), dispatch.dueKeys(WAITS_MS)])
      this.#published = new Map(published.map(row => [nameOf(row), row.count]))
      this.#due = new Set(due.map(nameOf))
    } catch (error) {
      logger.debug({ err: error }, 'what is published could not be read; the last answer holds')
    }
  }
}

/** Entries that come down to nothing go. */
function add(counts: Map<string, number>, name: string, change: number): void {
  const count = (counts.get(name) ?? 0) + change
  if (count > 0) counts.set(name, count)
  else counts.delete(name)
}

function nameOf({ lane, tenantId, model }: DispatchKey): string {
  return `${lane} ${tenantId} ${model}`
}
