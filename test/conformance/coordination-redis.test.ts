import { openRedisCoordination } from '@longhaul/coordination'
import { describeOn } from '../servers.ts'
import { exerciseCoordination } from './coordination.ts'

await describeOn('redis', 'coordination on Redis', url => {
  exerciseCoordination('coordination on Redis', ({ namespace, clock, breaker }) =>
    openRedisCoordination({ url, keyPrefix: namespace, clock, breaker }),
  )
})
