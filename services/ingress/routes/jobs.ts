import { type Clock, type Config, LonghaulError, uuidOf } from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'
import type { ModelFigures } from '@longhaul/runtime'
import type { JobFilter, Store, Tenant } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'
import type { Request, Response } from 'express'
import type { z } from 'zod'
import { sendJson } from '../answer.ts'
import { cancelJob } from '../job-cancelling.ts'
import { streamJobEvents } from '../job-events.ts'
import { etaView, jobJson, listJson } from '../job-view.ts'
import { closedSignal, jobIdOf, jobNotFound, untilEnded } from '../job-waiting.ts'
import type { JobWatch } from '../job-watch.ts'
import { waitingView } from '../models-out.ts'
import { DEFAULT_LIMIT, getJobQuery, listJobsQuery, noQuery, readQuery } from '../query.ts'

export interface JobDependencies {
  store: Store
  coordination: Coordination
  telemetry: Telemetry
  clock: Clock
  config: Config
  watch: JobWatch
  live: Pick<ModelFigures, 'answerOf'>
}

/** What is asked of jobs that were accepted. */
export class JobRoutes {
  readonly #dependencies: JobDependencies

  constructor(dependencies: JobDependencies) {
    this.#dependencies = dependencies
  }

  async getJob(request: Request, response: Response, tenant: Tenant): Promise<void> {
    const jobId = jobIdOf(request.params.id)
    const { wait, include } = readQuery(getJobQuery, request.url)
    const { reads } = this.#dependencies.store
    if (wait) {
      const job = { tenantId: tenant.id, jobId }
      const closed = closedSignal(response)
      await untilEnded({ ...this.#dependencies, reads }, job, wait * 1_000, closed)
      if (closed.aborted) return
    }
    const job = await reads.get(tenant.id, jobId, new Set(include))
    if (!job) throw jobNotFound(jobId)
    const { live, clock, config, coordination } = this.#dependencies
    const eta = etaView(live.answerOf(job), clock.now())
    sendJson(response, 200, jobJson(job, eta, waitingView(job, config, coordination.breakers)))
  }

  async listJobs(request: Request, response: Response, tenant: Tenant): Promise<void> {
    const query = readQuery(listJobsQuery, request.url)
    const page = await this.#dependencies.store.reads.list(filterOf(query, tenant))
    const { jobs, hasMore, lookedUpTo } = page
    if (lookedUpTo !== undefined) throw unfinished(lookedUpTo)
    sendJson(response, 200, listJson(jobs, hasMore))
  }

  async cancelJob(request: Request, response: Response, tenant: Tenant): Promise<void> {
    const jobId = jobIdOf(request.params.id)
    readQuery(noQuery, request.url)
    const job = await cancelJob(this.#dependencies, tenant.id, jobId)
    if (!job) throw jobNotFound(jobId)
    sendJson(response, 200, jobJson(job))
  }

  async streamJobEvents(request: Request, response: Response, tenant: Tenant): Promise<void> {
    const jobId = jobIdOf(request.params.id)
    readQuery(noQuery, request.url)
    const { reads } = this.#dependencies.store
    const job = { tenantId: tenant.id, jobId }
    await streamJobEvents({ ...this.#dependencies, reads }, job, { request, response })
  }
}

function unfinished(lastId: string): LonghaulError {
  const goOn = `ask for a wider one, or go on behind it with \`after=${lastId}\``
  const message = `No job up to ${lastId} passes the filter, and the time for a list is over: ${goOn}.`
  return new LonghaulError('list_unfinished', message, { param: 'after' })
}

function filterOf(query: z.output<typeof listJobsQuery>, tenant: Tenant): JobFilter {
  const { after, limit = DEFAULT_LIMIT, order, status, model, lane, metadata } = query
  if (after !== undefined && uuidOf('job', after) === undefined) {
    throw new LonghaulError(
      'invalid_cursor',
      '`after` must be the id of a job: the `last_id` of the page before.',
      { param: 'after' },
    )
  }
  return {
    tenantId: tenant.id,
    limit,
    order,
    ...(status && { status }),
    ...(model && { model }),
    ...(lane && { lane }),
    ...(metadata && { metadata }),
    ...(after && { after }),
  }
}
