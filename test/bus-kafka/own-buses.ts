import { randomUUID } from 'node:crypto'
import { afterAll } from '@jest/globals'
import { type Bus, type KafkaBusOptions, openKafkaBus } from '@longhaul/bus'
import { Kafka, logLevel } from 'kafkajs'

/** A prefix that no other test has, for topics and groups on a broker that many share. */
function uniquePrefix(): string {
  return `test-${randomUUID().slice(0, 8)}.`
}

/** Removes the topics and groups that begin with the prefix. */
async function removeNames(brokers: string, prefix: string): Promise<void> {
  const kafka = new Kafka({
    clientId: 'clean-up',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
  })
  const admin = kafka.admin()
  await admin.connect()
  const topics = (await admin.listTopics()).filter(topic => topic.startsWith(prefix))
  if (topics.length > 0) await admin.deleteTopics({ topics })
  const { groups } = await admin.listGroups()
  const own = groups.map(({ groupId }) => groupId).filter(id => id.startsWith(prefix))
  // One that was killed is a member until its session ends; the group goes with the broker.
  if (own.length > 0) await admin.deleteGroups(own).catch(() => {})
  await admin.disconnect()
}

/** Opens buses with names of their own for the tests of a file; what they leave behind is removed in the end. */
export function ownBuses(brokers: string): {
  topicPrefix: string
  open(options?: Partial<KafkaBusOptions>): Promise<Bus>
} {
  const topicPrefix = uniquePrefix()
  const opened: Bus[] = []
  afterAll(async () => {
    await Promise.all(opened.map(bus => bus.stop()))
    await removeNames(brokers, topicPrefix)
  })
  return {
    topicPrefix,
    open: async options => {
      const bus = await openKafkaBus({
        brokers: brokers.split(','),
        clientId: 'tests',
        topicPrefix,
        sessionTimeoutMs: 6_000,
        partitions: 3,
        lagMaxAgeMs: 100,
        // The broker is never away here: it may take its time.
        publishTimeoutMs: 60_000,
        ...options,
      })
      opened.push(bus)
      return bus
    },
  }
}
