import type { JsonObject } from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'
import type { Telemetry } from '@longhaul/telemetry'
import { LRUCache } from 'lru-cache'
import { errorInStream } from '../answer.ts'
import { ResponseEvents } from './response-events.ts'
import { type ResponseJob, responseIdOf, responseObject } from './response-object.ts'
import { StreamParts } from './stream-parts.ts'
import type { AwaitedJob, SynchronousJobs } from './synchronous-jobs.ts'

export interface LiveDependencies {
  jobs: SynchronousJobs
  coordination: Pick<Coordination, 'streams'>
  telemetry: Telemetry
}

/** Streams that are kept to be resumed: the least lately read go first. */
const MOST_KEPT = 1_000
const MOST_KEPT_CHARACTERS = 64 * 1024 * 1024
/** How long an ended stream can be resumed exactly as it was. */
const KEPT_MS = 300_000
/** What a stream under way counts for, since its length is not known yet. */
const ASSUMED_CHARACTERS = 16_384

/**
 * Responses that are told while they are made. A stream that is kept here goes
 * on where its reader stopped; any other is told anew from what Postgres has.
 */
export class LiveResponses {
  readonly #dependencies: LiveDependencies
  readonly #kept = new LRUCache<string, ResponseEvents>({
    max: MOST_KEPT,
    maxSize: MOST_KEPT_CHARACTERS,
    ttl: KEPT_MS,
    ttlAutopurge: false,
  })

  constructor(dependencies: LiveDependencies) {
    this.#dependencies = dependencies
  }

  /** Where answers are to be sent to be told here. */
  get address(): string {
    return this.#dependencies.coordination.streams.address
  }

  of(jobId: string): ResponseEvents | undefined {
    const events = this.#kept.get(jobId)
    return events?.interrupted ? undefined : events
  }

  /** Listens for a job that is about to be submitted. */
  prepare(jobId: string): { events: ResponseEvents; forget: () => void } {
    const events = new ResponseEvents()
    const parts = new StreamParts(events)
    const leave = this.#dependencies.coordination.streams.on(jobId, part => parts.take(part))
    return { events, forget: leave }
  }

  /**
   * Tells the job's events until it has ended.
   * @param job as it is now
   */
  async follow(
    awaited: AwaitedJob,
    { events, forget }: { events: ResponseEvents; forget: () => void },
    job: ResponseJob,
    request: JsonObject,
  ): Promise<void> {
    const { jobs, telemetry } = this.#dependencies
    const { jobId } = awaited
    this.#kept.set(jobId, events, { size: ASSUMED_CHARACTERS, ttl: Number.MAX_SAFE_INTEGER })
    events.begin(responseObject({ ...job, resultBody: null }, request))
    if (job.status === 'running') events.inProgress()
    try {
      const ended = await jobs.untilEnded(awaited, status => {
        if (status === 'running') events.inProgress()
      })
      if (ended) events.finish(responseObject(ended.job, request))
      else events.fail('job_cancelled', 'Its caller went away.')
    } catch (error) {
      const { code, message } = errorInStream(error, responseIdOf(jobId), telemetry.logger)
      events.fail(code, message)
    } finally {
      forget()
      jobs.release(awaited)
      const size = events.all.reduce((sum, { json }) => sum + json.length, 1)
      if (this.#kept.has(jobId)) this.#kept.set(jobId, events, { size })
    }
  }
}

/** A response that has ended, told anew. */
export function replay(job: ResponseJob, request: JsonObject): ResponseEvents {
  const events = new ResponseEvents()
  const asAccepted = { ...job, status: 'queued' as const, resultBody: null, error: null }
  events.begin(responseObject(asAccepted, request))
  events.finish(responseObject(job, request))
  return events
}
