import type { Answer } from '../answer.ts'
import { hashText } from '../random.ts'
import {
  asArray,
  asNumber,
  asText,
  type CountTokens,
  type JsonObject,
  type ModelRequest,
} from '../request.ts'
import { openAiError, openAiStreamError } from './openai-error.ts'
import type { WireFormat } from './port.ts'

export const embeddings: WireFormat = {
  read: readEmbeddings,
  whole: wholeEmbeddings,
  error: openAiError,
  streamError: openAiStreamError,
  requestIdHeader: 'x-request-id',
}

const defaultDimensions = 1_536

function readEmbeddings(body: JsonObject, count: CountTokens): ModelRequest {
  const inputs = readInputs(body.input)
  return {
    model: asText(body.model),
    prompt: inputs[0] ?? '',
    promptTokens: countInput(body.input, count),
    maxTokens: undefined,
    stream: false,
    includeUsage: false,
    shape: { kind: 'text' },
    tools: [],
    toolChoice: { kind: 'free' },
    topLogprobs: undefined,
    body,
  }
}

function countInput(input: unknown, count: CountTokens): number {
  if (typeof input === 'string') return count(input)
  return asArray(input).reduce<number>(
    (sum, item) => sum + (typeof item === 'number' ? 1 : countInput(item, count)),
    0,
  )
}

/** A text, token numbers, or a list of either. */
function readInputs(input: unknown): string[] {
  if (!Array.isArray(input)) return [asText(input)]
  if (typeof input[0] === 'number') return [input.join(' ')]
  return input.map(item => (Array.isArray(item) ? item.join(' ') : asText(item)))
}

function wholeEmbeddings(answer: Answer, { body }: ModelRequest): unknown {
  const dimensions = asNumber(body.dimensions) ?? defaultDimensions
  const { promptTokens } = answer.usage
  return {
    object: 'list',
    data: readInputs(body.input).map((input, index) => {
      const vector = embed(input, dimensions)
      const embedding = body.encoding_format === 'base64' ? toBase64(vector) : [...vector]
      return { object: 'embedding', index, embedding }
    }),
    model: answer.model,
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  }
}

const placesPerWord = 8

/** A unit vector made of the text's words: texts that share words lie close together. */
function embed(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions)
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['']) {
    for (let place = 0; place < placesPerWord; place += 1) {
      const hash = hashText(word, place * 0x9e3779b9)
      const index = hash % dimensions
      vector[index] = (vector[index] ?? 0) + (hash & 0x10000 ? 1 : -1)
    }
  }
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)) || 1
  return vector.map(value => value / length)
}

function toBase64(vector: Float32Array): string {
  return Buffer.from(vector.buffer).toString('base64')
}
