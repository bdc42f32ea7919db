import { type JsonObject, objectOf, objectsOf } from '@longhaul/contracts'
import { textOf } from '../json-value.ts'
import { malformed, type Reading } from '../wire-format.ts'
import { completionUsage, readMessagesUsage } from './usage.ts'

/** Of Anthropic's reasons to stop; those that are not here, such as `pause_turn`, are a plain stop. */
export const finishReasons: Record<string, string> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
}

/**
 * A whole message as a chat completion. Thinking is in `reasoning_content`,
 * blocks without a counterpart in `provider_content`; further fields of the
 * message pass through.
 * @param request the chat completion that asked for it
 */
export function completionReading(
  message: JsonObject,
  request: JsonObject,
  createdSeconds: number,
): Reading {
  if (!Array.isArray(message.content)) return malformed('the answer has no content')
  const usage = readMessagesUsage(message.usage)
  const value = completionOf(message, request, createdSeconds)
  if (usage) value.usage = completionUsage(usage, message.usage)
  return { kind: 'answer', value, body: JSON.stringify(value), usage }
}

function completionOf(
  message: JsonObject,
  request: JsonObject,
  createdSeconds: number,
): JsonObject {
  const { id, model, content, stop_reason, type: _, role: __, usage: ___, ...rest } = message
  return {
    ...rest,
    id,
    object: 'chat.completion',
    created: createdSeconds,
    model,
    choices: [
      {
        index: 0,
        message: messageOf(objectsOf(content), stop_reason, message, request),
        logprobs: null,
        finish_reason: finishReasons[String(stop_reason)] ?? 'stop',
      },
    ],
  }
}

const spoken = new Set(['text', 'tool_use', 'thinking'])

function messageOf(
  blocks: JsonObject[],
  stopReason: unknown,
  message: JsonObject,
  request: JsonObject,
): JsonObject {
  const text = textBlocks(blocks, 'text')
  const thinking = textBlocks(blocks, 'thinking')
  const calls = blocks.filter(block => block.type === 'tool_use').map(toolCall)
  const others = blocks.filter(block => !spoken.has(String(block.type)))
  // What was written before a refusal is to be thrown away, as Anthropic advises.
  const refusal = stopReason === 'refusal' ? refusalWords(message) : null
  const content = text === '' || refusal !== null ? null : unfenced(text, request)
  return {
    role: 'assistant',
    content,
    refusal,
    ...(thinking !== '' && { reasoning_content: thinking }),
    ...(calls.length > 0 && refusal === null && { tool_calls: calls }),
    ...(others.length > 0 && { provider_content: others }),
  }
}

function textBlocks(blocks: JsonObject[], field: 'text' | 'thinking'): string {
  return blocks.map(block => (block.type === field ? (textOf(block[field]) ?? '') : '')).join('')
}

function refusalWords({ stop_details }: JsonObject): string {
  return textOf(objectOf(stop_details).explanation) ?? 'the model declined to answer'
}

function toolCall({ id, name, input }: JsonObject): JsonObject {
  // A stream leaves the text as it came.
  const text = typeof input === 'string' ? input : JSON.stringify(input ?? {})
  return { id, type: 'function', function: { name, arguments: text === '' ? '{}' : text } }
}

const FENCED = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?\s*```\s*$/

/** JSON mode is an instruction here, and a code fence a habit of models that follow one. */
function unfenced(text: string, request: JsonObject): string {
  if (objectOf(request.response_format).type !== 'json_object') return text
  return FENCED.exec(text)?.[1] ?? text
}
