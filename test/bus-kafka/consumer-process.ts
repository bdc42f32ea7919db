import { openKafkaBus } from '@longhaul/bus'

/**
 * A consumer to be killed: takes what it gets, prints the keys, and
 * acknowledges those that do not begin with `hold`.
 */
const [brokers, topicPrefix, topic, group] = process.argv.slice(2)
if (!brokers || !topicPrefix || !topic || !group) {
  throw new Error('usage: consumer-process.ts BROKERS PREFIX TOPIC GROUP')
}
const bus = await openKafkaBus({
  brokers: brokers.split(','),
  clientId: 'to-be-killed',
  topicPrefix,
  sessionTimeoutMs: 6_000,
})
await bus.ensureTopics([topic])
await bus.consume({
  topics: [topic],
  group,
  window: 10,
  versions: [1],
  handle: delivery => {
    const { key } = delivery.message
    process.stdout.write(`${key}\n`)
    if (!key.startsWith('hold')) delivery.ack()
  },
})
process.stdout.write('ready\n')
