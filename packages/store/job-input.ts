import { uuidOf } from '@longhaul/contracts'
import type { NewJob, Settlement } from './types.ts'

export interface SettlementRow {
  /** The job's, as it is stored. */
  id: string
  settlement: Settlement
}

/** For `INSERT_COLUMNS`. */
export function insertRow(job: NewJob) {
  return {
    id: uuid(job.id),
    tenant_id: tenantUuid(job.tenantId),
    status: job.status,
    endpoint: job.endpoint,
    lane: job.lane,
    policy: job.policy,
    requested_model: job.requestedModel,
    metadata: json(job.metadata),
    not_before: job.notBefore,
    deadline: job.deadlineAt,
    webhook_url: job.webhook?.url,
    webhook_events: json(job.webhook?.events),
    options: json(job.options),
    traceparent: job.traceparent,
    body: job.body,
    body_bytes: job.bodyBytes,
    idempotency_key: job.idempotency?.key,
    body_hash: job.idempotency?.bodyHash,
  }
}

/** For `SETTLE_COLUMNS`. */
export function settleRow({ id, settlement }: SettlementRow, position: number) {
  const { attempt } = settlement
  const result = 'result' in settlement ? settlement.result : undefined
  const usage = json(attempt?.usage)
  return {
    position,
    id,
    from_status: settlement.from,
    fence: settlement.from === 'running' ? settlement.fence : null,
    status: settlement.to,
    spent: 'spent' in settlement && settlement.spent ? 1 : 0,
    due_at: settlement.to === 'pending' ? settlement.dueAt : null,
    hints: 'hints' in settlement ? json(settlement.hints) : null,
    dispatch_model: 'dispatchModel' in settlement ? settlement.dispatchModel : null,
    body: result?.body,
    error: json(result?.error),
    usage: result?.usage === attempt?.usage ? usage : json(result?.usage),
    outcome: attempt?.outcome,
    model: attempt?.model,
    deployment: attempt?.deployment,
    http_status: attempt?.httpStatus,
    attempt_error: attempt?.error,
    started_at: attempt?.startedAt,
    finished_at: attempt?.finishedAt,
    attempt_usage: usage,
    cost_usd: attempt?.costUsd,
  }
}

function json(value: object | null | undefined): string | null {
  return value ? JSON.stringify(value) : null
}

/** What a settlement takes in a statement, roughly. */
export function settlementBytes({ settlement }: SettlementRow): number {
  return 500 + ('result' in settlement ? (settlement.result.body?.length ?? 0) : 0)
}

export function uuid(jobId: string): string {
  const found = uuidOf('job', jobId)
  if (!found) throw new TypeError(`not a job id: ${jobId}`)
  return found
}

export function tenantUuid(tenantId: string): string {
  const found = uuidOf('tenant', tenantId)
  if (!found) throw new TypeError(`not a tenant id: ${tenantId}`)
  return found
}
