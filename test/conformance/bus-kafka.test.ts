import { ownBuses } from '../bus-kafka/own-buses.ts'
import { describeOn } from '../servers.ts'
import { exerciseBus } from './bus.ts'

await describeOn('kafka', 'on a real broker', brokers => {
  const { open } = ownBuses(brokers)

  // One partition, since the order of messages is promised within it.
  exerciseBus('the Kafka bus', () => open({ partitions: 1, commitIntervalMs: 50, lagMaxAgeMs: 50 }))
})
