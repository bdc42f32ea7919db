import { z } from 'zod'
import type { AnswerRequest } from './request.ts'

const Milliseconds = z.number().min(0).max(86_400_000)
const Tokens = z.number().int().min(0).max(1_000_000)
const afterTokens = Tokens.optional()

export const LatencySchema = z.union([
  Milliseconds,
  z.discriminatedUnion('distribution', [
    z.strictObject({ distribution: z.literal('uniform'), min: Milliseconds, max: Milliseconds }),
    z.strictObject({
      distribution: z.literal('lognormal'),
      median: Milliseconds,
      sigma: z.number().min(0).max(5),
    }),
    z.strictObject({ distribution: z.literal('exponential'), mean: Milliseconds }),
  ]),
])

export const FaultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({
    kind: z.literal('rate-limited'),
    retryAfterSeconds: z.number().min(0).optional(),
    retryAfterForm: z.enum(['seconds', 'date', 'milliseconds']).optional(),
  }),
  z.strictObject({
    kind: z.literal('status'),
    status: z.number().int().min(200).max(599),
    body: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
    headers: z.record(z.string(), z.string()).optional(),
  }),
  z.strictObject({ kind: z.literal('reset') }),
  z.strictObject({ kind: z.literal('hang') }),
  z.strictObject({ kind: z.literal('malformed-json') }),
  z.strictObject({ kind: z.literal('cut-mid-stream'), afterTokens }),
  z.strictObject({ kind: z.literal('error-mid-stream'), afterTokens }),
  z.strictObject({ kind: z.literal('stall-mid-stream'), afterTokens }),
  z.strictObject({ kind: z.literal('context-overflow') }),
  z.strictObject({
    kind: z.literal('content-policy'),
    form: z.enum(['error', 'finish-reason']).optional(),
  }),
  z.strictObject({ kind: z.literal('unauthorized') }),
  z.strictObject({ kind: z.literal('payment-required') }),
])

/**
 * Steps are used up in call order: each covers the next `times` calls (1
 * unless given). A step with `rate` is not used up: it strikes that share of
 * the calls that no counted step covers.
 */
export const FailureStepSchema = z.union([
  z.strictObject({
    fault: FaultSchema,
    times: z.union([z.number().int().positive(), z.literal('always')]).optional(),
  }),
  z.strictObject({ fault: FaultSchema, rate: z.number().min(0).max(1) }),
])

const AnswerFunction = z.custom<(request: AnswerRequest) => string>(
  value => typeof value === 'function',
  'must be text or a function that returns text',
)

export const MarkerBehaviourSchema = z.strictObject({
  latencyMs: LatencySchema.optional(),
  tokensPerSecond: z.number().positive().optional(),
  outputTokens: z.union([Tokens, z.strictObject({ min: Tokens, max: Tokens })]).optional(),
  answer: z.union([z.string(), AnswerFunction]).optional(),
  finishReason: z.enum(['stop', 'length', 'content-filter']).optional(),
  toolCall: z
    .union([
      z.boolean(),
      z.strictObject({
        name: z.string(),
        arguments: z.record(z.string(), z.unknown()).optional(),
      }),
    ])
    .optional(),
  cachedTokens: Tokens.optional(),
  reasoningTokens: Tokens.optional(),
  logprob: z.number().max(0).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  failures: z.array(FailureStepSchema).optional(),
  contextWindow: Tokens.optional(),
  requireKey: z.union([z.string(), z.array(z.string())]).optional(),
})

export const BehaviourSchema = MarkerBehaviourSchema.extend({
  /** What the steps in `failures` count: the model's calls, or the calls of each marker. */
  failuresPer: z.enum(['model', 'marker']).optional(),
  hiddenRateLimit: z
    .strictObject({
      requestsPerSecond: z.number().positive(),
      burst: z.number().int().positive().optional(),
    })
    .optional(),
  maxConcurrency: z.number().int().positive().optional(),
})

export type Latency = z.infer<typeof LatencySchema>
export type Fault = z.infer<typeof FaultSchema>
export type FailureStep = z.infer<typeof FailureStepSchema>
/** How prompts that carry a marker are answered; wins over the model's, field by field. */
export type MarkerBehaviour = z.infer<typeof MarkerBehaviourSchema>
/** How a model answers. Every field may be left out: the answer is then instant. */
export type Behaviour = z.infer<typeof BehaviourSchema>
