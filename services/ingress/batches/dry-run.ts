import { BatchEstimate, type LineEstimate, validateBatch } from '@longhaul/batches'
import type { Blobs } from '@longhaul/blobs'
import type { Clock, Config, CreateBatch } from '@longhaul/contracts'
import type { SubmissionReader } from '@longhaul/intake'
import { createRouter, type LiveView } from '@longhaul/routing'
import type { Store } from '@longhaul/store'
import { loadTokenizer } from '@longhaul/tokenizer'
import type { z } from 'zod'
import type { dryRunSchema } from '../openapi/batch-schemas.ts'
import { roundUsd } from './batch-view.ts'

export interface DryRunDependencies {
  store: Store
  blobs: Blobs
  clock: Clock
  live: LiveView
  config: Config
  reader: SubmissionReader
}

type DryRun = z.infer<typeof dryRunSchema>

/** What a batch would be: its faults, where each line would go, and what it would cost. Runs and records nothing. */
export async function dryRun(
  { store, blobs, clock, live, config, reader }: DryRunDependencies,
  wanted: CreateBatch,
  about: { tenantId: string; expiresAt: number; signal: AbortSignal },
): Promise<DryRun> {
  const now = clock.now()
  const { endpoint, input_file_id } = wanted
  const { tenantId, expiresAt, signal } = about
  const recentAnswers = await store.batches.recentAnswers(tenantId, endpoint)
  const router = createRouter(config)
  const estimate = new BatchEstimate({
    config,
    router,
    live,
    tokenizer: await loadTokenizer(),
    tenantId,
    recentAnswers,
    now,
    expiresAt,
  })
  const lines: DryRun['lines'] = []
  const found = await validateBatch(
    blobs.read(input_file_id),
    { reader, endpoint, now, signal },
    line => {
      lines.push(lineView(line.line, line.customId, estimate.add(line)))
      return undefined
    },
  )
  return {
    object: 'batch.dry_run',
    valid: found.faults.length === 0,
    errors: found.faults.length === 0 ? null : { object: 'list', data: found.faults },
    endpoint,
    input_file_id,
    request_counts: { total: found.total, routable: lines.length - estimate.unroutable },
    estimated_cost_usd: roundUsd(estimate.costUsd),
    estimated_duration_seconds: Math.ceil(estimate.durationSeconds),
    basis: recentAnswers.size > 0 ? 'recent_answers' : 'assumed_lengths',
    models: Object.fromEntries(
      [...estimate.byModel].map(([model, { lines: count, costUsd }]) => [
        model,
        { lines: count, estimated_cost_usd: roundUsd(costUsd) },
      ]),
    ),
    lines,
  }
}

function lineView(
  line: number,
  custom_id: string,
  { model, costUsd, reason }: LineEstimate,
): DryRun['lines'][number] {
  return { line, custom_id, model, estimated_cost_usd: roundUsd(costUsd), reason }
}
