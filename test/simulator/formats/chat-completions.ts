import type { Answer, Finish, Usage } from '../answer.ts'
import { textPieces } from '../answer-text.ts'
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
import { openAiError, openAiStreamError } from './openai-error.ts'
import type { StreamFrames, WireFormat } from './port.ts'

export const chatCompletions: WireFormat = {
  read: readChat,
  whole: wholeChat,
  stream: streamChat,
  error: openAiError,
  streamError: openAiStreamError,
  requestIdHeader: 'x-request-id',
}

const finishReasons: Record<Finish, string> = {
  stop: 'stop',
  length: 'length',
  'content-filter': 'content_filter',
  'tool-call': 'tool_calls',
}

function readChat(body: JsonObject, count: CountTokens): ModelRequest {
  const beside = [body.tools, body.functions, body.response_format]
  const { prompt, promptTokens } = readConversation(asArray(body.messages), beside, count)
  const tools = asArray(body.tools).map(tool => asObject(asObject(tool).function))
  return {
    model: asText(body.model),
    prompt,
    promptTokens,
    maxTokens: asNumber(body.max_completion_tokens) ?? asNumber(body.max_tokens),
    stream: body.stream === true,
    includeUsage: asObject(body.stream_options).include_usage === true,
    shape: readShape(body.response_format),
    tools: tools.map(tool => ({ name: asText(tool.name), parameters: tool.parameters })),
    toolChoice: readToolChoice(body.tool_choice),
    topLogprobs: body.logprobs === true ? (asNumber(body.top_logprobs) ?? 0) : undefined,
    body,
  }
}

function readShape(format: unknown): ResponseShape {
  const { type, json_schema } = asObject(format)
  if (type === 'json_schema') return { kind: 'json', schema: asObject(json_schema).schema ?? {} }
  return type === 'json_object' ? { kind: 'json', schema: undefined } : { kind: 'text' }
}

function readToolChoice(choice: unknown): ToolChoice {
  if (choice === 'required') return { kind: 'any' }
  const name = asText(asObject(asObject(choice).function).name)
  return name ? { kind: 'named', name } : { kind: 'free' }
}

function wholeChat(answer: Answer, request: ModelRequest): unknown {
  const { toolCall, usage } = answer
  const answers = asNumber(request.body.n) ?? 1
  const text = { role: 'assistant', content: toolCall ? null : answer.text, refusal: null }
  const message = toolCall
    ? { ...text, tool_calls: [{ ...callHead(answer), function: toolCall }] }
    : text
  const choices: object[] = []
  for (let index = 0; index < answers; index += 1) {
    choices.push({
      index,
      message,
      logprobs: logprobs(answer, request, answer.text),
      finish_reason: finishReasons[answer.finish],
    })
  }
  return {
    id: `chatcmpl-${answer.id}`,
    object: 'chat.completion',
    created: answer.createdAtSeconds,
    model: answer.model,
    choices,
    usage: chatUsage({ ...usage, outputTokens: answers * usage.outputTokens }),
    service_tier: 'default',
    system_fingerprint: 'fp_simulator',
  }
}

function callHead(answer: Answer): { id: string; type: 'function' } {
  return { id: `call_${answer.id}`, type: 'function' }
}

function chatUsage(usage: Usage): unknown {
  const completionTokens = usage.outputTokens + usage.reasoningTokens
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: completionTokens,
    total_tokens: usage.promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens, audio_tokens: 0 },
  }
}

function logprobs(answer: Answer, request: ModelRequest, text: string): unknown {
  const { topLogprobs } = request
  if (topLogprobs === undefined || answer.toolCall) return null
  const content = textPieces(text).map(token => {
    const entry = { token, logprob: answer.logprob, bytes: [...Buffer.from(token)] }
    const others = Array.from({ length: Math.max(0, topLogprobs - 1) }, (_, index) => ({
      token: ` alternative${index + 1}`,
      logprob: answer.logprob - 2 - index,
      bytes: null,
    }))
    return { ...entry, top_logprobs: topLogprobs === 0 ? [] : [entry, ...others] }
  })
  return { content, refusal: null }
}

function streamChat(answer: Answer, request: ModelRequest): StreamFrames {
  const { toolCall } = answer
  const chunk = (fields: object) =>
    `data: ${JSON.stringify({
      id: `chatcmpl-${answer.id}`,
      object: 'chat.completion.chunk',
      created: answer.createdAtSeconds,
      model: answer.model,
      system_fingerprint: 'fp_simulator',
      ...fields,
      ...(request.includeUsage && !('usage' in fields) && { usage: null }),
    })}\n\n`
  const delta = (content: object, finish: string | null = null, probabilities: unknown = null) =>
    chunk({
      choices: [{ index: 0, delta: content, logprobs: probabilities, finish_reason: finish }],
    })
  const opening = toolCall
    ? {
        content: null,
        tool_calls: [
          { index: 0, ...callHead(answer), function: { name: toolCall.name, arguments: '' } },
        ],
      }
    : { content: '', refusal: null }
  const usage = request.includeUsage ? chunk({ choices: [], usage: chatUsage(answer.usage) }) : ''
  return {
    head: delta({ role: 'assistant', ...opening }),
    piece: text =>
      toolCall
        ? delta({ tool_calls: [{ index: 0, function: { arguments: text } }] })
        : delta({ content: text }, null, logprobs(answer, request, text)),
    tail: () => `${delta({}, finishReasons[answer.finish])}${usage}data: [DONE]\n\n`,
  }
}
