import type { Bus } from '@longhaul/bus'
import { type Clock, encodeJobMessage, type JobMessage, SUBMITTED_TOPIC } from '@longhaul/contracts'
import type { Pause } from '@longhaul/runtime'
import type { ReleasedJob, Store } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'

export interface PublishingDependencies {
  bus: Bus
  store: Store
  clock: Clock
  telemetry: Telemetry
  pause?: Pause | undefined
}

/** Publishes released jobs for routing; what the bus does not take goes back to Postgres. */
export async function publishReleased(
  dependencies: PublishingDependencies,
  jobs: ReleasedJob[],
): Promise<void> {
  if (dependencies.pause && jobs.length > 0) await dependencies.pause('dispatcher-before-publish')
  const outcomes = await Promise.allSettled(
    jobs.map(job => dependencies.bus.publish(SUBMITTED_TOPIC, encodeJobMessage(messageOf(job)))),
  )
  const refused = jobs.filter((_, index) => outcomes[index]?.status === 'rejected')
  if (refused.length === 0) return
  dependencies.telemetry.logger.debug({ jobs: refused.length }, 'the bus took no more; put back')
  await Promise.all(refused.map(job => putBack(dependencies, job)))
}

async function putBack({ store, clock }: { store: Store; clock: Clock }, job: ReleasedJob) {
  await store.jobs.settle({
    jobId: job.id,
    from: 'queued',
    to: 'pending',
    dueAt: clock.now(),
    dispatchModel: null,
    hints: null,
    attempt: null,
  })
}

function messageOf(job: ReleasedJob): JobMessage {
  return {
    jobId: job.id,
    tenantId: job.tenantId,
    endpoint: job.endpoint,
    lane: job.lane,
    policy: job.policy,
    requestedModel: job.requestedModel,
    metadata: job.metadata,
    deadlineAt: job.deadlineAt,
    dispatch: job.dispatch,
    ...(job.failures > 0 && { failures: job.failures }),
    hints: job.hints,
    options: job.options,
    traceparent: job.traceparent,
    bodyBytes: job.bodyBytes,
    body: null, // who handles it reads many at a time
    route: null,
  }
}
