import type { Answer, Usage } from '../answer.ts'
import {
  asArray,
  asNumber,
  asObject,
  asText,
  type CountTokens,
  type JsonObject,
  type ModelRequest,
  type ResponseShape,
  readConversation,
  type ToolChoice,
} from '../request.ts'
import { openAiError } from './openai-error.ts'
import type { StreamFrames, WireFormat } from './port.ts'

export const responses: WireFormat = {
  read: readResponses,
  whole: finalResponse,
  stream: streamResponse,
  error: openAiError,
  streamError: refusal =>
    `event: error\ndata: ${JSON.stringify({ type: 'error', code: 'server_error', message: refusal.message, param: null })}\n\n`,
  requestIdHeader: 'x-request-id',
}

function readResponses(body: JsonObject, count: CountTokens): ModelRequest {
  const { input, instructions } = body
  const messages = typeof input === 'string' ? [{ role: 'user', content: input }] : asArray(input)
  const system = instructions ? [{ role: 'system', content: instructions }] : []
  const beside = [body.tools, asObject(body.text).format]
  const conversation = readConversation([...system, ...messages], beside, count)
  const tools = asArray(body.tools)
    .map(asObject)
    .filter(tool => tool.type === 'function')
  return {
    model: asText(body.model),
    ...conversation,
    maxTokens: asNumber(body.max_output_tokens),
    stream: body.stream === true,
    includeUsage: true,
    shape: readShape(asObject(asObject(body.text).format)),
    tools: tools.map(tool => ({ name: asText(tool.name), parameters: tool.parameters })),
    toolChoice: readToolChoice(body.tool_choice),
    topLogprobs: undefined,
    body,
  }
}

function readShape(format: JsonObject): ResponseShape {
  if (format.type === 'json_schema') return { kind: 'json', schema: format.schema ?? {} }
  return format.type === 'json_object' ? { kind: 'json', schema: undefined } : { kind: 'text' }
}

function readToolChoice(choice: unknown): ToolChoice {
  if (choice === 'required') return { kind: 'any' }
  const name = asText(asObject(choice).name)
  return name ? { kind: 'named', name } : { kind: 'free' }
}

function finalResponse(answer: Answer, request: ModelRequest): object {
  const reason = incompleteReason(answer)
  const status = reason === undefined ? 'completed' : 'incomplete'
  return {
    ...responseHead(answer, request),
    status,
    incomplete_details: reason === undefined ? null : { reason },
    output: [outputItem(answer, status)],
    usage: responseUsage(answer.usage),
  }
}

function incompleteReason(answer: Answer): string | undefined {
  if (answer.finish === 'length') return 'max_output_tokens'
  return answer.finish === 'content-filter' ? 'content_filter' : undefined
}

function responseHead(answer: Answer, { body }: ModelRequest): object {
  return {
    id: `resp_${answer.id}`,
    object: 'response',
    created_at: answer.createdAtSeconds,
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    model: answer.model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    temperature: body.temperature ?? 1,
    text: body.text ?? { format: { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_p: body.top_p ?? 1,
    metadata: body.metadata ?? {},
    usage: null,
  }
}

function outputItem(answer: Answer, status: string): object {
  const { toolCall } = answer
  if (toolCall) {
    const id = `fc_${answer.id}`
    return { id, type: 'function_call', status, call_id: `call_${answer.id}`, ...toolCall }
  }
  const content = status === 'in_progress' ? [] : [textPart(answer.text)]
  return { id: `msg_${answer.id}`, type: 'message', status, role: 'assistant', content }
}

function textPart(text: string): object {
  return { type: 'output_text', text, annotations: [], logprobs: [] }
}

function responseUsage(usage: Usage): object {
  const outputTokens = usage.outputTokens + usage.reasoningTokens
  return {
    input_tokens: usage.promptTokens,
    input_tokens_details: { cached_tokens: usage.cachedTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.promptTokens + outputTokens,
  }
}

function streamResponse(answer: Answer, request: ModelRequest): StreamFrames {
  let sequence = 0
  const event = (type: string, fields: object) => {
    const text = JSON.stringify({ type, sequence_number: sequence, ...fields })
    sequence += 1
    return `event: ${type}\ndata: ${text}\n\n`
  }
  const response = responseHead(answer, request)
  const final = finalResponse(answer, request)
  const words = answer.toolCall ? callEvents(answer, event) : textEvents(answer, event)
  const head =
    event('response.created', { response }) +
    event('response.in_progress', { response }) +
    event('response.output_item.added', {
      output_index: 0,
      item: startedItem(answer),
    }) +
    words.head()
  return {
    head,
    piece: words.piece,
    tail: () => {
      const ended = incompleteReason(answer) === undefined
      return (
        words.tail() +
        event('response.output_item.done', {
          output_index: 0,
          item: outputItem(answer, ended ? 'completed' : 'incomplete'),
        }) +
        event(ended ? 'response.completed' : 'response.incomplete', { response: final })
      )
    },
  }
}

function startedItem(answer: Answer): object {
  const item = outputItem(answer, 'in_progress')
  return answer.toolCall ? { ...item, arguments: '' } : item
}

type WriteEvent = (type: string, fields: object) => string

interface ItemEvents {
  head: () => string
  piece: (piece: string) => string
  tail: () => string
}

function textEvents(answer: Answer, event: WriteEvent): ItemEvents {
  const place = { item_id: `msg_${answer.id}`, output_index: 0, content_index: 0 }
  const { text } = answer
  return {
    head: () => event('response.content_part.added', { ...place, part: textPart('') }),
    piece: delta => event('response.output_text.delta', { ...place, delta, logprobs: [] }),
    tail: () =>
      event('response.output_text.done', { ...place, text, logprobs: [] }) +
      event('response.content_part.done', { ...place, part: textPart(text) }),
  }
}

function callEvents(answer: Answer, event: WriteEvent): ItemEvents {
  const place = { item_id: `fc_${answer.id}`, output_index: 0 }
  return {
    head: () => '',
    piece: delta => event('response.function_call_arguments.delta', { ...place, delta }),
    tail: () => event('response.function_call_arguments.done', { ...place, ...answer.toolCall }),
  }
}
