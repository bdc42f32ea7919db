import { describe, expect, it } from '@jest/globals'
import { type Entry, PartitionWindow } from './partition-window.ts'
import { offsetOf, placeAt } from './place.ts'
import type { Record } from './record.ts'

const options = { window: 4, stragglerAfterMs: 60_000 }

describe('handing over', () => {
  it('goes on until the window is full, and again when half of it is settled', () => {
    const window = assigned()
    window.admit(records(0, 10))
    const open = takeAll(window)
    expect(offsets(open)).toEqual([0, 1, 2, 3])

    window.ack(at(open, 0))
    expect(window.hasNext).toBe(false)
    window.ack(at(open, 1))
    expect(offsets(takeAll(window))).toEqual([4, 5])
  })

  it('brings what was released behind what waits, and counts', () => {
    const window = assigned({ window: 1 })
    window.admit(records(0, 3))
    window.release(at(takeAll(window), 0))

    const order = [0, 1, 2].map(() => {
      const entry = at(takeAll(window), 0)
      window.ack(entry)
      return [offsetOf(entry.place), entry.deliveryCount]
    })
    expect(order).toEqual([
      [1, 1],
      [2, 1],
      [0, 2],
    ])
  })

  it('rests from the beginning of a rebalance until the assignment', () => {
    const window = assigned()
    window.admit(records(0, 3))
    window.suspend()
    expect(window.hasNext).toBe(false)
    window.assign()
    expect(window.hasNext).toBe(true)
  })

  it('asks for no more while enough waits', () => {
    const window = assigned({ window: 1 })
    window.admit(records(0, 3, { bytes: 64 * 1024 }))
    expect(window.fetching).toBe(false)
    const [first] = takeAll(window)
    expect(window.fetching).toBe(false)
    if (first) window.ack(first)
    takeAll(window)
    expect(window.fetching).toBe(true)
  })
})

describe('the watermark', () => {
  it('lies behind what is done without a gap', () => {
    const window = assigned()
    window.admit(records(10, 4))
    const open = takeAll(window)
    expect(window.committable).toBeUndefined()

    window.ack(at(open, 1))
    expect(window.committable).toBeUndefined()
    window.ack(at(open, 0))
    expect(window.committable).toBe(12)
    window.ack(at(open, 3))
    expect(window.committable).toBe(12)
    window.ack(at(open, 2))
    expect(window.committable).toBe(14)
  })

  it('is committed once', () => {
    const window = assigned()
    window.admit(records(0, 2))
    window.ack(at(takeAll(window), 0))
    window.committed(1, window.epoch)
    expect(window.committable).toBeUndefined()
  })

  it('passes offsets that hold no message', () => {
    const window = assigned()
    window.admit([...records(0, 1), ...records(7, 1)])
    for (const entry of takeAll(window)) window.ack(entry)
    expect(window.committable).toBe(8)
  })

  it('waits for a dead letter to be published', () => {
    const window = assigned()
    window.admit(records(0, 1))
    const entry = at(takeAll(window), 0)
    expect(window.reject(entry)).toBe(true)
    expect(window.committable).toBeUndefined()
    expect(window.unsettled).toBe(1)
    window.published(entry)
    expect(window.committable).toBe(1)
    expect(window.unsettled).toBe(0)
  })

  it('takes no notice of commits that a rebalance has overtaken', () => {
    const window = assigned()
    window.admit(records(0, 1))
    const before = window.epoch
    window.suspend()
    window.assign()
    window.committed(1, before)
    expect(window.admit(records(0, 1))).toBe(1)
  })
})

describe('after a rebalance', () => {
  it('drops what is open or done already, and keeps counting on it', () => {
    const window = assigned()
    window.admit(records(0, 3))
    const open = takeAll(window)
    window.ack(at(open, 0))
    window.suspend()
    window.assign()

    expect(window.committable).toBeUndefined()
    expect(window.admit(records(0, 4))).toBe(3)
    expect(offsets(takeAll(window))).toEqual([3])
    expect(window.committable).toBe(1)
    window.ack(at(open, 1))
    expect(window.committable).toBe(2)
  })

  it('commits nothing before it knows how far the group is', () => {
    const window = assigned()
    window.admit(records(0, 3))
    const open = takeAll(window)
    window.ack(at(open, 0))
    window.revoke()
    window.assign()
    expect(window.committable).toBeUndefined()

    window.admit(records(900, 1))
    expect(window.committable).toBeUndefined()
    expect(window.ack(at(open, 1))).toBe(false)
    window.ack(at(takeAll(window), 0))
    expect(window.committable).toBe(901)
  })

  it('forgets what waited when the partition went away, and keeps what is open', () => {
    const window = assigned({ window: 2 })
    window.admit(records(0, 4))
    const open = takeAll(window)
    window.revoke()
    expect(window.ack(at(open, 0))).toBe(true)
    window.assign()
    expect(window.admit(records(0, 4))).toBe(2)
    expect(offsets(takeAll(window))).toEqual([2])
  })

  it('commits nothing beyond a message that was released meanwhile and is still to come', () => {
    const window = assigned()
    window.admit(records(0, 3))
    const open = takeAll(window)
    window.revoke()
    window.release(at(open, 1))
    window.ack(at(open, 0))
    window.ack(at(open, 2))
    window.assign()

    window.admit(records(0, 1))
    expect(window.committable).toBe(1)
    window.admit(records(1, 2))
    expect(window.committable).toBe(1)
    expect(offsets(takeAll(window))).toEqual([1])
  })
})

describe('a record of several messages', () => {
  it('is committed when all of them are done', () => {
    const window = assigned()
    window.admit([...pack(5, 3), ...pack(6, 1)])
    const open = takeAll(window)
    window.ack(at(open, 0))
    window.ack(at(open, 1))
    window.ack(at(open, 3))
    expect(window.committable).toBeUndefined()

    window.ack(at(open, 2))
    expect(window.committable).toBe(7)
  })

  it('comes again as a whole, and what is done or open of it is dropped', () => {
    const window = assigned()
    window.admit([...pack(0, 1), ...pack(1, 4)])
    const open = takeAll(window)
    for (const entry of open.slice(0, 3)) window.ack(entry)
    window.committed(1, window.epoch)
    window.suspend()
    window.assign()

    expect(window.admit(pack(1, 4))).toBe(4)
    expect(window.committable).toBeUndefined()
    window.ack(at(open, 3))
    window.ack(at(takeAll(window), 0))
    expect(window.committable).toBe(2)
  })

  it('is committed without a straggler that is one of them', () => {
    const window = assigned()
    window.admit(pack(0, 3))
    const [straggler, ...others] = takeAll(window)
    for (const entry of others) window.ack(entry)
    expect(window.detachStragglers(60_000)).toEqual([straggler])
    expect(window.committable).toBe(1)
  })
})

describe('how a partition stands', () => {
  it('is not known before anything was fetched in the assignment', () => {
    const window = assigned()
    expect(window.standing).toBeUndefined()
    window.admit(records(0, 1))
    window.suspend()
    expect(window.standing).toBeUndefined()
    window.assign()
    expect(window.standing).toBeUndefined()
  })

  it('counts messages that wait and that are in hand', () => {
    const window = assigned({ window: 2 })
    window.admit([...pack(7, 3), ...pack(8, 1)])
    const [first, second] = takeAll(window)
    expect(window.standing).toMatchObject({ offset: 7, position: 9, unsettled: 4 })

    if (second) window.ack(second)
    expect(window.standing).toMatchObject({ offset: 7, position: 9, unsettled: 3 })
    if (first) window.ack(first)
    for (const entry of takeAll(window)) window.ack(entry)
    expect(window.standing).toMatchObject({ offset: 9, position: 9, unsettled: 0 })
  })

  it('counts nothing twice while what is known comes again', () => {
    const window = assigned()
    window.admit(records(0, 9))
    window.suspend()
    window.assign()
    window.admit(records(0, 2))
    expect(window.standing).toMatchObject({ offset: 0, position: 9, unsettled: 9 })
  })

  it('tells how many messages the latest records held', () => {
    const window = assigned()
    expect(window.standing).toBeUndefined()
    for (let offset = 0; offset < 40; offset += 1) window.admit(pack(offset, 3))
    expect(window.standing?.perRecord).toBeCloseTo(3, 1)
    for (let offset = 40; offset < 80; offset += 1) window.admit(records(offset, 1))
    expect(window.standing?.perRecord).toBeCloseTo(1, 1)
  })
})

describe('a topic that was created again', () => {
  it('is read from its beginning when the offsets went back', () => {
    const window = assigned()
    window.admit(records(0, 4))
    for (const entry of takeAll(window)) window.ack(entry)
    window.committed(4, window.epoch)
    window.suspend()
    window.assign()

    expect(window.admit(records(0, 2, { timestamp: '2' }))).toBe(0)
    expect(offsets(takeAll(window))).toEqual([0, 1])
  })

  it('is recognised by other messages at the old offsets, though nothing was committed', () => {
    const window = assigned()
    window.admit(records(0, 3))
    const before = takeAll(window)
    window.ack(at(before, 0))
    window.suspend()
    window.assign()

    expect(window.admit(records(0, 4, { timestamp: '2' }))).toBe(0)
    expect(window.ack(at(before, 1))).toBe(false)
    const after = takeAll(window)
    expect(offsets(after)).toEqual([0, 1, 2, 3])
    for (const entry of after) window.ack(entry)
    expect(window.committable).toBe(4)
    expect(window.unsettled).toBe(0)
  })
})

describe('a straggler', () => {
  it('is detached when it has held back others for too long', () => {
    const window = assigned()
    window.admit(records(0, 6))
    const open = takeAll(window)
    const straggler = at(open, 0)
    for (const entry of open.slice(1)) window.ack(entry)
    expect(window.detachStragglers(59_999)).toEqual([])
    expect(window.committable).toBeUndefined()

    expect(window.detachStragglers(60_000)).toEqual([straggler])
    expect(window.committable).toBe(4)
    expect(window.unsettled).toBe(1)
    window.committed(4, window.epoch)

    expect(window.ack(straggler)).toBe(true)
    expect(window.unsettled).toBe(0)
    expect(window.committable).toBeUndefined()
  })

  it('frees its place in the window', () => {
    const window = assigned({ window: 1 })
    window.admit(records(0, 2))
    const straggler = at(takeAll(window), 0)
    window.release(straggler)
    window.ack(at(takeAll(window), 0))
    takeAll(window)
    expect(window.hasNext).toBe(false)
    window.admit(records(2, 1))

    window.detachStragglers(60_000)
    expect(offsets(takeAll(window))).toEqual([2])
  })

  it('stays where it is while nobody is held back', () => {
    const window = assigned()
    window.admit(records(0, 4))
    takeAll(window)
    expect(window.detachStragglers(600_000)).toEqual([])
  })

  it('that is released must come again some other way', () => {
    const window = assigned()
    window.admit(records(0, 2))
    const [straggler, other] = takeAll(window)
    if (!straggler || !other) throw new Error('two were there')
    window.ack(other)
    window.detachStragglers(60_000)

    expect(window.release(straggler)).toBe('elsewhere')
    expect(window.unsettled).toBe(1)
    window.published(straggler)
    expect(window.unsettled).toBe(0)
  })

  it('does not multiply: no more are detached than the window holds', () => {
    const window = assigned({ window: 2 })
    for (let round = 0; round < 6; round += 1) {
      window.admit(records(round * 2, 2))
      const [, second] = takeAll(window)
      if (second) window.ack(second)
      window.detachStragglers(60_000)
    }
    expect(window.unsettled).toBeLessThanOrEqual(4)
  })
})

function assigned(changed: Partial<typeof options> = {}): PartitionWindow {
  const window = new PartitionWindow(
    { topic: 'jobs', name: 'jobs', partition: 0 },
    { ...options, ...changed },
  )
  window.assign()
  return window
}

function records(first: number, count: number, changed: Partial<Record> = {}): Record[] {
  return Array.from({ length: count }, (_, index) => ({
    place: placeAt(first + index),
    end: placeAt(first + index + 1),
    timestamp: '1',
    bytes: 100,
    message: { key: 'key', value: '{}', headers: { 'longhaul-schema': '1' } },
    ...changed,
  }))
}

/** One record of several messages. */
function pack(offset: number, count: number): Record[] {
  return records(offset, count).map((record, index) => ({
    ...record,
    place: placeAt(offset) + index,
    end: index === count - 1 ? placeAt(offset + 1) : placeAt(offset) + index + 1,
  }))
}

function offsets(entries: readonly Entry[]): number[] {
  return entries.map(({ place }) => offsetOf(place))
}

function takeAll(window: PartitionWindow) {
  const taken = []
  for (let entry = window.next(0); entry; entry = window.next(0)) taken.push(entry)
  return taken
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index]
  if (item === undefined) throw new Error(`nothing at ${index}`)
  return item
}
