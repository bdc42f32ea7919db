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

const charactersPerToken = 4

export function estimateTokens(characters: number): number {
  return Math.max(1, Math.ceil(characters / charactersPerToken))
}

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
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map(part => (typeof part === 'string' ? part : asText(asObject(part).text)))
    .join('')
}

/** The last user message and the size of the whole conversation. */
export function readConversation(messages: unknown[]): { prompt: string; characters: number } {
  let prompt = ''
  let characters = 0
  for (const message of messages) {
    const { role, content } = asObject(message)
    const text = contentText(content)
    characters += text.length
    if (role === 'user' || prompt === '') prompt = text
  }
  return { prompt, characters }
}
