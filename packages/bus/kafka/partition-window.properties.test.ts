import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { type Entry, PartitionWindow } from './partition-window.ts'
import { placeAt } from './place.ts'
import type { Record } from './record.ts'

const WINDOW = 3
const STRAGGLER_AFTER_MS = 100

type Step =
  | { do: 'publish'; count: number }
  | { do: 'fetch'; count: number }
  | { do: 'hand-over' | 'commit' | 'lose-commit' | 'rejoin' | 'fail' }
  | { do: 'ack' | 'release' | 'reject'; pick: number }
  | { do: 'lose-to-another'; progress: number }
  | { do: 'wait'; ms: number }

const pick = fc.nat(100)
const plain = (...kinds: Array<'hand-over' | 'commit' | 'lose-commit' | 'rejoin' | 'fail'>) =>
  fc.record({ do: fc.constantFrom(...kinds) })
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('publish' as const), count: fc.nat(4) }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('fetch' as const), count: fc.nat(5) }) },
    { weight: 5, arbitrary: plain('hand-over') },
    {
      weight: 8,
      arbitrary: fc.record({ do: fc.constantFrom('ack', 'ack', 'release', 'reject'), pick }),
    },
    { weight: 3, arbitrary: plain('commit', 'commit', 'lose-commit') },
    { weight: 1, arbitrary: plain('rejoin', 'fail') },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('lose-to-another' as const), progress: fc.nat(3) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(150) }) },
  ),
  { maxLength: 150, size: 'max' },
)

describe('a window, whatever happens in whatever order', () => {
  it('commits nothing that is not done, hands nothing to two at once, and finishes all', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 4 }), (steps, perRecord) => {
        const world = new World(perRecord)
        for (const step of steps) world.take(step)
        world.end()
      }),
      { numRuns: 300 },
    )
  })
})

/** One partition, the group's committed offset, and what must be true of both. */
class World {
  readonly #window = new PartitionWindow(
    { topic: 'jobs', name: 'jobs', partition: 0 },
    { window: WINDOW, stragglerAfterMs: STRAGGLER_AFTER_MS },
  )
  readonly #perRecord: number
  /** Offsets. */
  #published = 0
  #position = 0
  #committed = 0
  #nowMs = 0
  /** Places. */
  readonly #done = new Set<number>()
  #open: Array<Entry & { message: Record['message'] }> = []

  constructor(perRecord: number) {
    this.#perRecord = perRecord
    this.#window.assign()
  }

  take(step: Step): void {
    switch (step.do) {
      case 'publish':
        this.#published += step.count
        break
      case 'fetch':
        this.#fetch(step.count)
        break
      case 'hand-over':
        this.#handOver()
        break
      case 'commit':
      case 'lose-commit':
        this.#commit(step.do === 'commit')
        break
      case 'rejoin':
        this.#window.suspend()
        this.#assign()
        break
      case 'fail':
        this.#window.suspend()
        break
      case 'lose-to-another':
        this.#loseToAnother(step.progress)
        break
      case 'wait':
        this.#nowMs += step.ms
        this.#window.detachStragglers(this.#nowMs)
        break
      default:
        this.#settle(step.do, step.pick)
    }
  }

  /** Everything that was published ends up done and committed. */
  end(): void {
    this.#window.suspend()
    this.#assign()
    for (let round = 0; round < 1_000 && this.#committed < this.#published; round += 1) {
      this.#fetch(5)
      this.#handOver()
      while (this.#open.length > 0) this.#settle('ack', 0)
      this.#commit(true)
    }
    expect(this.#committed).toBe(this.#published)
    // Another one may have finished what is still open here.
    while (this.#open.length > 0) this.#settle('ack', 0)
    expect(this.#window.unsettled).toBe(0)
  }

  #fetch(count: number): void {
    if (!this.#window.held) return
    const end = Math.min(this.#position + count, this.#published)
    const records = []
    for (let offset = this.#position; offset < end; offset += 1) {
      records.push(...recordsAt(offset, this.#perRecord))
    }
    this.#window.admit(records)
    this.#position = end
  }

  #handOver(): void {
    for (let entry = this.#window.next(this.#nowMs); entry; entry = this.#next()) {
      const { place } = entry
      const twice = this.#open.some(other => other.place === place && other.state === 'open')
      expect(twice).toBe(false)
      this.#open.push(entry)
    }
    const inWindow = this.#open.filter(({ state, detached }) => state === 'open' && !detached)
    expect(inWindow.length).toBeLessThanOrEqual(WINDOW)
    expect(this.#window.unsettled).toBeLessThanOrEqual(2 * WINDOW)
  }

  #next() {
    return this.#window.next(this.#nowMs)
  }

  #settle(how: 'ack' | 'release' | 'reject', pick: number): void {
    const [entry] = this.#open.splice(pick % Math.max(1, this.#open.length), 1)
    if (!entry) return
    if (how === 'ack' && this.#window.ack(entry)) this.#done.add(entry.place)
    if (how === 'release' && this.#window.release(entry) === 'elsewhere') {
      this.#window.published(entry)
      this.#done.add(entry.place)
    }
    if (how === 'reject' && this.#window.reject(entry)) {
      this.#window.published(entry)
      this.#done.add(entry.place)
    }
  }

  #commit(isAnswered: boolean): void {
    const { committable: offset, epoch } = this.#window
    if (offset === undefined) return
    expect(offset).toBeGreaterThan(this.#committed)
    for (const below of this.#placesBetween(this.#committed, offset)) {
      const isDetached = this.#open.some(entry => entry.place === below && entry.detached)
      expect(this.#done.has(below) || isDetached).toBe(true)
    }
    if (!isAnswered) return
    this.#committed = offset
    this.#window.committed(offset, epoch)
  }

  /** Another consumer has the partition for a while, and does some of what is not committed. */
  #loseToAnother(progress: number): void {
    this.#window.revoke()
    const end = Math.min(this.#committed + progress, this.#published)
    for (const place of this.#placesBetween(this.#committed, end)) this.#done.add(place)
    this.#committed = end
    this.#assign()
  }

  #placesBetween(from: number, to: number): number[] {
    const offsets = Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index)
    return offsets.flatMap(offset => recordsAt(offset, this.#perRecord).map(({ place }) => place))
  }

  #assign(): void {
    this.#window.assign()
    this.#position = this.#committed
  }
}

function recordsAt(offset: number, count: number): Record[] {
  return Array.from({ length: count }, (_, index) => ({
    place: placeAt(offset) + index,
    end: index === count - 1 ? placeAt(offset + 1) : placeAt(offset) + index + 1,
    timestamp: String(offset),
    bytes: 100,
    message: { key: `job-${offset}-${index}`, value: '{}', headers: { 'longhaul-schema': '1' } },
  }))
}
