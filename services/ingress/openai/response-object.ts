import {
  type Endpoint,
  idFrom,
  isObject,
  type JobStatus,
  type JsonObject,
  objectOf,
  uuidOf,
} from '@longhaul/contracts'
import type { JobRecord } from '@longhaul/store'
import { errorOf } from './ended-job.ts'

export const RESPONSES: Endpoint = '/v1/responses'

/** What a response is made of. */
export type ResponseJob = Pick<
  JobRecord,
  | 'id'
  | 'status'
  | 'createdAt'
  | 'finishedAt'
  | 'error'
  | 'resultBody'
  | 'options'
  | 'model'
  | 'requestedModel'
  | 'policy'
  | 'costUsd'
>

/** What a response says where its request says nothing. */
const defaults = {
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  parallel_tool_calls: true,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  service_tier: 'default',
  temperature: 1,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: 'disabled',
  user: null,
}

/** A job of the endpoint as OpenAI's clients know responses, whatever state it is in. */
export function responseObject(job: ResponseJob, request: JsonObject): JsonObject {
  const answer = job.resultBody === null ? {} : objectOf(JSON.parse(job.resultBody))
  const said = job.options?.response
  const status = statusOf(job.status, answer.status)
  const completedAt = status === 'completed' ? job.finishedAt : null
  return {
    ...defaults,
    ...echoed(request),
    ...answer,
    id: responseIdOf(job.id),
    object: 'response',
    created_at: Math.floor(job.createdAt / 1_000),
    completed_at: completedAt === null ? null : Math.floor(completedAt / 1_000),
    status,
    background: said?.background ?? false,
    error: status === 'failed' ? errorObject(job) : null,
    incomplete_details: answer.incomplete_details ?? null,
    model: answer.model ?? job.model ?? job.requestedModel ?? job.policy ?? 'auto',
    output: answer.output ?? [],
    previous_response_id: said?.previousId ?? null,
    store: said?.store ?? true,
    usage: usageOf(answer.usage, job),
    metadata: request.metadata ?? {},
  }
}

function usageOf(usage: unknown, { options, costUsd }: ResponseJob): unknown {
  if (!isObject(usage) || options?.includeCost !== true) return usage ?? null
  return { ...usage, cost: costUsd }
}

/** The same UUID under the other name. */
export function responseIdOf(jobId: string): string {
  return idFrom('response', uuidOf('job', jobId) ?? '')
}

function echoed(request: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.keys(defaults).flatMap(name => (request[name] == null ? [] : [[name, request[name]]])),
  )
}

function statusOf(status: JobStatus, answered: unknown): string {
  switch (status) {
    case 'pending':
    case 'queued':
      return 'queued'
    case 'running':
      return 'in_progress'
    case 'succeeded':
      return answered === 'incomplete' ? 'incomplete' : 'completed'
    case 'cancelled':
      return 'cancelled'
    default:
      return 'failed'
  }
}

function errorObject(job: ResponseJob): JsonObject {
  const { code, message, detail } = errorOf(job)
  return { code, message: detail === undefined ? message : `${message} It said: ${detail}` }
}
