import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'

/** A prefix that no other test has, for topics and groups on a broker that many share. */
export function uniquePrefix(): string {
  return `test-${randomUUID().slice(0, 8)}.`
}

/** Removes the topics and groups that begin with the prefix. */
export async function removeNames(brokers: string, prefix: string): Promise<void> {
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
