import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, expect, it } from '@jest/globals'
import type { Bus } from '@longhaul/bus'
import { eventually } from '../conformance/eventually.ts'
import { describeOn } from '../servers.ts'
import { CountingMetrics } from './counting-metrics.ts'
import { Ledger, message, seconds, startLoad } from './ledger.ts'
import { ownBuses } from './own-buses.ts'

const PARTITIONS = 6
const WINDOW = 10

await describeOn('kafka', 'consumers of one group', brokers => {
  const { open, topicPrefix } = ownBuses(brokers)
  const victims: ChildProcess[] = []
  afterAll(() => {
    for (const victim of victims) victim.kill('SIGKILL')
  })

  it.concurrent('that join under load make come again no more than was in flight or not committed', async () => {
    const metrics = new CountingMetrics()
    const bus = await open({ metrics, partitions: PARTITIONS })
    const ledger = new Ledger()
    await bus.ensureTopics(['joined'])
    const consumer = { ...consumerOf('joined'), handle: ledger.work(500) }
    await bus.consume(consumer)
    const load = startLoad(ledger, bus, 'joined', 5)
    await eventually(
      () => ledger.open.size,
      open => open > 20,
    )
    const joining = [await bus.consume(consumer), await bus.consume(consumer)]
    await seconds(2)
    await Promise.all(joining.map(subscription => subscription.stop(60_000)))
    await seconds(2)
    await load.stop()
    await ledger.complete()

    // Two joins and two leaves, each with what is in hand or done within a commit interval.
    expect(ledger.repeats).toBeLessThanOrEqual(4 * PARTITIONS * WINDOW)
    expect(metrics.of('busConsumerFailures')).toBe(0)
    expect(ledger.refused).toBe(0)
    await lagBecomes(bus, 'joined', 0)
  })

  it.concurrent('drop what they have in hand already when the survivor is sent it again', async () => {
    const metrics = new CountingMetrics()
    const bus = await open({ metrics, partitions: PARTITIONS })
    const ledger = new Ledger()
    await bus.ensureTopics(['survived'])
    await bus.consume({ ...consumerOf('survived'), handle: delivery => ledger.take(delivery) })
    await ledger.publishEach(bus, 'survived', 30)
    await ledger.complete()

    const other = await open()
    await other.ensureTopics(['survived'])
    const passing = await other.consume({ ...consumerOf('survived'), handle: () => {} })
    await passing.stop(0)
    await other.stop()
    await eventually(
      () => metrics.of('busRebalances'),
      rebalances => rebalances === 3,
    )
    await ledger.publishEach(bus, 'survived', 12)
    await ledger.complete()

    expect(ledger.repeats).toBe(0)
    expect(metrics.of('busRepeatsDropped')).toBeGreaterThanOrEqual(30)
    for (const delivery of ledger.open) ledger.ack(delivery)
    await lagBecomes(bus, 'survived', 0)
  })

  it.concurrent('take over what one of them had in hand when it was killed', async () => {
    const bus = await open()
    const ledger = new Ledger()
    await bus.ensureTopics(['killed'])
    const victim = startConsumer(brokers, topicPrefix, 'killed')
    victims.push(victim.child)
    await victim.printed('ready')
    // First, so that nothing that is held can lie before it in its partition.
    for (const key of ['done', 'hold 1', 'hold 2']) await bus.publish('killed', message(key))
    await Promise.all(['hold 1', 'hold 2', 'done'].map(victim.printed))
    await lagBecomes(bus, 'killed', 2)

    victim.child.kill('SIGKILL')
    await bus.consume({ ...consumerOf('killed'), handle: ledger.work(0) })
    await eventually(
      () => [...ledger.handed.keys()].sort(),
      keys => keys.length === 2,
    )
    await lagBecomes(bus, 'killed', 0)

    expect([...ledger.handed.keys()].sort()).toEqual(['hold 1', 'hold 2'])
  })
})

function consumerOf(topic: string) {
  return { topics: [topic], group: `workers.${topic}`, window: WINDOW, versions: [1] }
}

async function lagBecomes(bus: Bus, topic: string, messages: number): Promise<void> {
  await eventually(
    () => bus.lag(topic, `workers.${topic}`),
    lag => lag === messages,
  )
}

function startConsumer(brokers: string, prefix: string, topic: string) {
  const script = join(import.meta.dirname, 'consumer-process.ts')
  const child = spawn(process.execPath, [script, brokers, prefix, topic, `workers.${topic}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = new Set<string>()
  createInterface({ input: child.stdout }).on('line', line => lines.add(line))
  return {
    child,
    printed: async (line: string): Promise<void> => {
      await eventually(
        () => lines.has(line),
        isThere => isThere,
      )
    },
  }
}
