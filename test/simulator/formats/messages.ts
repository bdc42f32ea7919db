import type { Answer, Finish, Usage } from '../answer.ts'
import {
  asArray,
  asNumber,
  asObject,
  asText,
  type CountTokens,
  type JsonObject,
  type ModelRequest,
  readConversation,
  type ToolChoice,
} from '../request.ts'
import { anthropicError, anthropicStreamError } from './anthropic-error.ts'
import type { StreamFrames, WireFormat } from './port.ts'

/** Anthropic's endpoint. */
export const messages: WireFormat = {
  read: readMessages,
  whole: wholeMessage,
  stream: streamMessage,
  error: anthropicError,
  streamError: anthropicStreamError,
  requestIdHeader: 'request-id',
}

const stopReasons: Record<Finish, string> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'content-filter': 'refusal',
  'tool-call': 'tool_use',
}

function readMessages(body: JsonObject, count: CountTokens): ModelRequest {
  const system = body.system ? [{ role: 'system', content: body.system }] : []
  const conversation = readConversation(
    [...system, ...asArray(body.messages)],
    [body.tools, body.output_config],
    count,
  )
  const tools = asArray(body.tools).map(asObject)
  const format = asObject(asObject(body.output_config).format)
  return {
    model: asText(body.model),
    ...conversation,
    maxTokens: asNumber(body.max_tokens),
    stream: body.stream === true,
    includeUsage: true,
    shape: 'schema' in format ? { kind: 'json', schema: format.schema } : { kind: 'text' },
    tools: tools.map(tool => ({ name: asText(tool.name), parameters: tool.input_schema })),
    toolChoice: readToolChoice(asObject(body.tool_choice)),
    topLogprobs: undefined,
    body,
  }
}

function readToolChoice(choice: JsonObject): ToolChoice {
  if (choice.type === 'any') return { kind: 'any' }
  return choice.type === 'tool' ? { kind: 'named', name: asText(choice.name) } : { kind: 'free' }
}

function wholeMessage(answer: Answer): unknown {
  const block = answer.toolCall
    ? { ...toolBlock(answer), input: JSON.parse(answer.toolCall.arguments) as unknown }
    : { type: 'text', text: answer.text }
  return {
    ...messageHead(answer),
    content: answer.text || answer.toolCall ? [block] : [],
    stop_reason: stopReasons[answer.finish],
    stop_sequence: null,
    usage: messageUsage(answer.usage, answer.usage.outputTokens),
  }
}

function messageHead(answer: Answer): object {
  return { id: `msg_${answer.id}`, type: 'message', role: 'assistant', model: answer.model }
}

function toolBlock(answer: Answer): object {
  return { type: 'tool_use', id: `toolu_${answer.id}`, name: answer.toolCall?.name, input: {} }
}

function messageUsage(usage: Usage, outputTokens: number): object {
  return {
    input_tokens: usage.promptTokens - usage.cachedTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.cachedTokens,
    output_tokens: outputTokens,
  }
}

function event(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
}

function streamMessage(answer: Answer): StreamFrames {
  const { toolCall, usage } = answer
  const message = {
    ...messageHead(answer),
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: messageUsage(usage, 1),
  }
  const block = toolCall ? toolBlock(answer) : { type: 'text', text: '' }
  const ending = { stop_reason: stopReasons[answer.finish], stop_sequence: null }
  return {
    head:
      event('message_start', { message }) +
      event('content_block_start', { index: 0, content_block: block }) +
      event('ping', {}),
    piece: text =>
      event('content_block_delta', {
        index: 0,
        delta: toolCall
          ? { type: 'input_json_delta', partial_json: text }
          : { type: 'text_delta', text },
      }),
    tail: () =>
      event('content_block_stop', { index: 0 }) +
      event('message_delta', { delta: ending, usage: { output_tokens: usage.outputTokens } }) +
      event('message_stop', {}),
  }
}
