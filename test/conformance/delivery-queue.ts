import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it } from '@jest/globals'
import { newId, systemClock } from '@longhaul/contracts'
import type { DeliveryQueue, QueueBackend } from '@longhaul/delivery-queue'
import type { DueEvent } from '@longhaul/store'
import { startTelemetry } from '@longhaul/telemetry'

/** What every driver of the couriers' queue must do, on its real server. */
export function exerciseDeliveryQueue(driver: string, openBackend: () => QueueBackend): void {
  describe(`${driver} keeps the DeliveryQueue contract`, () => {
    const { logger } = startTelemetry({ service: 'queue-test', logLevel: 'silent' })
    const open: DeliveryQueue[] = []
    let over = new AbortController()

    afterEach(async () => {
      over.abort()
      over = new AbortController()
      await Promise.all(open.splice(0).map(queue => queue.stop(1_000)))
    })

    async function start(
      handle: (event: DueEvent) => Promise<void>,
      { backend = openBackend(), concurrency = 4 } = {},
    ): Promise<DeliveryQueue> {
      const queue = backend({ handle, concurrency, clock: systemClock, logger })
      open.push(queue)
      await queue.start()
      return queue
    }

    const events = (count: number): DueEvent[] => Array.from({ length: count }, event)
    const never = () => delay(600_000, undefined, { signal: over.signal }).catch(() => {})

    it('hands out each attempt once, whole, to whichever courier', async () => {
      const backend = openBackend()
      const [left, right] = [new Handed(), new Handed()]
      const queue = await start(left.handle, { backend })
      await start(right.handle, { backend })
      const sent = events(40)
      await queue.enqueue(sent.slice(0, 1))
      await queue.enqueue(sent.slice(1))
      await Promise.race([left.count(40), right.count(40), together(40, left, right)])

      const got = [...left.events, ...right.events]
      const byId = (a: DueEvent, b: DueEvent) => a.id.localeCompare(b.id)
      expect(got.sort(byId)).toEqual(sent.sort(byId))
    })

    it('takes an attempt that it has for the same, waiting or under way, and another for another', async () => {
      const backend = openBackend()
      const handed = new Handed(never)
      const queue = await start(handed.handle, { backend, concurrency: 1 })
      const [first, second] = [event(), event()]
      await queue.enqueue([first])
      await handed.count(1)
      await queue.enqueue([second])
      await queue.enqueue([first, second, second])
      expect(await queue.waiting()).toBe(1)

      await queue.enqueue([{ ...first, attempts: 1 }])
      expect(await queue.waiting()).toBe(2)
    })

    it('hands out an attempt again that ended before it was enqueued anew', async () => {
      const handed = new Handed()
      const queue = await start(handed.handle)
      const again = event()
      await queue.enqueue([again])
      await handed.count(1)
      // Its end is recorded a moment after the handler's.
      while (handed.events.length < 2) await queue.enqueue([again])

      expect(handed.events[1]).toEqual(again)
    })

    it('has no more under way than its concurrency, and counts what waits', async () => {
      const handed = new Handed(never)
      const queue = await start(handed.handle, { concurrency: 3 })
      await queue.enqueue(events(10))
      await handed.count(3)

      await delay(100)
      expect(handed.events).toHaveLength(3)
      expect(await queue.waiting()).toBe(7)
    })

    it('hands out again what was under way when its courier died', async () => {
      const backend = openBackend()
      const dead = new Handed(never)
      const dying = await start(dead.handle, { backend })
      const [lost] = events(1)
      if (!lost) return
      await dying.enqueue([lost])
      await dead.count(1)
      await dying.stop(0)

      const heir = new Handed()
      await start(heir.handle, { backend })
      await heir.count(1)
      expect(heir.events).toEqual([lost])
    })

    it('stops when what is under way has ended, and keeps what waits for others', async () => {
      const backend = openBackend()
      const slow = Promise.withResolvers<void>()
      const handed = new Handed(() => slow.promise)
      const queue = await start(handed.handle, { backend, concurrency: 1 })
      await queue.enqueue(events(3))
      await handed.count(1)
      let stopped = false
      const stopping = Promise.all([queue.stop(10_000), queue.stop(10_000)]).then(() => {
        stopped = true
      })
      await delay(50)
      expect(stopped).toBe(false)
      slow.resolve()
      await stopping

      expect(queue.health().ok).toBe(false)
      await expect(queue.enqueue(events(1))).rejects.toThrow()
      const heir = new Handed()
      await start(heir.handle, { backend })
      await heir.count(2)
    })

    it('is healthy', async () => {
      expect((await start(async () => {})).health().ok).toBe(true)
    })
  })
}

export function event(): DueEvent {
  return {
    id: newId('event'),
    tenantId: newId('tenant'),
    subjectId: newId('job'),
    type: 'job.succeeded',
    status: 'succeeded',
    url: 'https://example.com/hooks?a=ü',
    createdAt: 1_795_494_365_123.25,
    attempts: 0,
    scheduleAttempts: 0,
    metadata: { ü: '"\\\n' },
  }
}

/** Keeps what was handed out, and tells when it is so many. */
class Handed {
  readonly events: DueEvent[] = []
  readonly handle: (event: DueEvent) => Promise<void>
  #waiting: Array<() => void> = []

  constructor(work: () => Promise<void> = async () => {}) {
    this.handle = event => {
      this.events.push(event)
      for (const check of this.#waiting) check()
      return work()
    }
  }

  count(count: number): Promise<void> {
    return this.until(() => this.events.length >= count)
  }

  until(is: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const check = () => {
      if (is()) resolve()
    }
    this.#waiting.push(check)
    check()
    return promise
  }
}

function together(count: number, left: Handed, right: Handed): Promise<void> {
  const is = () => left.events.length + right.events.length >= count
  return Promise.race([left.until(is), right.until(is)])
}
