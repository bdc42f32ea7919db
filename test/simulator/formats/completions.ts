import type { Answer, Finish } from '../answer.ts'
import { textPieces } from '../answer-text.ts'
import {
  asArray,
  asNumber,
  asObject,
  asText,
  type CountTokens,
  type JsonObject,
  type ModelRequest,
} from '../request.ts'
import { openAiError, openAiStreamError } from './openai-error.ts'
import type { StreamFrames, WireFormat } from './port.ts'

/** OpenAI's legacy endpoint: each text of the prompt gets the same answer, `n` times. */
export const completions: WireFormat = {
  read: readCompletion,
  whole: wholeCompletion,
  stream: streamCompletion,
  error: openAiError,
  streamError: openAiStreamError,
  requestIdHeader: 'x-request-id',
}

const finishReasons: Record<Finish, string> = {
  stop: 'stop',
  length: 'length',
  'content-filter': 'content_filter',
  'tool-call': 'stop',
}

function readCompletion(body: JsonObject, count: CountTokens): ModelRequest {
  const prompts = promptsOf(body.prompt)
  return {
    model: asText(body.model),
    prompt: asText(prompts[0]),
    promptTokens: prompts.reduce<number>((sum, prompt) => sum + tokensOf(prompt, count), 0),
    maxTokens: asNumber(body.max_tokens) ?? 16,
    stream: body.stream === true,
    includeUsage: asObject(body.stream_options).include_usage === true,
    shape: { kind: 'text' },
    tools: [],
    toolChoice: { kind: 'free' },
    topLogprobs: asNumber(body.logprobs),
    body,
  }
}

/** Texts, or lists of token numbers. */
function promptsOf(prompt: unknown): unknown[] {
  return Array.isArray(prompt) && typeof prompt[0] !== 'number' ? prompt : [prompt]
}

function tokensOf(prompt: unknown, count: CountTokens): number {
  return typeof prompt === 'string' ? count(prompt) : asArray(prompt).length
}

function wholeCompletion(answer: Answer, request: ModelRequest): unknown {
  const prompts = promptsOf(request.body.prompt)
  const each = asNumber(request.body.n) ?? 1
  const choices = Array.from({ length: prompts.length * each }, (_, index) => {
    const before = request.body.echo === true ? asText(prompts[Math.floor(index / each)]) : ''
    return choice(answer, request, { index, text: before + answer.text })
  })
  return { ...head(answer), choices, usage: usage(answer, choices.length) }
}

function choice(
  answer: Answer,
  { topLogprobs }: ModelRequest,
  said: { index: number; text: string; finish?: string | null },
): object {
  const { finish = finishReasons[answer.finish], ...rest } = said
  const tokens = textPieces(rest.text)
  const logprobs = { tokens, token_logprobs: tokens.map(() => answer.logprob) }
  return { ...rest, logprobs: topLogprobs === undefined ? null : logprobs, finish_reason: finish }
}

function head(answer: Answer): object {
  const { id, createdAtSeconds: created, model } = answer
  return { id: `cmpl-${id}`, object: 'text_completion', created, model }
}

function usage({ usage: { promptTokens, outputTokens } }: Answer, answers: number): object {
  const completionTokens = outputTokens * answers
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  }
}

function streamCompletion(answer: Answer, request: ModelRequest): StreamFrames {
  const chunk = (fields: object) => `data: ${JSON.stringify({ ...head(answer), ...fields })}\n\n`
  const piece = (text: string, finish: string | null) =>
    chunk({ choices: [choice(answer, request, { index: 0, text, finish })] })
  const last = request.includeUsage ? chunk({ choices: [], usage: usage(answer, 1) }) : ''
  return {
    head: '',
    piece: text => piece(text, null),
    tail: () => `${piece('', finishReasons[answer.finish])}${last}data: [DONE]\n\n`,
  }
}
