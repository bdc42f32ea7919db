import { deepStrictEqual, ok } from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import fc from 'fast-check'
import { ManualClock } from '../../test/manual-clock.ts'
import { type MemoryBus, openMemoryBus } from './memory.ts'
import type { Delivery, Subscription } from './port.ts'

const TOPIC = 'jobs'
const DEAD = `${TOPIC}.dead`
const GROUPS = ['routers', 'auditors']
const PATIENCE_MS = 1_000

type Settlement = 'ack' | 'release' | 'reject'

type Step =
  | { do: 'publish'; key: string }
  | { do: 'start'; group: string; window: number; throwsEvery: number }
  | { do: Settlement; pick: number }
  | { do: 'settle-again'; pick: number; how: Settlement }
  | { do: 'stop'; pick: number; timeoutMs: number }
  | { do: 'turn' }
  | { do: 'wait'; ms: number }

const pick = fc.nat(1_000)
const settlement = fc.constantFrom<Settlement[]>('ack', 'release', 'reject')
const steps = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('publish' as const), key: key() }) },
    { weight: 8, arbitrary: fc.record({ do: settlement, pick }) },
    { weight: 2, arbitrary: again() },
    { weight: 2, arbitrary: start() },
    { weight: 1, arbitrary: stop() },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
    { weight: 1, arbitrary: wait() },
  ),
  { maxLength: 120, size: 'max' },
)

describe('the memory bus, whatever is done in whatever order', () => {
  it('loses nothing, hands nothing to two at once, keeps order and window', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async steps => {
        const world = await World.open()
        for (const step of steps) await world.take(step)
        await world.end()
        world.assertEveryMessageSettledOnce()
        world.assertFirstHandOversInOrder()
      }),
      { numRuns: 300 },
    )
  })
})

interface Hand {
  readonly delivery: Delivery
  readonly group: string
  open: boolean
}

interface Running {
  readonly group: string
  readonly subscription: Subscription
  readonly hands: Hand[]
}

/** A bus, and what must be true of it. */
class World {
  readonly #bus: MemoryBus
  readonly #clock: ManualClock
  readonly #hands: Hand[] = []
  #running: Running[] = []
  #stops: Array<Promise<void>> = []
  #published = 0
  /** `group message` → how it was settled for good. */
  readonly #settled = new Map<string, Settlement[]>()
  readonly #firstHandOvers = new Map<string, number[]>()

  static async open(): Promise<World> {
    const clock = new ManualClock()
    const bus = await openMemoryBus({ clock })
    await bus.ensureTopics([TOPIC])
    const world = new World(bus, clock)
    // Both are known from the start, so that each must get every message.
    for (const group of GROUPS) await world.#start(group, 1, 0)
    return world
  }

  constructor(bus: MemoryBus, clock: ManualClock) {
    this.#bus = bus
    this.#clock = clock
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'publish':
        return this.#publish(step.key)
      case 'start':
        return this.#start(step.group, step.window, step.throwsEvery)
      case 'stop':
        return this.#stop(step.pick, step.timeoutMs)
      case 'settle-again':
        return this.#settleAgain(step.pick, step.how)
      case 'turn':
        return eventLoopTurn()
      case 'wait':
        return this.#wait(step.ms)
      default:
        return this.#settle(step.pick, step.do)
    }
  }

  /** Everybody stops, and a last consumer of each group acknowledges what is left. */
  async end(): Promise<void> {
    while (this.#running.length > 0) this.#stop(0, 0)
    this.#wait(PATIENCE_MS)
    await Promise.all(this.#stops)
    for (const group of GROUPS) await this.#start(group, 7, 0)
    while (await this.#lag()) {
      await eventLoopTurn()
      for (const hand of this.#hands) if (hand.open) this.#settleHand(hand, 'ack')
    }
    const rejected = [...this.#settled.values()].flat().filter(how => how === 'reject')
    deepStrictEqual(await this.#bus.lag(DEAD, 'readers'), rejected.length)
    deepStrictEqual(this.#bus.room(TOPIC), 20_000)
    deepStrictEqual(this.#clock.pending, 0)
    await this.#bus.stop()
  }

  assertEveryMessageSettledOnce(): void {
    const wanted = GROUPS.flatMap(group =>
      Array.from({ length: this.#published }, (_, number) => `${group} ${number}`),
    )
    deepStrictEqual([...this.#settled.keys()].sort(), wanted.sort())
    for (const [id, how] of this.#settled) deepStrictEqual(how.length, 1, `${id}: ${how}`)
  }

  assertFirstHandOversInOrder(): void {
    for (const numbers of this.#firstHandOvers.values()) {
      deepStrictEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
      )
    }
  }

  async #publish(key: string): Promise<void> {
    const value = String(this.#published)
    this.#published += 1
    await this.#bus.publish(TOPIC, { key, value, headers: { 'longhaul-schema': '1' } })
  }

  async #start(group: string, window: number, throwsEvery: number): Promise<void> {
    const hands: Hand[] = []
    let handled = 0
    const subscription = await this.#bus.consume({
      topics: [TOPIC],
      group,
      window,
      versions: [1],
      handle: delivery => {
        const hand = { delivery, group, open: true }
        this.#assertInNoOtherHand(hand)
        this.#recordFirstHandOver(hand)
        handled += 1
        if (throwsEvery > 0 && handled % throwsEvery === 0) throw new Error('crash')
        this.#hands.push(hand)
        hands.push(hand)
        ok(hands.filter(({ open }) => open).length <= window, 'the window is exceeded')
      },
    })
    this.#running.push({ group, subscription, hands })
  }

  #stop(pick: number, timeoutMs: number): void {
    const [running] = this.#running.splice(pick % Math.max(1, this.#running.length), 1)
    if (!running) return
    const takenBack = () => {
      for (const hand of running.hands) hand.open = false
    }
    // At the same moment as the bus, which schedules its own timer right after.
    if (timeoutMs === 0) takenBack()
    else this.#clock.schedule(timeoutMs, takenBack)
    this.#stops.push(running.subscription.stop(timeoutMs))
  }

  #settle(pick: number, how: Settlement): void {
    const open = this.#hands.filter(hand => hand.open)
    const hand = open[pick % Math.max(1, open.length)]
    if (hand) this.#settleHand(hand, how)
  }

  #settleHand(hand: Hand, how: Settlement): void {
    hand.open = false
    if (how !== 'release') {
      const id = `${hand.group} ${hand.delivery.message.value}`
      this.#settled.set(id, [...(this.#settled.get(id) ?? []), how])
    }
    settle(hand.delivery, how)
  }

  /** Of what was settled or taken back before: it must change nothing. */
  #settleAgain(pick: number, how: Settlement): void {
    const closed = this.#hands.filter(hand => !hand.open)
    const hand = closed[pick % Math.max(1, closed.length)]
    if (hand) settle(hand.delivery, how)
  }

  #wait(ms: number): void {
    this.#clock.advance(ms)
  }

  async #lag(): Promise<number> {
    const lags = await Promise.all(GROUPS.map(group => this.#bus.lag(TOPIC, group)))
    return Math.max(...lags)
  }

  #assertInNoOtherHand({ delivery, group }: Hand): void {
    const other = this.#hands.find(
      hand =>
        hand.open && hand.group === group && hand.delivery.message.value === delivery.message.value,
    )
    ok(!other, `${group} has ${delivery.message.value} in hand twice`)
  }

  #recordFirstHandOver({ delivery, group }: Hand): void {
    if (delivery.deliveryCount > 1) return
    const id = `${group} ${delivery.message.key}`
    const numbers = this.#firstHandOvers.get(id) ?? []
    numbers.push(Number(delivery.message.value))
    this.#firstHandOvers.set(id, numbers)
  }
}

function settle(delivery: Delivery, how: Settlement): void {
  if (how === 'reject') delivery.reject('no')
  else delivery[how]()
}

function key(): fc.Arbitrary<string> {
  return fc.constantFrom('a', 'b', 'c')
}

function start(): fc.Arbitrary<Step> {
  return fc.record({
    do: fc.constant('start' as const),
    group: fc.constantFrom(...GROUPS),
    window: fc.integer({ min: 1, max: 9 }),
    throwsEvery: fc.constantFrom(0, 0, 2, 5),
  })
}

function stop(): fc.Arbitrary<Step> {
  return fc.record({
    do: fc.constant('stop' as const),
    pick,
    timeoutMs: fc.constantFrom(0, PATIENCE_MS),
  })
}

function again(): fc.Arbitrary<Step> {
  return fc.record({ do: fc.constant('settle-again' as const), pick, how: settlement })
}

function wait(): fc.Arbitrary<Step> {
  return fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 2_000 }) })
}

function eventLoopTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
