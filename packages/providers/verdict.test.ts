import { describe, expect, it } from '@jest/globals'
import { JsonSchemas } from './json-schema.ts'
import { judge } from './verdict.ts'

const schemas = new JsonSchemas()
const schema = { type: 'object', required: ['a'], properties: { a: { type: 'integer' } } }
const jsonObject = { response_format: { type: 'json_object' } }
const jsonSchema = { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } }

const choice = (message: object, finish_reason = 'stop') => ({ index: 0, message, finish_reason })
const chat = (...choices: object[]) => ({ object: 'chat.completion', choices })
const text = (content: unknown) => chat(choice({ role: 'assistant', content }))
const toolCall = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }

describe('a chat completion', () => {
  it.each([
    ['text', {}, text('hello')],
    ['empty text', {}, text('')],
    ['filtered in part', {}, chat(choice({ content: 'so f' }, 'content_filter'))],
    ['JSON, as asked', jsonObject, text('{"a":1}')],
    ['JSON in parts', jsonObject, text([{ type: 'thinking' }, { type: 'text', text: '{"a":1}' }])],
    ['JSON that meets the schema', jsonSchema, text('{"a":1}')],
    [
      'tool calls in place of JSON',
      jsonSchema,
      chat(choice({ content: null, tool_calls: [toolCall] })),
    ],
    [
      'one filtered choice of two',
      {},
      chat(choice({ content: '' }, 'content_filter'), choice({ content: 'a' })),
    ],
    ['JSON by no schema at all', { response_format: { type: 'json_schema' } }, text('1')],
  ])('is usable: %s', (_, request, answer) => {
    expect(judge('/v1/chat/completions', request, answer, schemas)).toEqual({ kind: 'usable' })
  })

  it.each([
    ['unusable', 'prose for JSON', jsonObject, text('Sure! {"a":1}')],
    ['unusable', 'a list for a JSON object', jsonObject, text('[1]')],
    ['unusable', 'JSON cut by the limit', jsonSchema, chat(choice({ content: '{"a":' }, 'length'))],
    ['unusable', 'JSON against the schema', jsonSchema, text('{"a":"x"}')],
    [
      'unusable',
      'one bad choice of two',
      jsonObject,
      chat(choice({ content: '{}' }), choice({ content: 'x' })),
    ],
    ['refused', 'filtered whole', {}, chat(choice({ content: '' }, 'content_filter'))],
    [
      'refused',
      'filtered whole, JSON asked',
      jsonSchema,
      chat(choice({ content: null }, 'content_filter')),
    ],
    ['refused', 'a refusal', jsonSchema, chat(choice({ content: null, refusal: 'I cannot.' }))],
    ['unavailable', 'no choices', {}, chat()],
    ['unavailable', 'something else', {}, { status: 'ok' }],
  ])('is %s: %s', (kind, _, request, answer) => {
    expect(judge('/v1/chat/completions', request, answer, schemas)).toMatchObject({ kind })
  })
})

describe('a response', () => {
  const output = (content: object[]) => ({
    object: 'response',
    output: [{ type: 'message', content }],
  })
  const asked = { text: { format: { type: 'json_schema', name: 'x', schema } } }

  it.each([
    ['usable', 'text', {}, output([{ type: 'output_text', text: 'hello' }])],
    [
      'usable',
      'JSON that meets the schema',
      asked,
      output([{ type: 'output_text', text: '{"a":1}' }]),
    ],
    ['usable', 'a function call', asked, { output: [{ type: 'function_call', name: 'f' }] }],
    ['unusable', 'JSON against the schema', asked, output([{ type: 'output_text', text: '{}' }])],
    ['refused', 'a refusal', asked, output([{ type: 'refusal', refusal: 'I cannot.' }])],
    [
      'refused',
      'filtered whole',
      {},
      { ...output([]), incomplete_details: { reason: 'content_filter' } },
    ],
    ['unavailable', 'no output', {}, { object: 'response' }],
  ])('is %s: %s', (kind, _, request, answer) => {
    expect(judge('/v1/responses', request, answer, schemas)).toMatchObject({ kind })
  })
})

describe('embeddings', () => {
  it.each([
    ['usable', { object: 'list', data: [] }],
    ['unavailable', { object: 'list' }],
  ])('are %s: %j', (kind, answer) => {
    expect(judge('/v1/embeddings', {}, answer, schemas)).toMatchObject({ kind })
  })
})
