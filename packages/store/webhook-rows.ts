import { type BatchEventType, idFrom, type JobEventType, uuidOf } from '@longhaul/contracts'
import type { DueEvent, EventSettlement, WebhookEvent, WebhookReceiver } from './webhook-types.ts'

export interface DueEventRow {
  id: string
  tenant_id: string
  job_id: string
  type: JobEventType | BatchEventType
  url: string
  created_at: number
  attempts: number
  schedule_from: number
  metadata: Record<string, string> | null
}

/** Of a take that found nothing the id is null. */
export type TakenRow = (DueEventRow | { id: null }) & { next_due_at: number | null }

export interface EventRow {
  id: string
  job_id: string
  type: JobEventType | BatchEventType
  url: string
  created_at: number
  due_at: number | null
  attempts: number
  delivered_at: number | null
  failed_at: number | null
  last_status: number | null
  last_error: string | null
}

export interface ReceiverRow {
  url: string
  failing_since: number | null
  throttled_until: number | null
  disabled_at: number | null
  disabled_reason: string | null
}

/** The type holds the status, so an event can be told of even when its job's row is gone. */
export function dueEventOf(row: DueEventRow): DueEvent {
  return {
    id: idFrom('event', row.id),
    attempts: row.attempts,
    tenantId: idFrom('tenant', row.tenant_id),
    subjectId: subjectOf(row),
    type: row.type,
    url: row.url,
    createdAt: row.created_at,
    scheduleAttempts: row.attempts - row.schedule_from,
    status: row.type.slice(row.type.indexOf('.') + 1),
    metadata: row.metadata,
  }
}

/** The column holds the batch of those that tell of one. */
function subjectOf({ type, job_id }: { type: string; job_id: string }): string {
  return idFrom(type.startsWith('batch.') ? 'batch' : 'job', job_id)
}

export function eventOf(row: EventRow): WebhookEvent {
  return {
    id: idFrom('event', row.id),
    subjectId: subjectOf(row),
    type: row.type,
    url: row.url,
    state: row.delivered_at !== null ? 'delivered' : row.failed_at !== null ? 'failed' : 'pending',
    createdAt: row.created_at,
    attempts: row.attempts,
    nextAttemptAt: row.due_at,
    deliveredAt: row.delivered_at,
    failedAt: row.failed_at,
    lastStatus: row.last_status,
    lastError: row.last_error,
  }
}

export function receiverOf(row: ReceiverRow): WebhookReceiver {
  return {
    url: row.url,
    failingSince: row.failing_since,
    throttledUntil: row.throttled_until,
    disabledAt: row.disabled_at,
    disabledReason: row.disabled_reason,
  }
}

export function settlementRow(settlement: EventSettlement, position: number) {
  const { event, outcome } = settlement
  return {
    position,
    id: uuidOf('event', event.id),
    attempts: event.attempts,
    kind: outcome.kind,
    due_at: 'dueAt' in outcome ? outcome.dueAt : null,
    http_status: 'httpStatus' in outcome ? outcome.httpStatus : null,
    error: 'error' in outcome ? outcome.error : null,
    throttled_until: settlement.throttledUntil ?? null,
    disabled_reason: settlement.disable ?? null,
  }
}
