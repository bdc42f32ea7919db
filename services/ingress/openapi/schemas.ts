import {
  type AttemptView,
  attemptOutcomes,
  capabilities,
  type DecisionRecord,
  type ErrorEnvelope,
  endpointBodySchemas,
  endpoints,
  errorCatalogue,
  type JobError,
  type JobIncludes,
  type JobView,
  jobEventTypes,
  jobStatuses,
  lanes,
  metadataSchema,
  priceSchema,
  routingConstraintsSchema,
  submitJobSchema,
  usageSchema,
} from '@longhaul/contracts'
import { z } from 'zod'
import { webhookSchema } from './webhook-schema.ts'
import 'zod-openapi'

/** The API's bodies, for the document. The types of contracts hold them to what is really sent. */

const time = z.string().meta({ format: 'date-time', examples: ['2026-08-01T09:30:00.000Z'] })
const costUsd = z.number().nonnegative().describe('US dollars')

export const jobId = z
  .string()
  .regex(/^job_[0-9a-f]{32}$/)
  .meta({ examples: ['job_0198c0ffee007abc8def0123456789ab'] })

export const errorSchema = z
  .object({
    error: z.object({
      message: z.string().describe('What is wrong, where, and what to do'),
      type: z.string(),
      param: z.string().nullable().describe('The field at fault: `jobs[3].body.model`'),
      code: z.string().nullable().describe('One of docs/api/errors.md'),
    }),
  })
  .meta({ id: 'Error' }) satisfies z.ZodType<ErrorEnvelope>

const jobErrorSchema = z
  .object({
    code: z.enum(Object.keys(errorCatalogue) as Array<keyof typeof errorCatalogue>),
    message: z.string(),
    detail: z.exactOptional(z.string()).describe("The provider's own words"),
    retry_after_seconds: z.exactOptional(z.int()).describe('When asking again may help'),
  })
  .describe('Why the job ended badly') satisfies z.ZodType<JobError>

const attemptSchema = z
  .object({
    number: z.int(),
    model: z.string(),
    deployment: z.string(),
    outcome: z.enum(attemptOutcomes),
    http_status: z.int().nullable(),
    error: z.string().nullable(),
    started_at: time,
    finished_at: time,
    usage: usageSchema.nullable(),
    cost_usd: costUsd.nullable(),
  })
  .meta({ id: 'Attempt' }) satisfies z.ZodType<AttemptView>

const filterReasons = [
  'not-requested',
  'not-allowed',
  'endpoint',
  'context-window',
  'output-limit',
  'modality',
  'tools',
  'json',
  'parameters',
  'price',
  'deadline',
  'excluded',
] as const

const decisionFields = {
  number: z.int().describe('1 for the first decision on a job'),
  decided_at: time,
  policy: z.string(),
  strategy: z.string(),
  model: z.string().nullable().describe('Null when no model qualified'),
  fallbacks: z.array(z.string()),
  reason: z.string().describe('One readable sentence'),
  candidates: z.array(
    z.object({
      model: z.string(),
      score: z.number().describe("Higher is better; what it means is the strategy's"),
      estimated_cost_usd: z.number(),
      estimated_latency_ms: z.number().optional().describe('Absent before any call was seen'),
      estimated_wait_ms: z.number().optional().describe('Until a call can begin'),
      quality: z.number().optional().describe('How likely the answer is good, as predicted'),
      quality_uncertainty: z.number().optional().describe('Standard deviation of the quality'),
    }),
  ),
  filtered: z
    .array(z.object({ model: z.string(), reason: z.enum(filterReasons), detail: z.string() }))
    .describe('Models that were out of the question, and why'),
  estimates: z
    .object({
      input_tokens: z.number(),
      output_tokens: z.number().describe('Of all answers together, as far as the model writes'),
      cost_usd: z.number().nullable().describe('Null when no model was chosen'),
    })
    .describe('Of the request on the chosen model: the figures of its candidate'),
  propensity: z.number().describe('With what probability this choice was made'),
  prompt: z
    .object({
      domain: z.string(),
      domain_probability: z.number(),
      intent: z.string(),
      language: z.string(),
      complexity: z.number().describe('0: any model does it; 1: it takes the best'),
      familiarity: z.number().describe('How much it is like what the routing model has seen'),
      turns: z.int().describe('Turns of the user'),
      output_tokens: z.number().describe('Tokens that the answer is likely to have'),
      features: z
        .array(z.object({ name: z.string(), weight: z.number() }))
        .describe('What weighed most in the complexity'),
      model: z.string().describe('Version of the routing model'),
    })
    .optional()
    .describe('What a strategy that reads prompts made of this one'),
  held: z
    .object({
      holds: z.enum(['target_share', 'budget']),
      target: z.number().describe('Share of decisions, or US dollars per UTC day'),
      used: z.number().describe('The same today so far, what is under way included'),
      allowed: z.number().describe('Share of decisions, or US dollars for a job, aimed at now'),
      shadow_price: z
        .number()
        .describe('Utility that a job of the models, or a dollar, has to be worth now'),
      models: z.array(z.string()).optional().describe('Those that the share is about'),
    })
    .optional()
    .describe('Of policies that hold a share or a budget, as it was when this was decided'),
  conversation: z
    .object({
      model: z.string().describe('The model of the turn before'),
      kept: z.boolean().describe('It was chosen again'),
      cached_tokens: z.number().describe('Input tokens that it would read from its cache'),
      saving_usd: z.number().describe('US dollars that this would save'),
      left_because: z.string().optional().describe('Why it was not kept'),
    })
    .optional()
    .describe('Of jobs of a conversation whose turn before is known'),
  nearest: z
    .array(z.object({ route: z.string(), similarity: z.number().describe('Cosine, -1 to 1') }))
    .optional()
    .describe('Of the strategy `semantic`: the nearest routes, nearest first'),
}

const decisionRecordSchema = z
  .object(decisionFields)
  .meta({ id: 'DecisionRecord' }) satisfies z.ZodType<DecisionRecord>

export const decisionSchema = z
  .object({
    object: z.literal('decision'),
    ...decisionFields,
    error: jobErrorSchema
      .nullable()
      .describe('What the job would fail with; null when a model was chosen'),
  })
  .meta({ id: 'Decision' })

const jobFields = {
  id: jobId,
  object: z.literal('job'),
  status: z.enum(jobStatuses),
  endpoint: z.enum(endpoints),
  lane: z.enum(lanes),
  policy: z
    .string()
    .nullable()
    .describe(
      'What chooses the model: `auto` is the default policy; null when the job names a model',
    ),
  model: z
    .string()
    .nullable()
    .describe('The model that was asked for, then the one that was chosen'),
  attempts: z.int().describe('Provider calls begun so far'),
  created_at: time,
  started_at: time.nullable(),
  finished_at: time.nullable(),
  not_before: time.nullable(),
  deadline: time.nullable(),
  eta: z
    .object({ at: time, earliest: time, latest: time })
    .nullable()
    .describe(
      'When the answer is expected, and bounds that hold four times out of five; null while nothing can be told, in lists, and at the end',
    ),
  waiting: z
    .object({
      model: z.string(),
      reason: z.string().describe('In words; such as `credentials refused`'),
      until: time.nullable().describe('When the model is tried again; null: it is being tried'),
    })
    .nullable()
    .describe('Why it waits although it is due: its model is out. Null in lists, and otherwise'),
  result: z.unknown().describe("The provider's answer, as it came; null until it succeeded"),
  error: jobErrorSchema.nullable(),
  usage: usageSchema.nullable(),
  cost_usd: costUsd.nullable(),
  metadata: z.record(z.string(), z.string()).nullable(),
  webhook: webhookSchema(jobEventTypes),
  links: z.object({ self: z.string(), cancel: z.string(), events: z.string() }),
}

export const jobSchema = z
  .object({
    ...jobFields,
    request: z
      .unknown()
      .describe("With `include=request`: the body without OpenRouter's extensions"),
    routing_constraints: z
      .exactOptional(routingConstraintsSchema.nullable())
      .describe(
        'With `include=request`: what it was understood to ask of its routing beside a model or a policy, by the extensions for the most part; null: nothing',
      ),
    attempt_list: z.exactOptional(z.array(attemptSchema)).describe('With `include=attempts`'),
    decision: z.exactOptional(decisionRecordSchema.nullable()).describe('With `include=decision`'),
  })
  .partial({ request: true })
  .meta({ id: 'Job' }) satisfies z.ZodType<JobView & JobIncludes>

export const jobListSchema = z
  .object({
    object: z.literal('list'),
    data: z.array(jobSchema),
    first_id: jobId.nullable(),
    last_id: jobId.nullable(),
    has_more: z.boolean(),
  })
  .meta({ id: 'JobList' })

export const bulkResultSchema = z
  .object({
    object: z.literal('list'),
    data: z.array(z.union([jobSchema, errorSchema])).describe('In the order sent'),
  })
  .meta({ id: 'BulkResult' })

/** With the body spelled out; what is checked is `submitJobSchema`, then the body by its endpoint. */
export const submitJobDocument = submitJobSchema
  .extend({
    body: z
      .union([
        endpointBodySchemas['/v1/chat/completions'].meta({ id: 'ChatCompletionBody' }),
        endpointBodySchemas['/v1/responses'].meta({ id: 'ResponseBody' }),
        endpointBodySchemas['/v1/completions'].meta({ id: 'CompletionBody' }),
        endpointBodySchemas['/v1/embeddings'].meta({ id: 'EmbeddingBody' }),
      ])
      .describe('What the endpoint takes, as in the OpenAI API; unknown fields pass through'),
    metadata: metadataSchema.optional(),
  })
  .meta({ id: 'SubmitJob' })

export const submitJobsDocument = z
  .strictObject({ jobs: z.array(submitJobDocument).min(1).max(1_000) })
  .meta({ id: 'SubmitJobs' })

const deploymentSchema = z.object({
  name: z.string(),
  state: z.enum(['closed', 'open', 'half-open']).describe('Of its circuit breaker'),
  open_until: time.nullable().describe('No call passes before; null when one may pass now'),
  in_flight: z.int(),
  latency_ms: z.number().nullable().describe('Mean of recent calls; null before the first'),
  error_rate: z.number().describe('Share of recent calls that failed'),
})

export const modelSchema = z
  .object({
    id: z.string(),
    object: z.literal('model'),
    created: z.int().describe('Unix seconds at which this process read its configuration'),
    owned_by: z.string(),
    longhaul: z
      .object({
        context_window: z.int(),
        max_output_tokens: z.int().nullable(),
        capabilities: z.array(z.enum(capabilities)),
        price: priceSchema.describe('US dollars per million tokens'),
        endpoints: z.array(z.enum(endpoints)),
        deployments: z.array(deploymentSchema),
      })
      .nullable()
      .describe(
        'Null for `auto`, the default policy, and for the other policies: they choose among models',
      ),
  })
  .meta({ id: 'Model' })
export type ModelView = z.infer<typeof modelSchema>

export const modelListSchema = z
  .object({ object: z.literal('list'), data: z.array(modelSchema) })
  .meta({ id: 'ModelList' })

export const webhookSecretSchema = z
  .object({
    object: z.literal('webhook_secret'),
    secrets: z
      .array(z.string())
      .describe(
        '`whsec_…`, newest first; for a day after a rotation, the one before signs as well',
      ),
  })
  .meta({ id: 'WebhookSecret' })

const partSchema = z.object({ ok: z.boolean(), detail: z.string() })

export const readinessSchema = z
  .object({ ready: z.boolean(), parts: z.record(z.string(), partSchema) })
  .meta({ id: 'Readiness' })

export const livenessSchema = z.object({ alive: z.literal(true) }).meta({ id: 'Liveness' })
