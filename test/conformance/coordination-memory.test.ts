import { type Coordination, openMemoryCoordination } from '@longhaul/coordination'
import { type CoordinationSetting, exerciseCoordination } from './coordination.ts'

/** Within one process whoever shares state shares the instance. */
const byNamespace = new Map<string, Promise<Coordination>>()

exerciseCoordination(
  'memory coordination',
  ({ namespace, clock, breaker }: CoordinationSetting) => {
    const coordination = byNamespace.get(namespace) ?? openMemoryCoordination({ clock, breaker })
    byNamespace.set(namespace, coordination)
    return coordination
  },
)
