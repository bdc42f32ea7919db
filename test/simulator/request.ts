export type JsonObject = { [key: string]: unknown }

export interface Tool {
  name: string
  parameters: unknown
}

/** What the answer must look like. `schema` is undefined for a plain JSON object. */
export type ResponseShape = { kind: 'text' } | { kind: 'json'; schema: unknown }

/** Which tool the caller insists on: none in particular, any of them, or one by name. */
export type ToolChoice = { kind: 'free' } | { kind: 'any' } | { kind: 'named'; name: string }

/** One call as every wire format reads it. */
export interface ModelRequest {
  model: string
  /** Text of the last user message (or of the embeddings input). */
  prompt: string
  promptTokens: number
  maxTokens: number | undefined
  stream: boolean
  /** Chat completions only: a last chunk carries the usage. */
  includeUsage: boolean
  shape: ResponseShape
  tools: Tool[]
  toolChoice: ToolChoice
  /** Alternatives per token; undefined when no log-probabilities were asked for. */
  topLogprobs: number | undefined
  body: JsonObject
}

/** What an `answer` function is given. */
export interface AnswerRequest extends ModelRequest {
  marker: string | undefined
  /** Calls with this marker so far, this one included; of this model when there is no marker. */
  callNumber: number
}

export type CountTokens = (text: string) => number

/** What frames a message, and what begins the answer (OpenAI's cookbook, "How to count tokens"). */
const messageTokens = 4
const replyTokens = 3
/** As OpenAI's models of today reckon a photograph, and one of low detail. */
const imageTokens = 1_600
const smallImageTokens = 100

export function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : {}
}

export function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

export function asText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** The text of a message's content: a string, or parts that carry `text`. */
function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map(part => (typeof part === 'string' ? part : asText(asObject(part).text)))
    .join('')
}

/**
 * The last user message, and the tokens of the whole conversation: what the
 * messages say, show and call, and the tools and schemas that go with them.
 */
export function readConversation(
  messages: unknown[],
  beside: unknown[],
  count: CountTokens,
): { prompt: string; promptTokens: number } {
  let prompt = ''
  let promptTokens = replyTokens
  for (const message of messages) {
    const { role, content, tool_calls: calls } = asObject(message)
    const text = contentText(content)
    promptTokens += messageTokens + count(text) + imagesOf(content) + countJson(calls, count)
    if (role === 'user' || prompt === '') prompt = text
  }
  for (const structure of beside) promptTokens += countJson(structure, count)
  return { prompt, promptTokens }
}

function countJson(structure: unknown, count: CountTokens): number {
  return structure === undefined || structure === null ? 0 : count(JSON.stringify(structure))
}

function imagesOf(content: unknown): number {
  let tokens = 0
  for (const part of asArray(content).map(asObject)) {
    if (!String(part.type).includes('image')) continue
    const image = typeof part.image_url === 'object' ? asObject(part.image_url) : part
    tokens += image.detail === 'low' ? smallImageTokens : imageTokens
  }
  return tokens
}
