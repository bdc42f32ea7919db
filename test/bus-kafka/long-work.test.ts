import { expect, it } from '@jest/globals'
import type { Bus, Delivery } from '@longhaul/bus'
import { eventually } from '../conformance/eventually.ts'
import { describeOn } from '../servers.ts'
import { CountingMetrics } from './counting-metrics.ts'
import { Ledger, seconds, startLoad } from './ledger.ts'
import { ownBuses } from './own-buses.ts'

/** The buses of these tests have sessions of 6 s. */
const LONG_WORK_MS = 15_000

await describeOn('kafka', 'work that takes long', brokers => {
  const { open } = ownBuses(brokers)

  it.concurrent('longer than the session causes no rebalance and no repeat', async () => {
    const metrics = new CountingMetrics()
    const bus = await open({ metrics })
    const ledger = new Ledger()
    await bus.ensureTopics(['long'])
    await bus.consume({ ...consumerOf('long'), handle: ledger.work(LONG_WORK_MS) })

    await ledger.publishMany(bus, 'long', 60)
    await ledger.complete()
    const before = metrics.of('busRebalances')
    await lagBecomes(bus, 'long', 0)

    expect(metrics.of('busRebalances')).toBe(before)
    expect(metrics.of('busConsumerFailures')).toBe(0)
    expect(ledger.repeats).toBe(0)
  })

  it.concurrent('holds back the commits of others no longer than the bound', async () => {
    const metrics = new CountingMetrics()
    const bus = await open({ metrics, stragglerAfterMs: 8_000, partitions: 1 })
    const ledger = new Ledger()
    let straggler: Delivery | undefined
    await bus.ensureTopics(['straggling'])
    const consumer = consumerOf('straggling')
    const subscription = await bus.consume({
      ...consumer,
      handle: delivery => {
        ledger.take(delivery)
        straggler ??= delivery
        if (delivery !== straggler) ledger.ack(delivery)
      },
    })

    await ledger.publishMany(bus, 'straggling', 20)
    await ledger.complete()
    await lagBecomes(bus, 'straggling', 1)
    await lagBecomes(bus, 'straggling', 0)
    expect(metrics.of('busStragglers')).toBe(1)

    straggler?.ack()
    await subscription.stop(60_000)
    const successor = new Ledger()
    await bus.consume({ ...consumer, handle: successor.work(0) })
    await ledger.publish(bus, 'straggling')
    await eventually(
      () => successor.handed.size,
      size => size > 0,
    )
    expect(successor.handed.size).toBe(1)
  })

  it.concurrent('that was detached and is released comes again', async () => {
    const bus = await open({ stragglerAfterMs: 1_000, partitions: 1 })
    const ledger = new Ledger()
    let straggler: Delivery | undefined
    await bus.ensureTopics(['released'])
    await bus.consume({
      ...consumerOf('released'),
      handle: delivery => {
        ledger.take(delivery)
        straggler ??= delivery
        if (delivery !== straggler) ledger.ack(delivery)
      },
    })
    await ledger.publishMany(bus, 'released', 5)
    await lagBecomes(bus, 'released', 0)

    straggler?.release()
    await eventually(
      () => ledger.repeats,
      repeats => repeats === 1,
    )
    await lagBecomes(bus, 'released', 0)
  })

  it.concurrent('is bounded by the window, however much waits', async () => {
    const bus = await open({})
    const ledger = new Ledger()
    await bus.ensureTopics(['bounded'])
    await ledger.publishMany(bus, 'bounded', 3_000)
    let most = 0
    await bus.consume({
      ...consumerOf('bounded'),
      window: 20,
      handle: delivery => {
        ledger.take(delivery)
        most = Math.max(most, ledger.open.size)
        setTimeout(() => ledger.ack(delivery), Math.random() * 10)
      },
    })
    await ledger.complete()
    await lagBecomes(bus, 'bounded', 0)

    expect(most).toBeLessThanOrEqual(3 * 20)
    expect(ledger.repeats).toBe(0)
  })

  it.concurrent('is given back when a consumer stops, and goes on at the next', async () => {
    const bus = await open({})
    const ledger = new Ledger()
    await bus.ensureTopics(['handed-on'])
    const load = startLoad(ledger, bus, 'handed-on', 5)
    for (let round = 0; round < 3; round += 1) {
      const subscription = await bus.consume({
        ...consumerOf('handed-on'),
        handle: ledger.work(200),
      })
      await seconds(1.5)
      await subscription.stop(60_000)
    }
    await bus.consume({ ...consumerOf('handed-on'), handle: ledger.work(0) })
    await load.stop()
    await ledger.complete()

    expect(ledger.refused).toBe(0)
    expect(ledger.repeats).toBe(0)
  })
})

function consumerOf(topic: string) {
  return { topics: [topic], group: `workers.${topic}`, window: 30, versions: [1] }
}

async function lagBecomes(bus: Bus, topic: string, messages: number): Promise<void> {
  await eventually(
    () => bus.lag(topic, `workers.${topic}`),
    lag => lag === messages,
  )
}
