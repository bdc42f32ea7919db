import type { Blobs } from '@longhaul/blobs'
import type { Clock, Config } from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'
import type { SubmissionReader } from '@longhaul/intake'
import type { LiveView } from '@longhaul/routing'
import type { Store } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'

export interface BatchDependencies {
  store: Store
  blobs: Blobs
  coordination: Coordination
  telemetry: Telemetry
  clock: Clock
  live: LiveView
}

/** What a step of a batch works with. */
export interface BatchStep extends BatchDependencies {
  config: Config
  reader: SubmissionReader
  owner: string
  /** Aborted when the lease is lost, or the process stops. */
  signal: AbortSignal
}
