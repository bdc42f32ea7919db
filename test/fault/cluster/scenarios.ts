import { killDuringBatch } from './batch.ts'
import { changeModels, moveWorkers } from './changes.ts'
import { cutNetwork, deleteTopics } from './kafka-faults.ts'
import { killEachKind } from './kill.ts'
import { longWork } from './long-work.ts'
import { flushRedis, killKafka, restartPostgres, stopKafka, stopRedis } from './outages.ts'
import { killAtPausePoints } from './pauses.ts'
import type { ClusterScenario } from './trial.ts'

/** By the name that `npm run test:fault -- --only` takes. They can share a cluster, one after another. */
export const clusterScenarios = {
  'cluster-kill': killEachKind,
  'cluster-batch': killDuringBatch,
  'cluster-pauses': killAtPausePoints,
  'cluster-postgres': restartPostgres,
  'cluster-redis-flush': flushRedis,
  'cluster-redis-stop': stopRedis,
  'cluster-kafka-stop': stopKafka,
  'cluster-kafka-kill': killKafka,
  'cluster-topics': deleteTopics,
  'cluster-network': cutNetwork,
  'cluster-workers': moveWorkers,
  'cluster-models': changeModels,
  'cluster-long-work': longWork,
} as const satisfies Record<string, ClusterScenario>
