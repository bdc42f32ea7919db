import { Kafka, logLevel } from 'kafkajs'

const WARM_UP_GROUP = 'longhaul-warm-up'

/**
 * Whether the broker serves clients, groups included. The first use of a group
 * makes the topic of offsets, and is refused meanwhile ("coordinator is not
 * available", "is loading"), which crashes kafkajs' consumers: ask until it is
 * there, so that no consumer meets it.
 */
export async function servesGroups(brokers: string[]): Promise<boolean> {
  const admin = new Kafka({
    brokers,
    clientId: 'longhaul-local-servers',
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 5_000,
    retry: { retries: 3, initialRetryTime: 50, maxRetryTime: 100 },
  }).admin()
  try {
    await admin.connect()
    await admin.fetchOffsets({ groupId: WARM_UP_GROUP, topics: [] })
    return true
  } catch {
    return false
  } finally {
    await admin.disconnect()
  }
}
