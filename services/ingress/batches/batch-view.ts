import type { BatchCount, BatchRecord } from '@longhaul/store'
import type { z } from 'zod'
import type { batchSchema } from '../openapi/batch-schemas.ts'

export type BatchView = z.infer<typeof batchSchema>

/** A batch as OpenAI's API shows it, every time that is not reached as a null, and what Longhaul adds. */
export function batchView(batch: BatchRecord, now: number): BatchView {
  const sum = (of: (count: BatchCount) => number) =>
    batch.counts.reduce((total, count) => total + of(count), 0)
  const total = batch.inProgressAt === null ? 0 : (batch.total ?? 0)
  const [only] = batch.counts
  return {
    id: batch.id,
    object: 'batch',
    endpoint: batch.endpoint,
    model: only && only.model !== '' && batch.counts.length === 1 ? only.model : null,
    errors: batch.faults && { object: 'list', data: batch.faults },
    input_file_id: batch.inputFileId,
    completion_window: batch.completionWindow,
    status: batch.status,
    output_file_id: batch.outputFileId,
    error_file_id: batch.errorFileId,
    created_at: seconds(batch.createdAt),
    in_progress_at: seconds(batch.inProgressAt),
    expires_at: seconds(batch.expiresAt),
    finalizing_at: seconds(batch.finalizingAt),
    completed_at: seconds(batch.completedAt),
    failed_at: seconds(batch.failedAt),
    expired_at: seconds(batch.expiredAt),
    cancelling_at: seconds(batch.cancellingAt),
    cancelled_at: seconds(batch.cancelledAt),
    request_counts: {
      total: batch.total ?? 0,
      completed: sum(count => count.succeeded),
      failed: sum(count => count.failed),
    },
    usage: {
      input_tokens: sum(count => count.inputTokens),
      input_tokens_details: { cached_tokens: sum(count => count.cachedInputTokens) },
      output_tokens: sum(count => count.outputTokens),
      output_tokens_details: { reasoning_tokens: sum(count => count.reasoningTokens) },
      total_tokens: sum(count => count.totalTokens),
    },
    metadata: batch.metadata,
    longhaul: longhaulOf(batch, total, now),
  }
}

/** Lines that end per second; of a batch that began a moment ago, on average since then. */
function rateOf({ lineRate, inProgressAt }: BatchRecord, ended: number, now: number): number {
  if (lineRate > 0.001 || inProgressAt === null) return lineRate
  return (ended * 1_000) / Math.max(1_000, now - inProgressAt)
}

function longhaulOf(batch: BatchRecord, total: number, now: number): BatchView['longhaul'] {
  const ended = batch.counts.reduce((sum, count) => sum + endedOf(count), 0)
  const isRunning = batch.status === 'in_progress'
  const rate = isRunning ? rateOf(batch, ended, now) : 0
  const left = rate > 0.001 && !batch.paused ? (total - ended) / rate : undefined
  return {
    progress: total === 0 ? 0 : ended / total,
    eta: left === undefined ? null : seconds(now + left * 1_000),
    rate_per_min: Math.round(rate * 600) / 10,
    queue_position: batch.ahead,
    cost_so_far_usd: roundUsd(batch.counts.reduce((sum, count) => sum + count.costUsd, 0)),
    estimated_cost_usd: batch.estimatedCostUsd === null ? null : roundUsd(batch.estimatedCostUsd),
    priority: batch.priority,
    paused: batch.paused,
    retry_of: batch.retryOf,
    webhook: batch.webhook,
    models: Object.fromEntries(
      batch.counts
        .filter(({ model }) => model !== '')
        .map(({ model, succeeded, failed, cancelled, expired, costUsd }) => [
          model,
          { completed: succeeded, failed, cancelled, expired, cost_usd: roundUsd(costUsd) },
        ]),
    ),
  }
}

function endedOf({ succeeded, failed, cancelled, expired }: BatchCount): number {
  return succeeded + failed + cancelled + expired
}

/** To a billionth: sums of floats have no more to tell. */
export function roundUsd(usd: number): number {
  return Math.round(usd * 1e9) / 1e9
}

function seconds(epochMs: number): number
function seconds(epochMs: number | null): number | null
function seconds(epochMs: number | null): number | null {
  return epochMs === null ? null : Math.floor(epochMs / 1_000)
}
