import { afterAll } from '@jest/globals'
import { openKafkaBus } from '@longhaul/bus'
import { removeNames, uniquePrefix } from '../bus-kafka/own-names.ts'
import { describeOn } from '../servers.ts'
import { exerciseBus } from './bus.ts'

await describeOn('kafka', 'on a real broker', brokers => {
  const topicPrefix = uniquePrefix()
  afterAll(() => removeNames(brokers, topicPrefix))

  exerciseBus('the Kafka bus', () =>
    openKafkaBus({
      brokers: brokers.split(','),
      clientId: 'conformance',
      topicPrefix,
      commitIntervalMs: 50,
      lagMaxAgeMs: 50,
    }),
  )
})
