import { isObject, type JsonObject, objectOf } from '@longhaul/contracts'
import { translateMessages } from './messages.ts'
import { outputSchema } from './output-schema.ts'
import { translateToolChoice, translateTools } from './tools.ts'
import { UntranslatableError } from './untranslatable.ts'

/** Messages demand a bound; every current model can write this much. */
const DEFAULT_MAX_TOKENS = 8_192

/** Put into Messages' own form below. */
const translated = [
  'model',
  'messages',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'temperature',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'metadata',
  'user',
  'safety_identifier',
  'service_tier',
  'stream',
  'stream_options',
]

/**
 * Hints without a counterpart, left out as Anthropic's own compatible endpoint
 * leaves them out. (`effort` and `thinking` can be set in Anthropic's words:
 * `output_config`, `thinking`.)
 */
const ignored = [
  'audio',
  'frequency_penalty',
  'logit_bias',
  'logprobs',
  'modalities',
  'n',
  'prediction',
  'presence_penalty',
  'prompt_cache_key',
  'prompt_cache_retention',
  'reasoning_effort',
  'seed',
  'store',
  'top_logprobs',
  'verbosity',
  'web_search_options',
]

const ours = new Set([...translated, ...ignored])

/** The fields of a chat completion that are set and that Messages leave out. */
export function ignoredFields(body: JsonObject): string[] {
  return ignored.filter(name => body[name] != null)
}

/**
 * The Messages request that says what a chat completion says. Fields that
 * OpenAI does not have (`thinking`, `top_k`, `cache_control`, …) pass through.
 * @throws {UntranslatableError} for what Messages cannot say
 */
export function messagesRequest(
  body: JsonObject,
  { model, maxOutputTokens }: { model: string; maxOutputTokens: number | undefined },
): JsonObject {
  refuseTheUnspoken(body)
  const request = Object.fromEntries(Object.entries(body).filter(([name]) => !ours.has(name)))
  const wantsJsonObject = objectOf(body.response_format).type === 'json_object'
  const { system, messages } = translateMessages(body.messages, wantsJsonObject)
  request.model = model
  request.max_tokens =
    body.max_completion_tokens ?? body.max_tokens ?? maxOutputTokens ?? DEFAULT_MAX_TOKENS
  if (system.length > 0) request.system = system
  request.messages = messages
  addSampling(request, body)
  addTools(request, body)
  addOutputFormat(request, body)
  addCaller(request, body)
  return request
}

function refuseTheUnspoken(body: JsonObject): void {
  if (typeof body.n === 'number' && body.n > 1) {
    throw new UntranslatableError("`n` above 1: Anthropic's Messages give one answer")
  }
  for (const field of ['functions', 'function_call']) {
    if (body[field] != null) {
      throw new UntranslatableError(
        `\`${field}\` is deprecated and has no counterpart: use \`tools\``,
      )
    }
  }
}

function addSampling(request: JsonObject, { temperature, stop }: JsonObject): void {
  // OpenAI's scale ends at 2, Anthropic's at 1.
  if (typeof temperature === 'number') request.temperature = Math.min(1, temperature)
  // Sequences of nothing but white space are refused there.
  const sequences = (Array.isArray(stop) ? stop : [stop]).filter(
    sequence => typeof sequence === 'string' && sequence.trim() !== '',
  )
  if (sequences.length > 0) request.stop_sequences = sequences
}

function addTools(request: JsonObject, body: JsonObject): void {
  const tools = translateTools(body.tools)
  if (tools.length === 0) return
  request.tools = tools
  const choice = translateToolChoice(body.tool_choice)
  if (body.parallel_tool_calls === false && choice?.type !== 'none') {
    request.tool_choice = { type: 'auto', ...choice, disable_parallel_tool_use: true }
  } else if (choice) {
    request.tool_choice = choice
  }
}

/** Models before Claude 4.5 refuse a schema: they should not list the capability `json`. */
function addOutputFormat(request: JsonObject, body: JsonObject): void {
  const format = objectOf(body.response_format)
  if (format.type !== 'json_schema') return
  const { schema } = objectOf(format.json_schema)
  request.output_config = {
    ...objectOf(request.output_config),
    format: { type: 'json_schema', schema: outputSchema(isObject(schema) ? schema : {}) },
  }
}

function addCaller(request: JsonObject, body: JsonObject): void {
  // Of OpenAI's metadata, Anthropic knows `user_id` only and refuses the rest.
  const user = objectOf(body.metadata).user_id ?? body.safety_identifier ?? body.user
  if (typeof user === 'string') request.metadata = { user_id: user }
  const tier = body.service_tier
  if (tier === 'auto' || tier === 'standard_only') request.service_tier = tier
}
