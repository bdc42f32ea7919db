import { z } from 'zod'
import { arrayOf } from './array-of.ts'
import { durationMs } from './duration.ts'
import { endpoints, metadataSchema } from './job.ts'

/**
 * `validating`: its file is read. `in_progress`: its lines are jobs.
 * `finalizing`: all have ended, and its files are written. `cancelling`: its
 * lines are being cancelled. The other four are final; `failed` means that the
 * file has faults, not that lines failed.
 */
export const batchStatuses = [
  'validating',
  'failed',
  'in_progress',
  'finalizing',
  'completed',
  'expired',
  'cancelling',
  'cancelled',
] as const
export type BatchStatus = (typeof batchStatuses)[number]

export const batchEventTypes = [
  'batch.completed',
  'batch.failed',
  'batch.expired',
  'batch.cancelled',
] as const
export type BatchEventType = (typeof batchEventTypes)[number]

/** OpenAI's. */
export const MAX_BATCH_LINES = 50_000
export const MAX_BATCH_BYTES = 200 * 1024 * 1024
/** Faults that are told of one file. */
export const MAX_BATCH_FAULTS = 1_000

const SHORTEST_WINDOW_MS = 60_000
const LONGEST_WINDOW_MS = 7 * 86_400_000
const SHORTEST_EXPIRY_SECONDS = 3_600
const LONGEST_EXPIRY_SECONDS = 2_592_000
const MOST_PRIORITY = 100

/** When a file goes, counted from its creation. */
export const expiresAfterSchema = z.strictObject({
  anchor: z.literal('created_at'),
  seconds: z.int().min(SHORTEST_EXPIRY_SECONDS).max(LONGEST_EXPIRY_SECONDS),
})

export const completionWindowSchema = z
  .string()
  .refine(
    text => {
      const ms = durationMs(text)
      return ms !== undefined && ms >= SHORTEST_WINDOW_MS && ms <= LONGEST_WINDOW_MS
    },
    { error: 'must be a duration from "1m" to "7d", such as "24h"' },
  )
  .meta({ description: 'What has not ended after it expires: "1m" to "7d"', examples: ['24h'] })

export const batchWebhookSchema = z
  .strictObject({
    url: z
      .string()
      .max(2_048)
      .describe('An absolute http or https URL that resolves to public addresses'),
    events: arrayOf(z.enum(batchEventTypes), { min: 1, max: batchEventTypes.length })
      .optional()
      .describe('Which events to send; all when absent'),
  })
  .describe('Where to deliver a signed event when the batch ends')

/** `POST /v1/batches`. */
export const createBatchSchema = z.strictObject({
  input_file_id: z.string().max(100).describe('A file of purpose `batch`, one request a line'),
  endpoint: z.enum(endpoints).describe('What all its lines are for'),
  completion_window: completionWindowSchema,
  metadata: metadataSchema.nullish(),
  output_expires_after: expiresAfterSchema.optional().describe('When its output files go'),
  longhaul: z
    .strictObject({
      dry_run: z.boolean().optional().describe('Validates, routes and estimates; runs nothing'),
      priority: z
        .int()
        .min(-MOST_PRIORITY)
        .max(MOST_PRIORITY)
        .optional()
        .describe('Among your batches the higher goes first; 0 unless given'),
      paused: z.boolean().optional().describe('Validates, and waits to be resumed'),
      webhook: batchWebhookSchema.optional(),
    })
    .optional()
    .describe('What OpenAI has not'),
})
export type CreateBatch = z.infer<typeof createBatchSchema>

/** One fault of a batch's file. */
export interface BatchFault {
  code: string
  message: string
  param: string | null
  /** From 1; null when it is the file's as a whole. */
  line: number | null
}

/** The body of a webhook delivery about a batch, as OpenAI sends it. */
export interface BatchEventPayload {
  id: string
  object: 'event'
  type: BatchEventType
  /** Unix seconds. */
  created_at: number
  data: { id: string }
}

export const filePurposes = [
  'assistants',
  'batch',
  'fine-tune',
  'vision',
  'user_data',
  'evals',
] as const
/** Files that Longhaul writes. */
export const BATCH_OUTPUT = 'batch_output'

export function isFinalBatch(status: BatchStatus): boolean {
  return ['completed', 'failed', 'expired', 'cancelled'].includes(status)
}
