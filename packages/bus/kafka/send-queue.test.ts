import { describe, expect, it } from '@jest/globals'
import { ManualClock } from '../../../test/manual-clock.ts'
import type { Message } from '../port.ts'
import { type OutgoingTopic, type Sender, SendQueue } from './send-queue.ts'

const options = { maxUnsent: 10, maxUnsentBytes: 1024 * 1024, publishTimeoutMs: 5_000 }

describe('sending', () => {
  it('puts what gathered while a request was under way into the next', async () => {
    const broker = new Broker()
    const queue = await broker.queue()
    const first = queue.publish('a', message('1'))
    await broker.requested(1)
    const others = [
      queue.publish('a', message('2')),
      queue.publish('b', message('3')),
      queue.publish('a', message('4')),
    ]
    broker.answer(0)
    await first
    await broker.requested(2)
    broker.answer(1)
    await Promise.all(others)

    expect(broker.sent).toEqual([{ a: ['1'] }, { a: ['2', '4'], b: ['3'] }])
    expect(queue.room).toBe(10)
  })

  it('keeps a request below the size that a broker takes', async () => {
    const broker = new Broker()
    const queue = await broker.queue({ maxUnsentBytes: 4 * 1024 * 1024 })
    const large = 'x'.repeat(500 * 1024)
    for (const key of ['1', '2', '3']) void queue.publish('a', message(key, large))
    await broker.requested(1)
    broker.answer(0)
    await broker.requested(2)

    expect(broker.sent).toEqual([{ a: ['1'] }, { a: ['2'] }])
    await expect(queue.publish('a', message('4', large + large))).rejects.toThrow(RangeError)
  })

  it('refuses what is beyond its bounds', async () => {
    const broker = new Broker()
    const queue = await broker.queue({ maxUnsent: 2 })
    void queue.publish('a', message('1'))
    void queue.publish('a', message('2'))

    expect(queue.room).toBe(0)
    await expect(queue.publish('a', message('3'))).rejects.toMatchObject({ code: 'bus_full' })
  })

  it('tells of a slow request, for its topics may be gone', async () => {
    const broker = new Broker()
    const queue = await broker.queue()
    void queue.publish('a', message('1'))
    await broker.requested(1)
    broker.clock.advance(999)
    expect(broker.slow).toEqual([])
    broker.clock.advance(1)
    expect(broker.slow).toEqual([['a']])
  })
})

describe('when the broker does not answer', () => {
  it('refuses what waits when the oldest has run out of time, and at once what comes', async () => {
    const broker = new Broker()
    const queue = await broker.queue()
    const outcomes = [queue.publish('a', message('1')), queue.publish('a', message('2'))].map(
      outcomeOf,
    )
    await broker.requested(1)
    broker.isAway = true
    await broker.clock.advanceAsync(5_000)

    expect(await Promise.all(outcomes)).toEqual(['bus_unavailable', 'bus_unavailable'])
    expect(await outcomeOf(queue.publish('a', message('3')))).toBe('bus_unavailable')
    expect(queue.room).toBe(0)
    expect(queue.state).toBe('down')
  })

  it('sends again once connecting succeeds, over a new connection', async () => {
    const broker = new Broker()
    const queue = await broker.queue()
    const lost = outcomeOf(queue.publish('a', message('1')))
    await broker.requested(1)
    broker.isAway = true
    await broker.clock.advanceAsync(5_000)
    await lost
    broker.isAway = false
    await broker.clock.advanceAsync(2_000)
    expect(queue.state).toBe('up')

    const sent = queue.publish('a', message('2'))
    await broker.requested(2)
    // The answer to what was given up changes nothing.
    broker.answer(0)
    broker.answer(1)
    await sent
    expect(broker.connections).toBe(2)
    expect(broker.closed).toBe(1)
  })

  it('gives up a connection whose request failed: its sequence numbers are not to be trusted', async () => {
    const broker = new Broker()
    const queue = await broker.queue()
    const failed = outcomeOf(queue.publish('a', message('1')))
    await broker.requested(1)
    const waiting = outcomeOf(queue.publish('a', message('2')))
    broker.fail(0)
    expect(await failed).toBe('bus_unavailable')
    await broker.requested(2)
    broker.answer(1)

    expect(await waiting).toBe('sent')
    expect(broker.connections).toBe(2)
  })

  it('is refused from the first failure to connect on, not only after its time', async () => {
    const broker = new Broker()
    broker.isAway = true
    const queue = new SendQueue(broker, options)
    expect(await outcomeOf(queue.publish('a', message('1')))).toBe('bus_unavailable')
    await queue.stop()
  })

  it('is found out by whoever asks the broker otherwise', async () => {
    const broker = new Broker()
    const queue = await broker.queue()
    broker.isAway = true
    queue.lost(new Error('nobody there'))
    expect(queue.state).toBe('down')
    expect(queue.failure).toContain('nobody there')
  })
})

describe('stopping', () => {
  it('sends what waits first', async () => {
    const broker = new Broker()
    const queue = await broker.queue()
    const sent = outcomeOf(queue.publish('a', message('1')))
    const stopped = queue.stop()
    expect(await outcomeOf(queue.publish('a', message('2')))).toBe('bus_unavailable')
    await broker.requested(1)
    broker.answer(0)
    await stopped

    expect(await sent).toBe('sent')
    expect(broker.closed).toBe(1)
    expect(broker.clock.pending).toBe(0)
  })

  it('does not wait for a broker beyond the time of the messages', async () => {
    const broker = new Broker()
    const queue = await broker.queue()
    const lost = outcomeOf(queue.publish('a', message('1')))
    const stopped = queue.stop()
    await broker.requested(1)
    await broker.clock.advanceAsync(5_000)
    await stopped
    expect(await lost).toBe('bus_unavailable')
  })
})

interface Request {
  batch: OutgoingTopic[]
  resolve(): void
  reject(error: Error): void
}

/** Answers when it is told to. */
class Broker {
  readonly clock = new ManualClock()
  readonly logger = { warn: () => {} }
  readonly slow: string[][] = []
  isAway = false
  connections = 0
  closed = 0
  readonly #requests: Request[] = []

  async queue(changed: Partial<typeof options> = {}): Promise<SendQueue> {
    const queue = new SendQueue(this, { ...options, ...changed })
    await queue.tried(1_000)
    return queue
  }

  readonly onSlow = (topics: string[]): void => {
    this.slow.push(topics)
  }

  readonly connect = async (): Promise<Sender> => {
    if (this.isAway) throw new Error('nobody there')
    this.connections += 1
    return {
      send: batch =>
        new Promise((resolve, reject) => this.#requests.push({ batch, resolve, reject })),
      close: async () => {
        this.closed += 1
      },
    }
  }

  async requested(count: number): Promise<void> {
    while (this.#requests.length < count) await new Promise(resolve => setImmediate(resolve))
  }

  answer(index: number): void {
    this.#requests[index]?.resolve()
  }

  fail(index: number): void {
    this.#requests[index]?.reject(new Error('out of order'))
  }

  /** Keys by topic, of each request. */
  get sent(): Array<Record<string, string[]>> {
    return this.#requests.map(({ batch }) =>
      Object.fromEntries(batch.map(({ topic, messages }) => [topic, messages.map(m => m.key)])),
    )
  }
}

function message(key: string, value = '{}'): Message {
  return { key, value, headers: { 'longhaul-schema': '1' } }
}

function outcomeOf(publishing: Promise<void>): Promise<string> {
  return publishing.then(
    () => 'sent',
    error => error.code,
  )
}
