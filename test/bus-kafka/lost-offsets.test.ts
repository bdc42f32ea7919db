import { expect, it } from '@jest/globals'
import type { Bus } from '@longhaul/bus'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { eventually } from '../conformance/eventually.ts'
import { describeOn } from '../servers.ts'
import { Ledger } from './ledger.ts'
import { ownBuses } from './own-buses.ts'

const WINDOW = 5

await describeOn('kafka', 'offsets that Kafka has no messages for', brokers => {
  const { open, topicPrefix } = ownBuses(brokers)

  async function asOperator<T>(act: (admin: Admin) => Promise<T>): Promise<T> {
    const kafka = new Kafka({
      clientId: 'operator',
      brokers: brokers.split(','),
      logLevel: logLevel.NOTHING,
    })
    const admin = kafka.admin()
    await admin.connect()
    try {
      return await act(admin)
    } finally {
      await admin.disconnect()
    }
  }

  /** As retention does. */
  async function deleteBefore(topic: string, offset: number): Promise<void> {
    const name = topicPrefix + topic
    await asOperator(async admin => {
      // Without having asked for the topic, kafkajs does not find its leader.
      await admin.fetchTopicOffsets(name)
      const partitions = [{ partition: 0, offset: String(offset) }]
      await admin.deleteTopicRecords({ topic: name, partitions })
    })
  }

  it.concurrent('below what is kept: the group goes on at the oldest message, not at the newest', async () => {
    const bus = await open({ partitions: 1 })
    await bus.ensureTopics(['expired'])
    const before = new Ledger()
    await before.publishEach(bus, 'expired', 5)
    const first = await bus.consume({ ...consumerOf('expired'), handle: before.work(0) })
    await before.complete()
    await lagBecomes(bus, 'expired', 0)
    await first.stop(60_000)

    const after = new Ledger()
    await after.publishEach(bus, 'expired', 20)
    await deleteBefore('expired', 15)
    await bus.consume({ ...consumerOf('expired'), handle: after.work(0) })
    await eventually(
      () => after.handed.size,
      handed => handed === 10,
    )
    expect([...after.handed.keys()]).toEqual([...after.published].slice(10))
    await lagBecomes(bus, 'expired', 0)
  })

  it.concurrent('while the consumer has its hands full: it goes on at the oldest message too', async () => {
    const bus = await open({ partitions: 1 })
    await bus.ensureTopics(['overtaken'])
    const ledger = new Ledger()
    // More than a consumer fetches ahead of its window.
    const padding = 'x'.repeat(20_000)
    await ledger.publishEach(bus, 'overtaken', 60, padding)
    await bus.consume({ ...consumerOf('overtaken'), handle: delivery => ledger.take(delivery) })
    await eventually(
      () => ledger.open.size,
      open => open === WINDOW,
    )
    await deleteBefore('overtaken', 55)
    const work = setInterval(() => {
      for (const delivery of ledger.open) ledger.ack(delivery)
    }, 10)
    const newest = [...ledger.published].slice(55)
    await eventually(
      () => newest.filter(key => !ledger.handed.has(key)),
      missing => missing.length === 0,
    )
    await lagBecomes(bus, 'overtaken', 0)
    clearInterval(work)
    expect(ledger.repeats).toBe(0)
  })

  it.concurrent('above the newest message: the group goes back to the oldest', async () => {
    const bus = await open({ partitions: 1 })
    await bus.ensureTopics(['ahead'])
    const ledger = new Ledger()
    await ledger.publishEach(bus, 'ahead', 10)
    // As after a leader was chosen that had not heard of the last messages.
    await asOperator(admin =>
      admin.setOffsets({
        groupId: `${topicPrefix}workers.ahead`,
        topic: `${topicPrefix}ahead`,
        partitions: [{ partition: 0, offset: '1000' }],
      }),
    )
    await bus.consume({ ...consumerOf('ahead'), handle: ledger.work(0) })
    await ledger.complete()
    await lagBecomes(bus, 'ahead', 0)
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
