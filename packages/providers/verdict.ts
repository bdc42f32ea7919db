import { type Endpoint, isObject, type JsonObject, objectOf, objectsOf } from '@longhaul/contracts'
import type { JsonSchemas } from './json-schema.ts'
import { arrayOf, parseJson, textOf } from './json-value.ts'

/** What an answer that arrived whole is worth. */
export type Verdict =
  | { kind: 'usable' }
  | { kind: 'refused' | 'unusable' | 'unavailable'; detail: string }

const usable: Verdict = { kind: 'usable' }

/**
 * Judges an answer: whether there is one at all, whether content policy
 * emptied it, and whether it is the JSON that the request asked for
 * (`response_format`, in responses `text.format`). Answers that call tools are
 * not held to the format.
 */
export function judge(
  endpoint: Endpoint,
  request: JsonObject,
  answer: JsonObject,
  schemas: JsonSchemas,
): Verdict {
  switch (endpoint) {
    case '/v1/chat/completions':
      return judgeChat(request, answer, schemas)
    case '/v1/responses':
      return judgeResponse(request, answer, schemas)
    case '/v1/completions':
      return objectsOf(answer.choices).length > 0 ? usable : noAnswer('choices')
    case '/v1/embeddings':
      return Array.isArray(answer.data) ? usable : noAnswer('data')
  }
}

function noAnswer(field: string): Verdict {
  return { kind: 'unavailable', detail: `the answer has no ${field}` }
}

function judgeChat(request: JsonObject, answer: JsonObject, schemas: JsonSchemas): Verdict {
  const choices = objectsOf(answer.choices)
  if (choices.length === 0) return noAnswer('choices')
  const judged = choices.map(choice => judgeChoice(request, choice, schemas))
  const [first = usable] = judged
  const unusable = judged.find(({ kind }) => kind === 'unusable')
  if (unusable) return unusable
  return judged.every(({ kind }) => kind === 'refused') ? first : usable
}

function judgeChoice(request: JsonObject, choice: JsonObject, schemas: JsonSchemas): Verdict {
  const message = objectOf(choice.message)
  const content = contentText(message.content)
  if (arrayOf(message.tool_calls).length > 0 || message.function_call) return usable
  if (content === '') {
    if (textOf(message.refusal)) return { kind: 'refused', detail: String(message.refusal) }
    if (choice.finish_reason === 'content_filter') return filtered
  }
  const format = objectOf(request.response_format)
  return judgeFormat(format.type, objectOf(format.json_schema).schema, content, schemas)
}

const filtered: Verdict = {
  kind: 'refused',
  detail: 'the provider filtered the whole answer by its content policy',
}

function judgeResponse(request: JsonObject, answer: JsonObject, schemas: JsonSchemas): Verdict {
  if (!Array.isArray(answer.output)) return noAnswer('output')
  const output = objectsOf(answer.output)
  const parts = output.flatMap(item => objectsOf(item.content))
  const content = parts.map(part => (part.type === 'output_text' ? textOf(part.text) : '')).join('')
  if (output.some(isToolCall)) return usable
  if (content === '') {
    const refusal = parts.find(part => part.type === 'refusal')
    if (refusal) return { kind: 'refused', detail: String(refusal.refusal) }
    if (objectOf(answer.incomplete_details).reason === 'content_filter') return filtered
  }
  const format = objectOf(objectOf(request.text).format)
  return judgeFormat(format.type, format.schema, content, schemas)
}

function isToolCall(item: JsonObject): boolean {
  return item.type === 'function_call' || item.type === 'custom_tool_call'
}

function judgeFormat(
  type: unknown,
  schema: unknown,
  content: string,
  schemas: JsonSchemas,
): Verdict {
  if (type !== 'json_object' && type !== 'json_schema') return usable
  const value = parseJson(content)
  if (value === undefined) return { kind: 'unusable', detail: 'the answer is not JSON' }
  if (type === 'json_object') {
    return isObject(value) ? usable : { kind: 'unusable', detail: 'the answer is no JSON object' }
  }
  const violation = isObject(schema) ? schemas.violation(schema, value) : undefined
  return violation === undefined
    ? usable
    : { kind: 'unusable', detail: `the answer does not meet the JSON schema: ${violation}` }
}

/** Text of a message's content: a string, or parts of which some are text. */
function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  return objectsOf(content)
    .map(part => (part.type === 'text' ? (textOf(part.text) ?? '') : ''))
    .join('')
}
