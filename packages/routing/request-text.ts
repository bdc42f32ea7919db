import type { Endpoint } from '@longhaul/contracts'
import { jsonTokens } from './tokens.ts'

/**
 * What one walk over a body of any endpoint finds. Texts are
 * kept by reference and joined only when a strategy reads them.
 */
export interface RequestContent {
  /** Instructions and messages in order; for embeddings and legacy completions each input. */
  texts: string[]
  /** Tokens of what is not text: framing, tools, schemas, attachments, inputs that came as tokens. */
  otherTokens: number
  /** The longest input that came as tokens. */
  longestTokenInput: number
  /** Images, video, or documents that are not plain text. */
  vision: boolean
  /** Audio to hear or to speak. */
  audio: boolean
}

/** Role and separators that frame a message in every chat template. */
const MESSAGE_TOKENS = 4
/** A large photograph with most providers; small ones cost less, some models' tiles much more. */
export const IMAGE_TOKENS = 1_600
/** An image asked for with `detail: "low"`. */
export const LOW_DETAIL_IMAGE_TOKENS = 100
/** A document by reference, or a short one inline: three pages. */
const DOCUMENT_TOKENS = 1_500
/** Of a PDF inline; text in plain text comes at `TEXT_BYTES_PER_TOKEN`. */
const DOCUMENT_BYTES_PER_TOKEN = 40
const TEXT_BYTES_PER_TOKEN = 4
/** MP3 at 128 kbit/s and 32 tokens a second. */
const AUDIO_BYTES_PER_TOKEN = 500
/** Base64 holds three bytes in four characters. */
const BASE64_BYTES = 3 / 4

type Fields = Record<string, unknown>

/** Reads any JSON without throwing: what has another shape than the endpoint's is counted as JSON. */
export function readContent(endpoint: Endpoint, body: Fields): RequestContent {
  const content: RequestContent = {
    texts: [],
    otherTokens: 0,
    longestTokenInput: 0,
    vision: false,
    audio: Array.isArray(body.modalities) && body.modalities.includes('audio'),
  }
  if (endpoint === '/v1/embeddings' || endpoint === '/v1/completions') {
    readInputs(content, endpoint === '/v1/embeddings' ? body.input : body.prompt)
    return content
  }
  if (endpoint === '/v1/responses') {
    if (typeof body.instructions === 'string') content.texts.push(body.instructions)
    readMessages(content, body.input)
  } else {
    readMessages(content, body.messages)
  }
  for (const structure of structuresOf(endpoint, body)) content.otherTokens += jsonTokens(structure)
  return content
}

/** What goes along with the messages as JSON: tools, and the schema of the answer. */
export function structuresOf(endpoint: Endpoint, body: Fields): unknown[] {
  if (endpoint === '/v1/embeddings' || endpoint === '/v1/completions') return []
  const structures = [body.tools, body.functions, body.response_format, body.text]
  return structures.filter(structure => structure !== undefined && structure !== null)
}

function readInputs(content: RequestContent, input: unknown): void {
  const inputs = Array.isArray(input) && typeof input[0] !== 'number' ? input : [input]
  for (const one of inputs) {
    if (typeof one === 'string') content.texts.push(one)
    else if (Array.isArray(one)) {
      content.otherTokens += one.length
      content.longestTokenInput = Math.max(content.longestTokenInput, one.length)
    }
  }
}

function readMessages(content: RequestContent, messages: unknown): void {
  for (const message of Array.isArray(messages) ? messages : [messages]) {
    content.otherTokens += MESSAGE_TOKENS
    if (!isFields(message)) {
      readPart(content, message)
    } else if ('content' in message) {
      readParts(content, message.content)
      readCalls(content, message)
    } else if ('output' in message) {
      readParts(content, message.output)
    } else {
      readPart(content, message)
    }
  }
}

/** What an earlier turn called, which is sent along again. */
function readCalls(content: RequestContent, message: Fields): void {
  for (const calls of [message.tool_calls, message.function_call]) {
    if (calls !== undefined && calls !== null) content.otherTokens += jsonTokens(calls)
  }
}

function readParts(content: RequestContent, parts: unknown): void {
  if (Array.isArray(parts)) for (const part of parts) readPart(content, part)
  else readPart(content, parts)
}

function readPart(content: RequestContent, part: unknown): void {
  if (part === undefined || part === null) return
  if (typeof part === 'string') {
    content.texts.push(part)
    return
  }
  if (!isFields(part)) {
    content.otherTokens += jsonTokens(part)
    return
  }
  switch (part.type) {
    case 'image_url':
    case 'input_image':
    case 'image':
    case 'computer_screenshot':
    case 'video_url':
      content.vision = true
      content.otherTokens += imageTokens(part)
      return
    case 'input_audio':
    case 'audio':
      content.audio = true
      content.otherTokens += audioTokens(part)
      return
    case 'file':
    case 'input_file':
      readDocument(content, part)
      return
  }
  if (typeof part.text === 'string') content.texts.push(part.text)
  else if (typeof part.refusal === 'string') content.texts.push(part.refusal)
  else content.otherTokens += jsonTokens(part)
}

function imageTokens(part: Fields): number {
  const image = isFields(part.image_url) ? part.image_url : part
  return image.detail === 'low' ? LOW_DETAIL_IMAGE_TOKENS : IMAGE_TOKENS
}

function audioTokens(part: Fields): number {
  const audio = isFields(part.input_audio) ? part.input_audio : part
  const base64 = typeof audio.data === 'string' ? audio.data : ''
  return (base64.length * BASE64_BYTES) / AUDIO_BYTES_PER_TOKEN
}

function readDocument(content: RequestContent, part: Fields): void {
  const file = isFields(part.file) ? part.file : part
  const base64 = typeof file.file_data === 'string' ? file.file_data : ''
  const plain = base64.startsWith('data:text/')
  const bytesPerToken = plain ? TEXT_BYTES_PER_TOKEN : DOCUMENT_BYTES_PER_TOKEN
  const tokens = (base64.length * BASE64_BYTES) / bytesPerToken
  content.otherTokens += plain ? tokens : Math.max(DOCUMENT_TOKENS, tokens)
  if (!plain) content.vision = true
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What strategies examine of a long text: prompts are hostile, and decisions must be fast. */
export const TEXT_HEAD_CHARACTERS = 65_536
export const TEXT_TAIL_CHARACTERS = 16_384

/**
 * The text that strategies examine: all of it, joined by newlines, when it is
 * short; else its first 65,536 characters and its last 16,384, where the
 * question of a long prompt usually stands.
 */
export function boundedText(texts: readonly string[]): string {
  let length = texts.length - 1
  for (const text of texts) length += text.length
  if (length <= TEXT_HEAD_CHARACTERS + TEXT_TAIL_CHARACTERS) return texts.join('\n')
  return `${headOf(texts)}\n${tailOf(texts)}`
}

function headOf(texts: readonly string[]): string {
  let head = ''
  for (const text of texts) {
    head += `${head && '\n'}${text.slice(0, TEXT_HEAD_CHARACTERS)}`
    if (head.length >= TEXT_HEAD_CHARACTERS) break
  }
  return head.slice(0, TEXT_HEAD_CHARACTERS)
}

function tailOf(texts: readonly string[]): string {
  let tail = ''
  for (let index = texts.length - 1; index >= 0; index--) {
    tail = `${texts[index]?.slice(-TEXT_TAIL_CHARACTERS) ?? ''}${tail && '\n'}${tail}`
    if (tail.length >= TEXT_TAIL_CHARACTERS) break
  }
  return tail.slice(-TEXT_TAIL_CHARACTERS)
}
