import {
  type BatchEventType,
  type BatchFault,
  type BatchStatus,
  type Endpoint,
  idFrom,
} from '@longhaul/contracts'
import type { BatchCount, BatchRecord, ClaimedBatch } from './batch-types.ts'

const ms = (column: string) => `date_part('epoch', b.${column}) * 1000 AS ${column}`

const OPEN = `('validating', 'in_progress', 'finalizing', 'cancelling')`

/** Counts included: one statement, so that they are of one moment. */
export const SELECT_BATCH = `SELECT b.id, b.tenant_id, b.status, b.endpoint, b.input_file_id,
    b.completion_window, b.metadata, b.output_expires_seconds, b.priority, b.paused, b.retry_of,
    b.webhook_url, b.webhook_events, b.total, b.estimated_cost_usd, b.faults, b.line_rate,
    b.output_file_id, b.error_file_id,
    ${ms('created_at')}, ${ms('expires_at')}, ${ms('in_progress_at')}, ${ms('finalizing_at')},
    ${ms('completed_at')}, ${ms('failed_at')}, ${ms('expired_at')}, ${ms('cancelling_at')},
    ${ms('cancelled_at')},
    (SELECT json_agg(s) FROM (
      SELECT c.model, sum(c.succeeded)::integer AS succeeded, sum(c.failed)::integer AS failed,
        sum(c.cancelled)::integer AS cancelled, sum(c.expired)::integer AS expired,
        sum(c.input_tokens)::float8 AS input_tokens,
        sum(c.cached_input_tokens)::float8 AS cached_input_tokens,
        sum(c.output_tokens)::float8 AS output_tokens,
        sum(c.reasoning_tokens)::float8 AS reasoning_tokens,
        sum(c.total_tokens)::float8 AS total_tokens, sum(c.cost_usd) AS cost_usd
      FROM batch_counts c WHERE c.batch_id = b.id GROUP BY c.model ORDER BY c.model) s) AS counts,
    CASE WHEN b.status IN ${OPEN} THEN (
      SELECT count(*)::integer FROM batches o
      WHERE o.status IN ${OPEN} AND o.tenant_id = b.tenant_id
        AND (o.priority > b.priority OR (o.priority = b.priority AND o.id < b.id))) END AS ahead
  FROM batches b`

interface CountRow {
  model: string
  succeeded: number
  failed: number
  cancelled: number
  expired: number
  input_tokens: number
  cached_input_tokens: number
  output_tokens: number
  reasoning_tokens: number
  total_tokens: number
  cost_usd: number
}

export interface BatchRow {
  id: string
  tenant_id: string
  status: BatchStatus
  endpoint: Endpoint
  input_file_id: string
  completion_window: string
  metadata: Record<string, string> | null
  output_expires_seconds: number | null
  priority: number
  paused: boolean
  retry_of: string | null
  webhook_url: string | null
  webhook_events: BatchEventType[] | null
  total: number | null
  estimated_cost_usd: number | null
  faults: BatchFault[] | null
  line_rate: number
  output_file_id: string | null
  error_file_id: string | null
  created_at: number
  expires_at: number
  in_progress_at: number | null
  finalizing_at: number | null
  completed_at: number | null
  failed_at: number | null
  expired_at: number | null
  cancelling_at: number | null
  cancelled_at: number | null
  counts: CountRow[] | null
  ahead: number | null
}

export function batchOf(row: BatchRow): BatchRecord {
  const file = (uuid: string | null) => (uuid === null ? null : idFrom('file', uuid))
  return {
    id: idFrom('batch', row.id),
    tenantId: idFrom('tenant', row.tenant_id),
    status: row.status,
    endpoint: row.endpoint,
    inputFileId: idFrom('file', row.input_file_id),
    completionWindow: row.completion_window,
    metadata: row.metadata,
    outputExpiresSeconds: row.output_expires_seconds,
    priority: row.priority,
    paused: row.paused,
    retryOf: row.retry_of === null ? null : idFrom('batch', row.retry_of),
    webhook: row.webhook_url === null ? null : { url: row.webhook_url, events: row.webhook_events },
    total: row.total,
    estimatedCostUsd: row.estimated_cost_usd,
    faults: row.faults,
    lineRate: row.line_rate,
    outputFileId: file(row.output_file_id),
    errorFileId: file(row.error_file_id),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    inProgressAt: row.in_progress_at,
    finalizingAt: row.finalizing_at,
    completedAt: row.completed_at,
    failedAt: row.failed_at,
    expiredAt: row.expired_at,
    cancellingAt: row.cancelling_at,
    cancelledAt: row.cancelled_at,
    counts: (row.counts ?? []).map(countOf),
    ahead: row.ahead,
  }
}

function countOf(row: CountRow): BatchCount {
  return {
    model: row.model,
    succeeded: row.succeeded,
    failed: row.failed,
    cancelled: row.cancelled,
    expired: row.expired,
    inputTokens: row.input_tokens,
    cachedInputTokens: row.cached_input_tokens,
    outputTokens: row.output_tokens,
    reasoningTokens: row.reasoning_tokens,
    totalTokens: row.total_tokens,
    costUsd: row.cost_usd,
  }
}

export interface ClaimedRow {
  id: string
  tenant_id: string
  status: ClaimedBatch['status']
  endpoint: Endpoint
  input_file_id: string
  created_at: number
  expires_at: number
  output_expires_seconds: number | null
  total: number | null
  recorded_lines: number
  begun: boolean
}

export function claimedBatchOf(row: ClaimedRow): ClaimedBatch {
  return {
    id: idFrom('batch', row.id),
    tenantId: idFrom('tenant', row.tenant_id),
    status: row.status,
    endpoint: row.endpoint,
    inputFileId: idFrom('file', row.input_file_id),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    outputExpiresSeconds: row.output_expires_seconds,
    total: row.total,
    recordedLines: row.recorded_lines,
    begun: row.begun,
  }
}
