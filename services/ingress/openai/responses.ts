import {
  isTerminal,
  type JobOptions,
  type JsonObject,
  LonghaulError,
  newId,
  objectOf,
  timeOfUuid,
  uuidOf,
} from '@longhaul/contracts'
import { check, parseJson, type Submission } from '@longhaul/intake'
import type { JobDetail, NewJob, Tenant } from '@longhaul/store'
import type { Request, Response } from 'express'
import { z } from 'zod'
import { keyReused } from '../acceptance/idempotency.ts'
import { receive } from '../acceptance/receive.ts'
import type { SubmitContext, Submitter } from '../acceptance/submitter.ts'
import { sendJson } from '../answer.ts'
import { cancelJob } from '../job-cancelling.ts'
import { getResponseQuery, inputItemsQuery, noQuery, readQuery } from '../query.ts'
import { shownId } from '../shown-id.ts'
import { answerWhenEnded } from './answer-when-ended.ts'
import { type FrontDependencies, metadataOf } from './front.ts'
import { type LiveResponses, replay } from './live-responses.ts'
import { itemsOf, listedItems, saidBefore } from './response-input.ts'
import { RESPONSES, type ResponseJob, responseIdOf, responseObject } from './response-object.ts'
import { sendEvents } from './response-stream.ts'
import type { AwaitedJob } from './synchronous-jobs.ts'

export interface ResponseDependencies extends FrontDependencies {
  submitter: Submitter
  live: LiveResponses
}

/** Of a response beside what the model gets. */
const createSchema = z.looseObject({
  background: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  store: z.boolean().nullish(),
  previous_response_id: z.string().nullish(),
})

interface Wanted {
  submission: Submission
  context: SubmitContext
  background: boolean
}

/** Responses: jobs of that endpoint, under another name. */
export class ResponseRoutes {
  readonly #dependencies: ResponseDependencies

  constructor(dependencies: ResponseDependencies) {
    this.#dependencies = dependencies
  }

  async createResponse(request: Request, response: Response, tenant: Tenant): Promise<void> {
    const { bytes, context } = await receive(this.#dependencies, request, response, tenant)
    const value = parseJson(bytes)
    const created = check(createSchema, value)
    const said = {
      background: created.background === true,
      stream: created.stream === true,
      store: created.store !== false,
      previousId: created.previous_response_id ?? null,
    }
    if (said.background && !said.store) throw storeNeeded()
    const earlier = await this.#saidEarlier(said.previousId, tenant, response)
    const body = bodyForModel(value as JsonObject, earlier)
    const streamTo = said.stream ? { streamTo: this.#dependencies.live.address } : {}
    const options: JobOptions = { response: said, ...streamTo }
    const submission = this.#dependencies.reader.readBody(RESPONSES, body, {
      lane: said.background ? 'standard' : 'interactive',
      metadata: metadataOf(body),
      options,
    })
    this.#assertFits(submission, said.previousId)
    const wanted = { submission, context, background: said.background }
    if (said.stream) await this.#stream(wanted, response)
    else if (said.background) await this.#enqueue(wanted, response)
    else
      await answerWhenEnded(this.#dependencies, wanted, response, job =>
        job.status === 'succeeded'
          ? JSON.stringify(responseObject(job, submission.body))
          : undefined,
      )
  }

  async getResponse(request: Request, response: Response, tenant: Tenant): Promise<void> {
    const jobId = jobIdOf(request.params.response_id)
    const { stream, starting_after: after = -1 } = readQuery(getResponseQuery, request.url)
    const { job, body } = await this.#find(tenant, jobId)
    if (stream === 'true') await this.#resume(job, body, after, response)
    else sendJson(response, 200, JSON.stringify(responseObject(job, body)))
  }

  async cancelResponse(request: Request, response: Response, tenant: Tenant): Promise<void> {
    const jobId = jobIdOf(request.params.response_id)
    readQuery(noQuery, request.url)
    const { body } = await this.#find(tenant, jobId)
    const job = await cancelJob(this.#dependencies, tenant.id, jobId)
    if (!job) throw responseNotFound(jobId)
    sendJson(response, 200, JSON.stringify(responseObject(job, body)))
  }

  async deleteResponse(request: Request, response: Response, tenant: Tenant): Promise<void> {
    const jobId = jobIdOf(request.params.response_id)
    readQuery(noQuery, request.url)
    const { job } = await this.#find(tenant, jobId)
    if (!isTerminal(job.status)) await cancelJob(this.#dependencies, tenant.id, jobId)
    const removed = await this.#dependencies.store.contents.remove(tenant.id, jobId)
    if (!removed) throw responseNotFound(jobId)
    const answer = { id: responseIdOf(jobId), object: 'response', deleted: true }
    sendJson(response, 200, JSON.stringify(answer))
  }

  async listInputItems(request: Request, response: Response, tenant: Tenant): Promise<void> {
    const jobId = jobIdOf(request.params.response_id)
    const { after, limit = 20, order } = readQuery(inputItemsQuery, request.url)
    const { body } = await this.#find(tenant, jobId)
    const items = listedItems(body.input, uuidOf('job', jobId) ?? '')
    if (order === 'desc') items.reverse()
    const start = after === undefined ? 0 : items.findIndex(({ id }) => id === after) + 1
    if (after !== undefined && start === 0) {
      throw new LonghaulError('invalid_cursor', '`after` must be the id of an item of this list.', {
        param: 'after',
      })
    }
    const data = items.slice(start, start + limit)
    const list = {
      object: 'list',
      data,
      first_id: data[0]?.id ?? null,
      last_id: data.at(-1)?.id ?? null,
      has_more: start + limit < items.length,
    }
    sendJson(response, 200, JSON.stringify(list))
  }

  /** The items of the response that is gone on from, which hold all that was said before it. */
  async #saidEarlier(
    previousId: string | null,
    tenant: Tenant,
    response: Response,
  ): Promise<JsonObject[] | null> {
    if (previousId === null) return null
    const { intake, store } = this.#dependencies
    const jobId = jobIdOf(previousId, 'previous_response_id')
    intake.hold(await store.contents.bytes(tenant.id, jobId), response)
    const { job, body } = await this.#find(tenant, jobId, 'previous_response_id')
    if (job.status !== 'succeeded' || job.resultBody === null) throw notEnded(previousId, job)
    const { output } = objectOf(JSON.parse(job.resultBody))
    return [...itemsOf(body.input), ...saidBefore(output)]
  }

  /** A conversation grows with each of its turns, a request may not grow with it for ever. */
  #assertFits({ bodyBytes }: Submission, previousId: string | null): void {
    const { maxBodyBytes } = this.#dependencies.intake
    if (previousId === null || bodyBytes <= maxBodyBytes) return
    throw new LonghaulError(
      'body_too_large',
      `With what was said up to ${previousId} the request has ${bodyBytes} bytes, above the ${maxBodyBytes} that are taken: begin a new conversation, with a summary of this one.`,
      { param: 'previous_response_id' },
    )
  }

  async #enqueue({ submission, context }: Wanted, response: Response): Promise<void> {
    const accepted = await this.#dependencies.submitter.submit(submission, context)
    if (accepted.kind === 'accepted') {
      const answer = responseObject(justAccepted(accepted.job), submission.body)
      const headers = { 'x-longhaul-job-id': accepted.job.id }
      return sendJson(response, 200, JSON.stringify(answer), headers)
    }
    const job = await this.#dependencies.store.reads.get(context.tenantId, accepted.jobId)
    if (!job) throw keyReused()
    const headers = { 'x-longhaul-job-id': job.id, 'idempotency-replayed': 'true' }
    sendJson(response, 200, JSON.stringify(responseObject(job, submission.body)), headers)
  }

  async #stream({ submission, context, background }: Wanted, response: Response): Promise<void> {
    const { jobs, live, store } = this.#dependencies
    const jobId = newId('job')
    const listening = live.prepare(jobId)
    let awaited: AwaitedJob | undefined
    let job: ResponseJob | undefined
    try {
      awaited = await jobs.submit(submission, context, response, jobId)
      // A background response goes on without whoever asked for it.
      if (background) awaited = jobs.shared(awaited)
      job =
        awaited.jobId === jobId
          ? newlyQueued(jobId, submission)
          : await store.reads.get(context.tenantId, awaited.jobId)
      if (!job) throw keyReused()
    } catch (error) {
      listening.forget()
      if (awaited) jobs.release(awaited)
      throw error
    }
    void live.follow(awaited, listening, job, submission.body)
    await this.#send(response, listening.events, -1, awaited.jobId)
  }

  /** A stream that is kept here goes on; any other is told anew when its response has ended. */
  async #resume(job: JobDetail, body: JsonObject, after: number, response: Response) {
    const { live, jobs } = this.#dependencies
    const kept = live.of(job.id)
    if (kept) return this.#send(response, kept, after, job.id)
    if (isTerminal(job.status)) return this.#send(response, replay(job, body), after, job.id)
    const awaited = jobs.watch(job.tenantId, job.id)
    const listening = live.prepare(job.id)
    void live.follow(awaited, listening, job, body)
    return this.#send(response, listening.events, after, job.id)
  }

  #send(
    response: Response,
    events: Parameters<typeof sendEvents>[1],
    after: number,
    jobId: string,
  ): Promise<void> {
    const { clock } = this.#dependencies
    return sendEvents(response, events, after, { clock, headers: { 'x-longhaul-job-id': jobId } })
  }

  async #find(
    tenant: Tenant,
    jobId: string,
    param = 'response_id',
  ): Promise<{ job: JobDetail; body: JsonObject }> {
    const { reads } = this.#dependencies.store
    const job = await reads.get(tenant.id, jobId, new Set(['request']))
    // What says nothing of a response is a job or a line of a batch, and is not to be deleted here:
    // the output of its batch would miss it.
    if (job?.options?.response?.store !== true) {
      throw responseNotFound(jobId, param)
    }
    return { job, body: objectOf(JSON.parse(job.requestBody ?? '{}')) }
  }
}

/**
 * What the model gets: all that was said before, in its own words, since any model may go on.
 * @param earlier null when it begins a conversation
 */
function bodyForModel(value: JsonObject, earlier: JsonObject[] | null): JsonObject {
  const {
    background: _,
    stream: __,
    stream_options: ___,
    previous_response_id: ____,
    ...body
  } = value
  return earlier ? { ...body, input: [...earlier, ...itemsOf(body.input)] } : body
}

function justAccepted(job: NewJob): ResponseJob {
  return {
    ...job,
    options: job.options ?? null,
    createdAt: timeOfUuid(uuidOf('job', job.id) ?? ''),
    finishedAt: null,
    error: null,
    resultBody: null,
    costUsd: null,
    model: null,
  }
}

function newlyQueued(id: string, { options, requestedModel, policy }: Submission): ResponseJob {
  return {
    id,
    status: 'queued',
    options,
    requestedModel,
    policy,
    createdAt: timeOfUuid(uuidOf('job', id) ?? ''),
    finishedAt: null,
    error: null,
    resultBody: null,
    costUsd: null,
    model: null,
  }
}

function jobIdOf(value: unknown, param = 'response_id'): string {
  const uuid = typeof value === 'string' ? uuidOf('response', value) : undefined
  if (uuid !== undefined) return `job_${uuid}`
  throw new LonghaulError(
    'response_not_found',
    `You have no response ${shownId(value)}: ids of responses are "resp_" and 32 hexadecimal digits.`,
    { param },
  )
}

function responseNotFound(jobId: string, param = 'response_id'): LonghaulError {
  return new LonghaulError('response_not_found', `You have no response ${responseIdOf(jobId)}.`, {
    param,
  })
}

function notEnded(id: string, { status }: JobDetail): LonghaulError {
  const state = isTerminal(status) ? `ended as ${status}` : 'has not ended yet'
  return new LonghaulError(
    'invalid_value',
    `\`previous_response_id\` names ${id}, which ${state}: only one that was completed can be gone on from.`,
    { param: 'previous_response_id' },
  )
}

function storeNeeded(): LonghaulError {
  return new LonghaulError(
    'invalid_value',
    '`store` must be true with `background: true`, or nobody could fetch the response.',
    { param: 'store' },
  )
}
