import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from '@jest/globals'
import { openRedisCoordination } from '@longhaul/coordination'
import { LocalRedis } from '@longhaul/local-servers'
import { exerciseCoordination } from './coordination.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'longhaul-redis-'))
const redis = new LocalRedis({ dataDir })

beforeAll(() => redis.start(), 60_000)
afterAll(async () => {
  await redis.stop()
  rmSync(dataDir, { recursive: true })
})

exerciseCoordination('coordination on Redis', ({ namespace, clock, breaker }) =>
  openRedisCoordination({ url: redis.url, keyPrefix: namespace, clock, breaker }),
)
