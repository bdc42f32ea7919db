export { Breaker } from './breaker.ts'
export { type MemoryCoordinationOptions, openMemoryCoordination } from './memory.ts'
export type {
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
  Permit,
  StreamPart,
  TokenStreams,
} from './port.ts'
export { CREDENTIALS_REFUSED } from './port.ts'
export type { CoordinationLogger } from './receivers.ts'
export { openRedisCoordination, type RedisCoordinationOptions } from './redis.ts'
