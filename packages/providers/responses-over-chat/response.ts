import { type JsonObject, objectOf, objectsOf, type Usage } from '@longhaul/contracts'
import { textOf } from '../json-value.ts'

/** The response that a chat completion is, asked for by `request`. */
export function responseOf(
  completion: JsonObject,
  request: JsonObject,
  usage: Usage | undefined,
): JsonObject {
  const [choice = {}] = objectsOf(completion.choices)
  const reason = incompleteReasons[String(choice.finish_reason)]
  const status = reason === undefined ? 'completed' : 'incomplete'
  return {
    id: `resp_${completion.id}`,
    object: 'response',
    created_at: completion.created,
    status,
    error: null,
    incomplete_details: reason === undefined ? null : { reason },
    instructions: request.instructions ?? null,
    model: completion.model,
    output: outputOf(completion, status),
    usage: usage ? responseUsage(usage) : null,
  }
}

const incompleteReasons: Record<string, string> = {
  length: 'max_output_tokens',
  content_filter: 'content_filter',
}

/** Reasoning, words, then calls. */
function outputOf(completion: JsonObject, status: string): JsonObject[] {
  const [choice = {}] = objectsOf(completion.choices)
  const message = objectOf(choice.message)
  const calls = objectsOf(message.tool_calls)
  const id = String(completion.id)
  const output: JsonObject[] = []
  const reasoning = textOf(message.reasoning_content) ?? textOf(message.reasoning)
  if (reasoning) output.push(reasoningItem(id, reasoning))
  const parts = contentParts(message, objectOf(choice.logprobs))
  if (parts.length > 0 || calls.length === 0) output.push(messageItem(id, status, parts))
  for (const [index, call] of calls.entries()) {
    const { name, arguments: given } = objectOf(call.function)
    output.push(callItem(id, index, status, { call_id: call.id, name, arguments: given ?? '' }))
  }
  return output
}

function contentParts(message: JsonObject, logprobs: JsonObject): JsonObject[] {
  const { content, refusal } = message
  const parts: JsonObject[] = []
  const text = Array.isArray(content)
    ? objectsOf(content)
        .map(part => textOf(part.text) ?? '')
        .join('')
    : textOf(content)
  if (text) parts.push({ ...textPart(text), logprobs: objectsOf(logprobs.content) })
  if (typeof refusal === 'string' && refusal !== '') parts.push({ type: 'refusal', refusal })
  return parts
}

export function textPart(text: string): JsonObject {
  return { type: 'output_text', text, annotations: [], logprobs: [] }
}

export function messageItem(id: string, status: string, content: JsonObject[]): JsonObject {
  return { id: `msg_${id}`, type: 'message', status, role: 'assistant', content }
}

export function reasoningItem(id: string, text: string): JsonObject {
  return { id: `rs_${id}`, type: 'reasoning', summary: [{ type: 'summary_text', text }] }
}

export function callItem(
  id: string,
  index: number,
  status: string,
  call: { call_id: unknown; name: unknown; arguments: unknown },
): JsonObject {
  return { id: `fc_${id}_${index}`, type: 'function_call', status, ...call }
}

function responseUsage(usage: Usage): JsonObject {
  return {
    input_tokens: usage.input_tokens,
    input_tokens_details: { cached_tokens: usage.cached_input_tokens },
    output_tokens: usage.output_tokens,
    output_tokens_details: { reasoning_tokens: usage.reasoning_tokens },
    total_tokens: usage.total_tokens,
  }
}
