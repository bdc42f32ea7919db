import { openRedisCoordination } from '@longhaul/coordination'
import { describeOn } from '../servers.ts'
import { untilShared } from './coordination/surroundings.ts'
import { exerciseCoordination } from './coordination.ts'

await describeOn('redis', 'coordination on Redis', url => {
  exerciseCoordination('coordination on Redis', async ({ namespace, clock, breaker }) =>
    untilShared(await openRedisCoordination({ url, keyPrefix: namespace, clock, breaker })),
  )
})
