import { ownBuses } from '../bus-kafka/own-buses.ts'
import { describeOn } from '../servers.ts'
import { exerciseBus } from './bus.ts'

await describeOn('kafka', 'on a real broker', brokers => {
  const { open } = ownBuses(brokers)

  exerciseBus('the Kafka bus', () => open({ commitIntervalMs: 50, lagMaxAgeMs: 50 }))
})
