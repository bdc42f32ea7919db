export { Breaker } from './breaker.ts'
export { type MemoryCoordinationOptions, openMemoryCoordination } from './memory.ts'
export type {
  Amounts,
  BreakerOptions,
  BreakerState,
  Breakers,
  BreakerView,
  Broadcasts,
  CallOutcome,
  Channels,
  Coordination,
  DeploymentStats,
  LaneCalls,
  LiveStats,
  Notes,
  Permit,
  Probing,
  StreamPart,
  Tallies,
  TokenStreams,
} from './port.ts'
export { CREDENTIALS_REFUSED } from './port.ts'
export type { CoordinationLogger } from './receivers.ts'
export { openRedisCoordination, type RedisCoordinationOptions } from './redis.ts'
