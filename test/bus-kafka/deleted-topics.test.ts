import { expect, it } from '@jest/globals'
import { Kafka, logLevel } from 'kafkajs'
import { eventually } from '../conformance/eventually.ts'
import { describeOn } from '../servers.ts'
import { Ledger, seconds, startLoad } from './ledger.ts'
import { ownBuses } from './own-buses.ts'

await describeOn('kafka', 'topics that are deleted', brokers => {
  const { open, topicPrefix } = ownBuses(brokers)

  async function deleteTopics(topics: string[]): Promise<void> {
    const kafka = new Kafka({
      clientId: 'operator',
      brokers: brokers.split(','),
      logLevel: logLevel.NOTHING,
    })
    const admin = kafka.admin()
    await admin.connect()
    await admin.deleteTopics({ topics: topics.map(topic => topicPrefix + topic) })
    await admin.disconnect()
  }

  it.concurrent('are created again by those who use them, and read from their beginning', async () => {
    const bus = await open()
    const ledger = new Ledger()
    await bus.ensureTopics(['again'])
    await bus.consume({ ...consumerOf('again'), handle: ledger.work(0) })
    await ledger.publishMany(bus, 'again', 30)
    await ledger.complete()

    await deleteTopics(['again'])
    // Fewer, as many and more than before: at whatever offsets they come to lie.
    for (const count of [10, 30, 60]) {
      await ledger.publishMany(bus, 'again', count)
      await ledger.complete()
    }
    expect(ledger.refused).toBe(0)
  })

  it.concurrent('do not disturb the consumers of other topics, nor publishing for long', async () => {
    const bus = await open({ publishTimeoutMs: 5_000 })
    const doomed = new Ledger()
    const spared = new Ledger()
    await bus.ensureTopics(['doomed', 'spared'])
    await bus.consume({ ...consumerOf('doomed'), handle: doomed.work(5) })
    let mostWaiting = 0
    await bus.consume({
      ...consumerOf('spared'),
      handle: delivery => {
        mostWaiting = Math.max(mostWaiting, spared.tried - spared.handed.size)
        spared.take(delivery)
        spared.ack(delivery)
      },
    })
    const loads = [startLoad(doomed, bus, 'doomed', 20), startLoad(spared, bus, 'spared', 20)]
    await eventually(
      () => spared.handed.size,
      handed => handed > 50,
    )
    mostWaiting = 0

    await deleteTopics(['doomed', 'doomed.dead'])
    await seconds(8)
    const { size } = doomed.handed
    await eventually(
      () => doomed.handed.size,
      handed => handed > size + 20,
    )
    await Promise.all(loads.map(load => load.stop()))
    await spared.complete()

    expect(spared.refused).toBe(0)
    expect(spared.repeats).toBe(0)
    // Of four seconds.
    expect(mostWaiting).toBeLessThan(200)
  })

  it.concurrent('between two lives of a consumer are no obstacle', async () => {
    const bus = await open()
    const ledger = new Ledger()
    await bus.ensureTopics(['revived'])
    await (await bus.consume({ ...consumerOf('revived'), handle: ledger.work(0) })).stop(0)
    await deleteTopics(['revived'])
    await bus.consume({ ...consumerOf('revived'), handle: ledger.work(0) })
    await ledger.publishMany(bus, 'revived', 5)
    await ledger.complete()
    await eventually(
      () => bus.lag('revived', 'workers.revived'),
      lag => lag === 0,
    )
  })
})

function consumerOf(topic: string) {
  return { topics: [topic], group: `workers.${topic}`, window: 30, versions: [1] }
}
