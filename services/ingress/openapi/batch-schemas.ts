import { batchEventTypes, batchStatuses, endpoints, metadataSchema } from '@longhaul/contracts'
import { z } from 'zod'
import { webhookSchema } from './webhook-schema.ts'

/** Files and batches as they are sent; the views are typed by these. */

export const fileId = z
  .string()
  .regex(/^file-[0-9a-f]{32}$/)
  .meta({ examples: ['file-0198c0ffee007abc8def0123456789ab'] })
export const batchId = z
  .string()
  .regex(/^batch_[0-9a-f]{32}$/)
  .meta({ examples: ['batch_0198c0ffee007abc8def0123456789ab'] })

const unixSeconds = z.int().describe('Unix seconds')
const usd = z.number().describe('US dollars')

export const fileSchema = z
  .object({
    id: fileId,
    object: z.literal('file'),
    bytes: z.int(),
    created_at: unixSeconds,
    expires_at: unixSeconds.nullable(),
    filename: z.string(),
    purpose: z.string(),
    status: z.literal('processed'),
    status_details: z.null(),
  })
  .meta({ id: 'File' })

export const deletedFileSchema = z
  .object({ id: fileId, object: z.literal('file'), deleted: z.literal(true) })
  .meta({ id: 'DeletedFile' })

const faultList = z.object({
  object: z.literal('list'),
  data: z.array(
    z.object({
      code: z.string(),
      message: z.string().describe('What is wrong, and what to do'),
      param: z.string().nullable().describe('The field at fault: `body.model`'),
      line: z.int().nullable().describe('From 1; null when it is the file as a whole'),
    }),
  ),
})

const modelCounts = z.object({
  completed: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  expired: z.int(),
  cost_usd: usd,
})

const longhaulSchema = z.object({
  progress: z.number().describe('Share of its lines that have ended, 0 to 1'),
  eta: unixSeconds.nullable().describe('When the last line will have ended, by the present rate'),
  rate_per_min: z.number().describe('Lines that end a minute, at present'),
  queue_position: z
    .int()
    .nullable()
    .describe('Unfinished batches of yours that go before it; null once it has ended'),
  cost_so_far_usd: usd,
  estimated_cost_usd: usd.nullable().describe('Of the whole; null until its file is validated'),
  priority: z.int(),
  paused: z.boolean(),
  retry_of: batchId.nullable().describe('The batch whose failed lines these are'),
  webhook: webhookSchema(batchEventTypes),
  models: z.record(z.string(), modelCounts).describe('What has ended, by model'),
})

export const batchSchema = z
  .object({
    id: batchId,
    object: z.literal('batch'),
    endpoint: z.enum(endpoints),
    model: z.string().nullable().describe('When all that has ended is of one'),
    errors: faultList.nullable().describe('What is wrong with the file, when it failed'),
    input_file_id: fileId,
    completion_window: z.string(),
    status: z.enum(batchStatuses),
    output_file_id: fileId.nullable(),
    error_file_id: fileId.nullable(),
    created_at: unixSeconds,
    in_progress_at: unixSeconds.nullable(),
    expires_at: unixSeconds,
    finalizing_at: unixSeconds.nullable(),
    completed_at: unixSeconds.nullable(),
    failed_at: unixSeconds.nullable(),
    expired_at: unixSeconds.nullable(),
    cancelling_at: unixSeconds.nullable(),
    cancelled_at: unixSeconds.nullable(),
    request_counts: z.object({ total: z.int(), completed: z.int(), failed: z.int() }),
    usage: z.object({
      input_tokens: z.int(),
      input_tokens_details: z.object({ cached_tokens: z.int() }),
      output_tokens: z.int(),
      output_tokens_details: z.object({ reasoning_tokens: z.int() }),
      total_tokens: z.int(),
    }),
    metadata: metadataSchema.nullable(),
    longhaul: longhaulSchema,
  })
  .meta({ id: 'Batch' })

export const dryRunSchema = z
  .object({
    object: z.literal('batch.dry_run'),
    valid: z.boolean(),
    errors: faultList.nullable(),
    endpoint: z.enum(endpoints),
    input_file_id: fileId,
    request_counts: z.object({
      total: z.int(),
      routable: z.int().describe('Lines without faults that a model takes'),
    }),
    estimated_cost_usd: usd,
    estimated_duration_seconds: z.int().describe('If nothing else waited'),
    basis: z
      .enum(['recent_answers', 'assumed_lengths'])
      .describe('What the length of answers is estimated by'),
    models: z.record(z.string(), z.object({ lines: z.int(), estimated_cost_usd: usd })),
    lines: z.array(
      z.object({
        line: z.int(),
        custom_id: z.string(),
        model: z.string().nullable(),
        estimated_cost_usd: usd,
        reason: z.string(),
      }),
    ),
  })
  .meta({ id: 'BatchDryRun' })

export const createdBatchSchema = z.union([batchSchema, dryRunSchema])

function pageOf<S extends z.ZodType>(id: z.ZodType, item: S) {
  return z.object({
    object: z.literal('list'),
    data: z.array(item),
    first_id: id.nullable(),
    last_id: id.nullable(),
    has_more: z.boolean(),
  })
}
export const fileListSchema = pageOf(fileId, fileSchema).meta({ id: 'FileList' })
export const batchListSchema = pageOf(batchId, batchSchema).meta({ id: 'BatchList' })
