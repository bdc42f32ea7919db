import { z } from 'zod'
import { namingIssues } from './catalog-names.ts'
import { duration, durationFrom, name, named, usdPerMillion } from './config-values.ts'
import { endpoints } from './job.ts'
import { type Policy, policySchema } from './policy.ts'
import { domains } from './prompt-words.ts'

/**
 * `longhaul.yaml`. Keys are snake_case, as in the API. Money is US dollars,
 * prices are dollars per million tokens.
 */

export const priceSchema = z.strictObject({
  input: usdPerMillion.describe('USD per million input tokens'),
  output: usdPerMillion.describe('USD per million output tokens, reasoning included'),
  cached_input: usdPerMillion
    .optional()
    .describe('USD per million input tokens read from cache; default: input'),
  cache_write: usdPerMillion
    .optional()
    .describe('USD per million input tokens written to cache; default: input'),
})
export type Price = z.infer<typeof priceSchema>

export const capabilities = ['tools', 'json', 'vision', 'audio', 'logprobs'] as const
export type Capability = (typeof capabilities)[number]

export const deploymentSchema = z.strictObject({
  provider: z.enum(['openai-compatible', 'anthropic']).describe('The wire format'),
  base_url: z
    .url({ protocol: /^https?$/ })
    .describe('Up to and with the version: https://api.openai.com/v1'),
  api_key: z.string().min(1).optional().describe('From the environment: ${OPENAI_API_KEY}'),
  model: z
    .string()
    .min(1)
    .optional()
    .describe("The provider's name of the model; default: the model's"),
  headers: z
    .record(
      z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'must be the name of an HTTP header'),
      z
        .string()
        .regex(
          /^[\t\x20-\x7e\x80-\xff]*$/,
          'must be one line, of characters that a header can hold',
        ),
    )
    .default({})
    .describe('Extra request headers'),
  max_concurrency: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(64)
    .describe('Calls in flight at a time'),
  timeout: durationFrom('1ms').prefault('5m').describe('Longest wait for a whole answer'),
  price: priceSchema.optional().describe("Where it differs from the model's"),
  weight: z
    .number()
    .positive()
    .default(1)
    .describe('Share of calls among the deployments with room'),
})
export type Deployment = z.infer<typeof deploymentSchema>

export const modelSchema = z.strictObject({
  context_window: z.number().int().positive().describe('Tokens of input and output together'),
  max_output_tokens: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('Tokens of one answer, at most'),
  usual_output_tokens: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('Tokens that its answers usually have: what quotes go by before any was seen'),
  price: priceSchema.describe('USD per million tokens'),
  cache_lifetime: durationFrom('1s')
    .prefault('5m')
    .describe('How long its providers keep input that was read, for price.cached_input'),
  capabilities: z.array(z.enum(capabilities)).default([]).describe('What requests may ask of it'),
  endpoints: z
    .array(z.enum(endpoints))
    .min(1)
    .default(['/v1/chat/completions'])
    .describe('What it serves'),
  quality: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Declared quality: the share of demanding requests that it answers well'),
  domain_quality: z
    .partialRecord(z.enum(domains), z.number().min(0).max(1))
    .optional()
    .describe('The same by domain, as MMLU-Pro publishes accuracies'),
  weight: z.number().nonnegative().default(1).describe('Share under the strategy `weighted`'),
  deployments: named(deploymentSchema)
    .refine(all => Object.keys(all).length > 0, {
      error: 'must hold at least one deployment',
      params: { remedy: 'add a name, and below it provider and base_url' },
    })
    .describe('Where it can be had: by name, a provider with a key of its own'),
})
export type Model = z.infer<typeof modelSchema>

export const laneSchema = z.strictObject({
  weight: z.number().int().min(1).max(1_000).describe('Share of a model when all lanes wait'),
})

const prefix = z
  .string()
  .regex(/^[A-Za-z0-9._-]{0,64}$/, 'must be at most 64 letters, digits and . _ -')

/** Where Kafka is, and how to authenticate, comes from the environment. */
const kafkaSchema = z.strictObject({
  topic_prefix: prefix
    .default('')
    .describe(
      'Before the names of topics and groups: installations that share brokers differ in it',
    ),
  partitions: z
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(6)
    .describe('Of each topic that is created; as many processes of a kind can share it'),
  replication: z
    .number()
    .int()
    .min(1)
    .max(10)
    .default(1)
    .describe('Copies of each partition, for topics that are created'),
  session_timeout: durationFrom('1s')
    .prefault('10s')
    .describe('A consumer that is silent for so long loses its partitions to others'),
  straggler_after: durationFrom('1s')
    .prefault('1m')
    .describe('A job that holds back the commits of those behind it for so long is detached'),
})

const redisSchema = z.strictObject({
  key_prefix: prefix
    .default('longhaul')
    .describe('Before all keys and channels: installations that share a Redis differ in it'),
})

export const configSchema = z
  .strictObject({
    models: named(modelSchema)
      .refine(all => Object.keys(all).length > 0, {
        error: 'must hold at least one model',
        params: { remedy: 'add a name, and below it context_window, price and deployments' },
      })
      .describe('By the name that callers use'),
    policies: named(policySchema)
      .default({})
      .describe('Callers name one where they would name a model'),
    default_policy: name.default('auto').describe('What `model: "auto"` and no model use'),
    lanes: z
      .strictObject({
        interactive: laneSchema.default({ weight: 12 }),
        standard: laneSchema.default({ weight: 4 }),
        bulk: laneSchema.default({ weight: 1 }),
      })
      .prefault({})
      .describe('How a model is shared between urgent and patient jobs'),
    dispatch: z
      .strictObject({
        published_per_key: z
          .number()
          .int()
          .min(10)
          .max(100_000)
          .default(2_000)
          .describe('Jobs published and unclaimed, per tenant, model and lane'),
        redispatch_after: durationFrom('1s')
          .prefault('1m')
          .describe(
            'A job published this long ago and unclaimed is published again; doubles each time',
          ),
      })
      .prefault({}),
    retry: z
      .strictObject({
        max_attempts: z
          .number()
          .int()
          .min(1)
          .max(100)
          .default(6)
          .describe('Failed calls after which a job fails; rate limits do not count'),
        attempts_per_model: z
          .number()
          .int()
          .min(1)
          .max(100)
          .default(3)
          .describe('Failed calls after which another model takes over'),
        base_delay: duration
          .prefault('500ms')
          .describe('Full jitter under base_delay × 2^(failures − 1)'),
        max_delay: duration
          .prefault('1m')
          .describe('Longest delay of our own; Retry-After may be longer'),
        max_lost: z
          .number()
          .int()
          .min(1)
          .max(1_000)
          .default(10)
          .describe('Workers that may die on a job before it fails'),
      })
      .prefault({}),
    breaker: z
      .strictObject({
        failure_rate: z
          .number()
          .gt(0)
          .max(1)
          .default(0.5)
          .describe('Opens at this share of failures'),
        min_calls: z.number().int().min(1).default(10).describe('…among at least so many calls'),
        window: durationFrom('100ms').prefault('30s').describe('…of the last so much time'),
        open_for: durationFrom('1ms')
          .prefault('10s')
          .describe('Until half-open; doubles while probes fail'),
        max_open_for: duration.prefault('5m').describe('Longest time between probes'),
        probes: z
          .number()
          .int()
          .min(1)
          .max(100)
          .default(2)
          .describe('Calls at a time while half-open'),
      })
      .refine(breaker => breaker.open_for <= breaker.max_open_for, {
        path: ['max_open_for'],
        error: 'must not be below open_for',
        params: { remedy: 'raise it, or lower open_for' },
      })
      .prefault({}),
    lease: durationFrom('1s')
      .prefault('30s')
      .describe('How long a claimed job is safe without renewal'),
    webhooks: z
      .strictObject({
        allow: z
          .array(z.string())
          .default([])
          .describe(
            'Receivers allowed beside public ones: hosts or CIDR blocks, such as "127.0.0.1/32"',
          ),
        timeout: durationFrom('100ms').prefault('20s').describe('Longest wait for a receiver'),
        concurrency: z
          .number()
          .int()
          .min(1)
          .max(1_000)
          .default(32)
          .describe('Deliveries at a time'),
      })
      .prefault({}),
    retention: z
      .strictObject({
        days: z
          .number()
          .int()
          .min(2) // webhook events are tried for 28 hours
          .max(3_650)
          .default(30)
          .describe('Whole days of finished jobs that are kept'),
      })
      .prefault({}),
    kafka: kafkaSchema.prefault({}),
    redis: redisSchema.prefault({}),
  })
  .superRefine((config, context) => {
    for (const issue of namingIssues(config)) context.addIssue({ ...issue })
  })
export type Config = z.infer<typeof configSchema>

/** The policy that `auto` means when the configuration does not define it. */
export const builtInPolicy: Policy = policySchema.parse({ strategy: 'predictive' })

/** What routing reads of the configuration. */
export type Catalog = Pick<Config, 'models' | 'policies' | 'default_policy'>

/** `model/deployment`: unique in a configuration, the key of breakers and live figures. */
export function deploymentKey(model: string, deployment: string): string {
  return `${model}/${deployment}`
}
