import { z } from 'zod'
import { arrayOf } from './array-of.ts'
import type { Endpoint } from './job.ts'

/**
 * Just enough of OpenAI's bodies to refuse what no provider could take. All
 * else passes through untouched, fields that we do not know included.
 */
const model = z
  .string()
  .min(1)
  .max(256)
  .optional()
  .describe('A model of the configuration, a policy, or "auto" (the default)')

/** Of a field that only some of its kind need. */
function missing(name: string, expected: 'string' | 'object') {
  return { code: 'invalid_type' as const, expected, input: undefined, path: [name] }
}

const part = z
  .looseObject({
    type: z.string(),
    text: z.string().optional(),
    image_url: z.looseObject({ url: z.string().min(1) }).optional(),
  })
  .superRefine(({ type, text, image_url }, context) => {
    if (type === 'text' && text === undefined) context.addIssue(missing('text', 'string'))
    if (type === 'image_url' && image_url === undefined) {
      context.addIssue(missing('image_url', 'object'))
    }
  })

const message = z
  .looseObject({
    role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
    content: z.union([z.string(), arrayOf(part, { min: 1 }), z.null()]).optional(),
    name: z.string().nullish(),
    tool_calls: arrayOf(z.looseObject({ id: z.string(), type: z.string() })).nullish(),
    tool_call_id: z.string().nullish(),
  })
  .superRefine((said, context) => {
    if (said.role === 'tool' && said.tool_call_id == null) {
      context.addIssue(missing('tool_call_id', 'string'))
    }
    if (said.content == null && !maySayNothing(said)) {
      context.addIssue(missing('content', 'string'))
    }
  })

/** What an assistant may have said instead of text. */
const INSTEAD_OF_CONTENT = ['tool_calls', 'function_call', 'refusal', 'audio']

function maySayNothing(said: { role: string; content?: unknown; [field: string]: unknown }) {
  if (said.role === 'function') return said.content === null
  return said.role === 'assistant' && INSTEAD_OF_CONTENT.some(field => said[field] != null)
}

const streamRefused = z
  .literal(false, 'a job cannot stream: leave it out, and poll or take a webhook')
  .nullish()

/** A schema is judged when there is an answer; whether there is one can be said before it is paid for. */
const responseFormat = z
  .looseObject({
    type: z.string(),
    json_schema: z.looseObject({ schema: z.looseObject({}).optional() }).optional(),
  })
  .refine(({ type, json_schema }) => type !== 'json_schema' || json_schema !== undefined, {
    error: 'must be an object with the schema, since the type is "json_schema"',
    path: ['json_schema'],
  })

/** Of all that write. */
const sampling = {
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  user: z.string().nullish(),
}

/** Of chat completions and responses. */
const conversing = {
  ...sampling,
  top_logprobs: z.number().int().min(0).max(20).nullish(),
  tool_choice: z.union([z.string(), z.looseObject({ type: z.string() })]).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
}

const penalty = z.number().min(-2).max(2).nullish()
/** Of completions, of chats and legacy ones. */
const completing = {
  ...sampling,
  frequency_penalty: penalty,
  presence_penalty: penalty,
  logit_bias: z.record(z.string(), z.number()).nullish(),
  seed: z.number().int().nullish(),
  stop: z.union([z.string(), arrayOf(z.string())]).nullish(),
}

const chatTool = z
  .looseObject({
    type: z.string(),
    function: z.looseObject({ name: z.string().min(1) }).optional(),
  })
  .superRefine(({ type, function: described }, context) => {
    if (type === 'function' && !described) context.addIssue(missing('function', 'object'))
  })

const chatCompletion = z.looseObject({
  ...conversing,
  tools: arrayOf(chatTool).optional(),
  ...completing,
  model,
  messages: arrayOf(message, { min: 1 }),
  response_format: responseFormat.optional(),
  max_tokens: z.number().int().positive().nullish(),
  max_completion_tokens: z.number().int().positive().nullish(),
  n: z.number().int().min(1).max(128).nullish(),
  logprobs: z.boolean().nullish(),
  reasoning_effort: z.string().nullish(),
  stream: streamRefused,
})

const responseTool = z
  .looseObject({ type: z.string(), name: z.string().min(1).optional() })
  .superRefine(({ type, name }, context) => {
    if (type === 'function' && name === undefined) context.addIssue(missing('name', 'string'))
  })

const responseMessage = z.looseObject({
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  /** What an assistant said may be nothing. */
  content: z.union([z.string(), arrayOf(z.looseObject({ type: z.string() }))]),
})

/** Of many types; an item without one is a message, or refers to another by its `id`. */
const responseItem = z.looseObject({ type: z.string().nullish() }).superRefine((item, context) => {
  const isReference = typeof item.id === 'string' && item.role === undefined
  if (item.type !== 'message' && (item.type != null || isReference)) return
  const [issue] = responseMessage.safeParse(item, { reportInput: true }).error?.issues ?? []
  if (issue) context.addIssue({ ...issue } as Parameters<typeof context.addIssue>[0])
})

const response = z.looseObject({
  ...conversing,
  tools: arrayOf(responseTool).optional(),
  model,
  input: z.union([z.string().min(1), arrayOf(responseItem, { min: 1 })]),
  instructions: z.string().nullish(),
  max_output_tokens: z.number().int().positive().nullish(),
  max_tool_calls: z.number().int().positive().nullish(),
  reasoning: z.looseObject({ effort: z.string().nullish() }).nullish(),
  text: z.looseObject({}).nullish(),
  stream: streamRefused,
  background: z
    .literal(false, 'every job runs in the background: leave it out, and poll or take a webhook')
    .nullish(),
  previous_response_id: z
    .null('a job goes on from no response: put what was said before into `input`')
    .optional(),
})

const token = z.number().int().nonnegative()

/** The legacy endpoint. */
const completion = z.looseObject({
  ...completing,
  model,
  prompt: z.union([
    z.string().min(1),
    arrayOf(z.string().min(1), { min: 1, max: 2_048 }),
    arrayOf(token, { min: 1 }),
    arrayOf(arrayOf(token, { min: 1 }), { min: 1, max: 2_048 }),
  ]),
  max_tokens: z.number().int().positive().nullish(),
  n: z.number().int().min(1).max(128).nullish(),
  best_of: z.number().int().min(1).max(128).nullish(),
  echo: z.boolean().nullish(),
  logprobs: z.number().int().min(0).nullish(),
  suffix: z.string().nullish(),
  stream: streamRefused,
})

const embedding = z.looseObject({
  model,
  input: z.union([
    z.string().min(1),
    arrayOf(z.string().min(1), { min: 1, max: 2_048 }),
    arrayOf(token, { min: 1 }),
    arrayOf(arrayOf(token, { min: 1 }), { min: 1, max: 2_048 }),
  ]),
  dimensions: z.number().int().positive().optional(),
  encoding_format: z.enum(['float', 'base64']).optional(),
  user: z.string().nullish(),
})

export const endpointBodySchemas = {
  '/v1/chat/completions': chatCompletion,
  '/v1/responses': response,
  '/v1/completions': completion,
  '/v1/embeddings': embedding,
} as const satisfies Record<Endpoint, z.ZodType>
