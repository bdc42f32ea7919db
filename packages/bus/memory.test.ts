import { AsyncLocalStorage } from 'node:async_hooks'
import { afterEach, describe, expect, it, jest } from '@jest/globals'
import { acknowledgeAll, DeliveryRecorder } from '../../test/conformance/bus/delivery-recorder.ts'
import { ManualClock } from '../../test/manual-clock.ts'
import { type MemoryBus, type MemoryBusOptions, openMemoryBus } from './memory.ts'
import { BusFullError, type ConsumeOptions, type Message, UnknownTopicError } from './port.ts'

const TOPIC = 'jobs'
const opened: MemoryBus[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map(bus => bus.stop()))
})

describe('the bounds of a topic', () => {
  it('refuses a message beyond the count, and takes one again when one is settled', async () => {
    const bus = await openWithTopic({ maxMessagesPerTopic: 3 })
    await publishAll(bus, ['a', 'b', 'c'])
    await expect(bus.publish(TOPIC, message('d'))).rejects.toThrow(BusFullError)

    const recorder = new DeliveryRecorder()
    await bus.consume(workers(recorder))
    const first = await recorder.delivery(0)
    await expect(bus.publish(TOPIC, message('d'))).rejects.toMatchObject({ code: 'bus_full' })

    first.ack()
    await bus.publish(TOPIC, message('d'))
    expect(bus.room(TOPIC)).toBe(0)
  })

  it('refuses a message beyond the bytes, counted as UTF-8 with the headers', async () => {
    const bus = await openWithTopic({ maxBytesPerTopic: 10_000 })
    await bus.publish(TOPIC, message('a', '漢'.repeat(1_500)))
    await bus.publish(TOPIC, message('b', 'x', { origin: 'y'.repeat(3_000) }))

    await expect(bus.publish(TOPIC, message('c', 'x'.repeat(2_500)))).rejects.toThrow(BusFullError)
    await bus.publish(TOPIC, message('c', 'x'))
  })

  it('leaves a quarter of the bytes to small messages', async () => {
    const bus = await openWithTopic({ maxBytesPerTopic: 20_000 })
    const large = 'x'.repeat(5_000)
    await bus.publish(TOPIC, message('a', large))
    await bus.publish(TOPIC, message('b', large))

    await expect(bus.publish(TOPIC, message('c', large))).rejects.toThrow(BusFullError)
    for (let small = 0; small < 3; small++)
      await bus.publish(TOPIC, message('c', 'x'.repeat(2_500)))
    await expect(bus.publish(TOPIC, message('c', 'x'.repeat(2_500)))).rejects.toThrow(BusFullError)
  })

  it('takes one message of any size when it is empty', async () => {
    const bus = await openWithTopic({ maxBytesPerTopic: 1_000 })

    await bus.publish(TOPIC, message('a', 'x'.repeat(5_000)))

    expect(bus.room(TOPIC)).toBe(0)
    await expect(bus.publish(TOPIC, message('b'))).rejects.toThrow(BusFullError)
  })

  it('counts a released message on, so that a release always finds room', async () => {
    const bus = await openWithTopic({ maxMessagesPerTopic: 2 })
    const recorder = new DeliveryRecorder()
    await bus.consume(workers(recorder))
    await publishAll(bus, ['a', 'b'])
    const [first] = await recorder.handed(2)

    first?.release()

    await expect(bus.publish(TOPIC, message('c'))).rejects.toThrow(BusFullError)
    expect((await recorder.delivery(2)).message.key).toBe('a')
  })

  it('keeps a message until the slowest group settled it', async () => {
    const bus = await openWithTopic({ maxMessagesPerTopic: 2 })
    const slow = new DeliveryRecorder()
    await bus.consume({ ...workers(slow), group: 'slow' })
    const fast = acknowledgeAll()
    await bus.consume(workers(fast))
    await publishAll(bus, ['a', 'b'])
    await fast.handed(2)
    expect(bus.room(TOPIC)).toBe(0)

    for (const delivery of await slow.handed(2)) delivery.ack()

    expect(bus.room(TOPIC)).toBe(2)
  })

  it('frees the room of a rejected message', async () => {
    const bus = await openWithTopic({ maxMessagesPerTopic: 1 })
    const recorder = new DeliveryRecorder()
    await bus.consume(workers(recorder))
    await publishAll(bus, ['a'])

    ;(await recorder.delivery(0)).reject('no')

    expect(bus.room(TOPIC)).toBe(1)
  })

  it('must be positive', async () => {
    await expect(openMemoryBus({ maxMessagesPerTopic: 0 })).rejects.toThrow(RangeError)
    const bus = await openWithTopic()
    await expect(bus.consume({ ...workers(acknowledgeAll()), window: 0 })).rejects.toThrow('window')
  })
})

describe('room', () => {
  it('is what the count leaves', async () => {
    const bus = await openWithTopic({ maxMessagesPerTopic: 5 })
    await publishAll(bus, ['a', 'b'])

    expect(bus.room(TOPIC)).toBe(3)
  })

  it('is what the bytes leave, at the size of the latest messages', async () => {
    const bus = await openWithTopic({ maxBytesPerTopic: 1_000_000 })
    for (let number = 0; number < 50; number += 1) {
      await bus.publish(TOPIC, message(`job-${number}`, 'x'.repeat(9_700)))
    }

    expect(bus.room(TOPIC)).toBeGreaterThan(45)
    expect(bus.room(TOPIC)).toBeLessThan(55)
  })

  it('of an unknown topic is an error', async () => {
    const bus = await openWithTopic()

    expect(() => bus.room('elsewhere')).toThrow(UnknownTopicError)
    await expect(bus.lag('elsewhere', 'workers')).rejects.toThrow(UnknownTopicError)
  })
})

describe('dead letters', () => {
  it('drop the oldest at the bound, and count what they dropped', async () => {
    const bus = await openWithTopic({ maxMessagesPerTopic: 3 })
    await bus.consume(workers(new DeliveryRecorder(delivery => delivery.reject('no'))))
    for (const key of ['a', 'b', 'c', 'd', 'e']) {
      await publishAll(bus, [key])
      await drained(bus)
    }

    const reader = acknowledgeAll()
    await bus.consume({ ...workers(reader), topics: [`${TOPIC}.dead`] })
    await reader.handed(3)

    expect(reader.keys).toEqual(['c', 'd', 'e'])
    expect(bus.droppedDeadLetters).toBe(2)
    expect(bus.health().detail).toContain('2 dead letters dropped')
  })

  it('let a reader settle what was dropped while it had it open', async () => {
    const bus = await openWithTopic({ maxMessagesPerTopic: 1 })
    const dead = `${TOPIC}.dead`
    const reader = new DeliveryRecorder()
    await bus.consume({ ...workers(reader), topics: [dead], window: 2 })
    await bus.publish(dead, message('a'))
    const first = await reader.delivery(0)
    await bus.publish(dead, message('b'))
    expect(await bus.lag(dead, 'workers')).toBe(1)

    first.release()

    const second = await reader.delivery(1)
    expect(second.message.key).toBe('b')
    second.ack()
    expect(await bus.lag(dead, 'workers')).toBe(0)
    expect(bus.room(dead)).toBe(1)
  })

  it('pass over what was dropped while it waited', async () => {
    const bus = await openWithTopic({ maxMessagesPerTopic: 2 })
    const dead = `${TOPIC}.dead`
    const reader = new DeliveryRecorder()
    await bus.consume({ ...workers(reader), topics: [dead], window: 1 })
    await bus.publish(dead, message('a'))
    const first = await reader.delivery(0)
    for (const key of ['b', 'c', 'd']) await bus.publish(dead, message(key))

    first.ack()
    ;(await reader.delivery(1)).ack()
    await reader.handed(3)

    expect(reader.keys).toEqual(['a', 'c', 'd'])
  })

  it('are not kept twice: what is rejected there is dropped', async () => {
    const bus = await openWithTopic()
    const dead = `${TOPIC}.dead`
    const reader = new DeliveryRecorder(delivery => delivery.reject('still no'))
    await bus.consume({ ...workers(reader), topics: [dead] })

    await bus.publish(dead, message('a'))
    await reader.handed(1)

    expect(await bus.lag(dead, 'workers')).toBe(0)
    await expect(bus.publish(`${dead}.dead`, message('a'))).rejects.toThrow(UnknownTopicError)
  })
})

describe('handing over', () => {
  it('takes turns among the consumers of a group that have room', async () => {
    const bus = await openWithTopic()
    const full = new DeliveryRecorder()
    const first = acknowledgeAll()
    const second = acknowledgeAll()
    await bus.consume({ ...workers(full), window: 1 })
    await bus.consume(workers(first))
    await bus.consume(workers(second))

    await publishAll(bus, ['a', 'b', 'c', 'd', 'e'])
    await drained(bus, 1)

    expect(full.keys).toEqual(['a'])
    expect(first.keys).toEqual(['b', 'd'])
    expect(second.keys).toEqual(['c', 'e'])
  })

  it('lets the event loop turn while a backlog drains', async () => {
    const bus = await openWithTopic()
    for (let number = 0; number < 5_000; number += 1) {
      await bus.publish(TOPIC, message(`job-${number}`))
    }
    const recorder = acknowledgeAll()
    await bus.consume({ ...workers(recorder), window: 5_000 })

    let before = 0
    let largestSlice = 0
    while (recorder.deliveries.length < 5_000) {
      await eventLoopTurn()
      largestSlice = Math.max(largestSlice, recorder.deliveries.length - before)
      before = recorder.deliveries.length
    }

    expect(largestSlice).toBeLessThanOrEqual(256)
  })

  it('does not let a deep topic keep a shallow one waiting', async () => {
    const bus = await openWithTopic()
    await bus.ensureTopics(['shallow'])
    for (let number = 0; number < 5_000; number += 1) {
      await bus.publish(TOPIC, message(`deep-${number}`))
    }
    const recorder = acknowledgeAll()
    await bus.consume({ ...workers(recorder), topics: [TOPIC, 'shallow'], window: 5_000 })

    await bus.publish('shallow', message('shallow'))
    await recorder.handed(256)

    expect(recorder.keys.indexOf('shallow')).toBeGreaterThanOrEqual(0)
    expect(recorder.keys.indexOf('shallow')).toBeLessThan(64)
  })

  it('does not run handlers in the context of whoever published', async () => {
    const context = new AsyncLocalStorage<string>()
    const bus = await openWithTopic()
    const seen: Array<string | undefined> = []
    const recorder = new DeliveryRecorder(delivery => {
      seen.push(context.getStore())
      delivery.ack()
    })
    await bus.consume(workers(recorder))

    await context.run('request 7', () => bus.publish(TOPIC, message('a')))
    await recorder.handed(1)

    expect(seen).toEqual([undefined])
  })
})

describe('a handler that throws', () => {
  it('rests ever longer, up to a second, until something is acknowledged', async () => {
    const clock = new ManualClock()
    const bus = await openWithTopic({ clock })
    const recorder = new DeliveryRecorder(delivery => {
      if (delivery.deliveryCount <= 13) throw new Error('crash')
      delivery.ack()
    })
    await bus.consume(workers(recorder))
    await publishAll(bus, ['a'])

    const restsMs: number[] = []
    while (restsMs.length < 13) {
      await clock.scheduled()
      const restMs = (clock.nextDueAt ?? 0) - clock.now()
      restsMs.push(restMs)
      clock.advance(restMs)
    }
    await recorder.handed(14)
    expect(restsMs).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_000, 1_000, 1_000])
    expect(clock.pending).toBe(0)

    await publishAll(bus, ['b'])
    await clock.scheduled()
    expect((clock.nextDueAt ?? 0) - clock.now()).toBe(1)
  })

  it('is logged the 1st, 2nd, 4th, 8th … time only', async () => {
    const warn = jest.fn()
    const bus = await openWithTopic({ logger: { warn } })
    const recorder = new DeliveryRecorder(async delivery => {
      if (delivery.deliveryCount <= 7) throw new Error('crash')
      delivery.ack()
    })
    await bus.consume(workers(recorder))
    await publishAll(bus, ['a'])
    await recorder.handed(8)

    expect(warn.mock.calls.map(([fields]) => fields)).toMatchObject([
      { deliveryCount: 1, topic: TOPIC, key: 'a' },
      { deliveryCount: 2 },
      { deliveryCount: 4 },
    ])
  })

  it('leaves no timer behind when its subscription stopped', async () => {
    const clock = new ManualClock()
    const bus = await openWithTopic({ clock })
    let crash = (_: Error) => {}
    const recorder = new DeliveryRecorder(
      () =>
        new Promise((_, reject) => {
          crash = reject
        }),
    )
    const subscription = await bus.consume(workers(recorder))
    await publishAll(bus, ['a'])
    await recorder.handed(1)

    await subscription.stop(0)
    crash(new Error('crash'))
    await eventLoopTurn()

    expect(clock.pending).toBe(0)
    expect(await bus.lag(TOPIC, 'workers')).toBe(1)
  })
})

describe('stopping a subscription', () => {
  it('waits no longer than its timeout', async () => {
    const clock = new ManualClock()
    const bus = await openWithTopic({ clock })
    const recorder = new DeliveryRecorder()
    const subscription = await bus.consume(workers(recorder))
    await publishAll(bus, ['a'])
    await recorder.handed(1)

    let stopped = false
    const stopping = subscription.stop(5_000).then(() => {
      stopped = true
    })
    await clock.advanceAsync(4_999)
    expect(stopped).toBe(false)
    clock.advance(1)
    await stopping

    expect(clock.pending).toBe(0)
  })

  it('forgets its timeout once nothing is open', async () => {
    const clock = new ManualClock()
    const bus = await openWithTopic({ clock })
    const recorder = new DeliveryRecorder()
    const subscription = await bus.consume(workers(recorder))
    await publishAll(bus, ['a'])
    const delivery = await recorder.delivery(0)

    const stopping = subscription.stop(5_000)
    expect(clock.pending).toBe(1)
    delivery.ack()
    await stopping

    expect(clock.pending).toBe(0)
  })

  it('is cut short by a second call with no timeout, and by the end of the bus', async () => {
    const bus = await openWithTopic({ clock: new ManualClock() })
    const recorder = new DeliveryRecorder()
    const first = await bus.consume(workers(recorder))
    await publishAll(bus, ['a'])
    await recorder.handed(1)
    const stopping = first.stop(60_000)
    await first.stop(0)
    await stopping

    const second = await bus.consume(workers(recorder))
    await recorder.handed(2)
    const interrupted = second.stop(60_000)
    await bus.stop()
    await interrupted
  })

  it('hands what was open to the other consumers of the group, before what waits', async () => {
    const bus = await openWithTopic()
    const leaving = new DeliveryRecorder()
    const subscription = await bus.consume({ ...workers(leaving), window: 2 })
    await publishAll(bus, ['a', 'b', 'c'])
    await leaving.handed(2)
    const staying = acknowledgeAll()
    await subscription.stop(0)
    await bus.consume(workers(staying))

    const deliveries = await staying.handed(3)

    expect(staying.keys).toEqual(['a', 'b', 'c'])
    expect(deliveries.map(({ deliveryCount }) => deliveryCount)).toEqual([2, 2, 1])
  })
})

async function openWithTopic(options: MemoryBusOptions = {}): Promise<MemoryBus> {
  const bus = await openMemoryBus(options)
  opened.push(bus)
  await bus.ensureTopics([TOPIC])
  return bus
}

function workers(recorder: DeliveryRecorder): ConsumeOptions {
  return { topics: [TOPIC], group: 'workers', window: 64, versions: [1], handle: recorder.handle }
}

function message(key: string, value = '{}', headers: Record<string, string> = {}): Message {
  return { key, value, headers: { 'longhaul-schema': '1', ...headers } }
}

async function publishAll(bus: MemoryBus, keys: string[]): Promise<void> {
  for (const key of keys) await bus.publish(TOPIC, message(key))
}

async function drained(bus: MemoryBus, left = 0): Promise<void> {
  while ((await bus.lag(TOPIC, 'workers')) > left) await eventLoopTurn()
}

function eventLoopTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
