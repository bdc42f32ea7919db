import {
  idFrom,
  type JobError,
  type JobEventType,
  type JobOptions,
  type JobStatus,
  type Lane,
  type Usage,
} from '@longhaul/contracts'
import type { JobRecord } from './types.ts'

export interface JobRow {
  id: string
  tenant_id: string
  status: JobStatus
  endpoint: JobRecord['endpoint']
  lane: Lane
  policy: string | null
  requested_model: string | null
  model: string | null
  fence: number
  created_at: number
  started_at: number | null
  finished_at: number | null
  not_before: number | null
  deadline: number | null
  error: JobError | null
  usage: Usage | null
  cost_usd: number | null
  metadata: Record<string, string> | null
  webhook_url: string | null
  webhook_events: JobEventType[] | null
  options: JobOptions | null
  result_body: string | null
}

/** What a job that no worker has taken yet was routed to. */
const DECIDED_MODEL = `(SELECT d.model FROM decisions d WHERE d.job_id = j.id
    ORDER BY d.number DESC LIMIT 1)`

/** Of `jobs j`; conditions follow. */
export const SELECT_JOB = `SELECT j.id, j.tenant_id, j.status, j.endpoint, j.lane, j.policy,
    j.requested_model, coalesce(j.model, ${DECIDED_MODEL}) AS model, j.fence, j.error, j.usage, j.cost_usd,
    j.metadata, j.webhook_url, j.webhook_events, j.options,
    date_part('epoch', j.created_at) * 1000 AS created_at,
    date_part('epoch', j.started_at) * 1000 AS started_at,
    date_part('epoch', j.finished_at) * 1000 AS finished_at,
    date_part('epoch', j.not_before) * 1000 AS not_before,
    date_part('epoch', j.deadline) * 1000 AS deadline,
    b.body AS result_body
  FROM jobs j
  LEFT JOIN job_bodies b ON b.job_id = j.id AND b.kind = 'response'`

export function jobOf(row: JobRow): JobRecord {
  return {
    id: idFrom('job', row.id),
    tenantId: idFrom('tenant', row.tenant_id),
    status: row.status,
    endpoint: row.endpoint,
    lane: row.lane,
    policy: row.policy,
    requestedModel: row.requested_model,
    model: row.model,
    attempts: row.fence,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    notBefore: row.not_before,
    deadlineAt: row.deadline,
    error: row.error,
    usage: row.usage,
    costUsd: row.cost_usd,
    metadata: row.metadata,
    webhook: row.webhook_url === null ? null : { url: row.webhook_url, events: row.webhook_events },
    options: row.options,
    resultBody: row.result_body,
  }
}
