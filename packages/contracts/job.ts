import { z } from 'zod'
import { arrayOf } from './array-of.ts'

export const endpoints = [
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/completions',
  '/v1/embeddings',
] as const
export type Endpoint = (typeof endpoints)[number]

/** Most urgent first. */
export const lanes = ['interactive', 'standard', 'bulk'] as const
export type Lane = (typeof lanes)[number]

/**
 * `pending`: held in Postgres. `queued`: published, unclaimed. `running`:
 * claimed under a lease. The other four are terminal.
 */
export const jobStatuses = [
  'pending',
  'queued',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'expired',
] as const
export type JobStatus = (typeof jobStatuses)[number]

export const terminalStatuses = ['succeeded', 'failed', 'cancelled', 'expired'] as const
export type TerminalStatus = (typeof terminalStatuses)[number]

export function isTerminal(status: JobStatus): status is TerminalStatus {
  return (terminalStatuses as readonly string[]).includes(status)
}

export const metadataSchema = z
  .record(z.string().min(1).max(64), z.string().max(512))
  .refine(pairs => Object.keys(pairs).length <= 16, 'at most 16 pairs')
  .describe('Up to 16 pairs of strings; keys of up to 64 characters, values of up to 512')

export const jobEventTypes = [
  'job.succeeded',
  'job.failed',
  'job.cancelled',
  'job.expired',
] as const
export type JobEventType = (typeof jobEventTypes)[number]

export const webhookTargetSchema = z
  .strictObject({
    url: z
      .string()
      .max(2_048)
      .describe('An absolute http or https URL that resolves to public addresses'),
    events: arrayOf(z.enum(jobEventTypes), { min: 1, max: jobEventTypes.length })
      .optional()
      .describe('Which events to send; all when absent'),
  })
  .describe('Where to deliver a signed event when the job ends')
export type WebhookTarget = z.infer<typeof webhookTargetSchema>

const moment = z.string().max(64)

/**
 * `POST /v1/jobs`. The body of the endpoint passes through whole, unknown fields included. What a
 * job may show as null may be sent as null, which is as if it were absent.
 */
export const submitJobSchema = z.strictObject({
  endpoint: z.enum(endpoints).default('/v1/chat/completions'),
  body: z.looseObject({}).describe('What that endpoint takes, as in the OpenAI API'),
  lane: z.enum(lanes).default('standard'),
  deadline: moment
    .nullish()
    .describe('RFC 3339 time or duration ("10m"); the job expires after it'),
  not_before: moment.nullish().describe('RFC 3339 time or duration; the job is held until then'),
  policy: z.string().min(1).max(64).nullish().describe('A policy of the configuration'),
  webhook: webhookTargetSchema.nullish(),
  metadata: metadataSchema.nullish(),
})
export type SubmitJob = z.infer<typeof submitJobSchema>

export const usageSchema = z.strictObject({
  input_tokens: z.number().int().nonnegative(),
  cached_input_tokens: z.number().int().nonnegative(),
  cache_write_tokens: z.number().int().nonnegative(),
  output_tokens: z.number().int().nonnegative(),
  reasoning_tokens: z.number().int().nonnegative(),
  total_tokens: z.number().int().nonnegative(),
  estimated: z
    .literal(true)
    .optional()
    .describe('The provider did not say: counted here, and the cost goes by it'),
})
/** Tokens of one call. `cached` and `cache_write` are part of `input`, `reasoning` of `output`. */
export type Usage = z.infer<typeof usageSchema>

export const attemptOutcomes = [
  'succeeded',
  'rate-limited',
  'credentials',
  'unavailable',
  'too-long',
  'refused',
  'invalid',
  'unusable',
  'cancelled',
  'expired',
  'released',
  'lost',
] as const
export type AttemptOutcome = (typeof attemptOutcomes)[number]
