import { type Clock, sleep } from '@longhaul/contracts'
import type { Offsets } from 'kafkajs'
import type { PartitionWindow } from './partition-window.ts'

const LAST_COMMIT_MS = 2_000

interface Sent {
  readonly window: PartitionWindow
  readonly offset: number
  readonly epoch: number
}

/**
 * Commits the watermarks of all windows together, one request at a time. What
 * fails is tried again with the next: failing is expected while the group is
 * rebalancing and while the broker is away.
 */
export class Committer {
  readonly #windows: () => Iterable<PartitionWindow>
  readonly #send: (offsets: Offsets) => Promise<void>
  #committing: Promise<boolean> | undefined

  /** @param send tries once, in the generation of the latest assignment */
  constructor(windows: () => Iterable<PartitionWindow>, send: (offsets: Offsets) => Promise<void>) {
    this.#windows = windows
    this.#send = send
  }

  /** False when it failed and should be tried again; never rejects. */
  commit(): Promise<boolean> {
    this.#committing ??= this.#commit().finally(() => {
      this.#committing = undefined
    })
    return this.#committing
  }

  /** Commits what is done by now, in bounded time. */
  async last(clock: Clock): Promise<void> {
    const done = new AbortController()
    const under = this.#committing ?? Promise.resolve(true)
    void under.then(() => this.commit()).finally(() => done.abort())
    await sleep(clock, LAST_COMMIT_MS, done.signal)
  }

  async #commit(): Promise<boolean> {
    const sent = this.#committable()
    if (sent.length === 0) return true
    const partitionsOf = Map.groupBy(sent, ({ window }) => window.name)
    try {
      await this.#send({
        topics: Array.from(partitionsOf, ([topic, partitions]) => ({
          topic,
          partitions: partitions.map(({ window, offset }) => ({
            partition: window.partition,
            offset: String(offset),
          })),
        })),
      })
    } catch {
      return false
    }
    for (const { window, offset, epoch } of sent) window.committed(offset, epoch)
    return true
  }

  #committable(): Sent[] {
    const sent: Sent[] = []
    for (const window of this.#windows()) {
      const offset = window.committable
      if (offset !== undefined) sent.push({ window, offset, epoch: window.epoch })
    }
    return sent
  }
}
