import { type Clock, sleep } from '@longhaul/contracts'
import type { Offsets } from 'kafkajs'
import type { PartitionWindow } from './partition-window.ts'
import { metadataOf } from './standing.ts'

const LAST_COMMIT_MS = 2_000

interface Sent {
  readonly window: PartitionWindow
  readonly offset: number
  readonly metadata: string
  readonly epoch: number
}

/**
 * Commits the watermarks of all windows together, one request at a time, and how
 * they stand. What fails is tried again with the next: failing is expected while
 * the group is rebalancing and while the broker is away.
 */
export class Committer {
  readonly #windows: () => Iterable<PartitionWindow>
  readonly #send: (offsets: Offsets) => Promise<void>
  readonly #told = new WeakMap<PartitionWindow, Sent>()
  #committing: Promise<boolean> | undefined

  /** @param send tries once, in the generation of the latest assignment */
  constructor(windows: () => Iterable<PartitionWindow>, send: (offsets: Offsets) => Promise<void>) {
    this.#windows = windows
    this.#send = send
  }

  /** False when it failed, or there is more to tell by now; never rejects. */
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
    const sent = this.#untold()
    if (sent.length === 0) return true
    const partitionsOf = Map.groupBy(sent, ({ window }) => window.name)
    try {
      await this.#send({
        topics: Array.from(partitionsOf, ([topic, partitions]) => ({
          topic,
          partitions: partitions.map(({ window, offset, metadata }) => ({
            partition: window.partition,
            offset: String(offset),
            metadata,
          })),
        })),
      })
    } catch {
      return false
    }
    for (const each of sent) {
      this.#told.set(each.window, each)
      each.window.committed(each.offset, each.epoch)
    }
    return this.#untold().length === 0 // more may have been done meanwhile
  }

  #untold(): Sent[] {
    const sent: Sent[] = []
    for (const window of this.#windows()) {
      const { standing, epoch } = window
      if (!standing) continue
      const { offset } = standing
      const metadata = metadataOf(standing)
      const told = this.#told.get(window)
      if (told?.epoch === epoch && told.offset === offset && told.metadata === metadata) continue
      sent.push({ window, offset, metadata, epoch })
    }
    return sent
  }
}
