import { describe, expect, it } from '@jest/globals'
import { ignoredFields, messagesRequest } from '../../packages/providers/anthropic/request.ts'
import { UntranslatableError } from '../../packages/providers/anthropic/untranslatable.ts'
import { requirementsOf } from '../../packages/routing/requirements.ts'

const messages = [{ role: 'user', content: 'Hi' }]
const isBeyond = (body: object) =>
  requirementsOf('/v1/chat/completions', { messages, ...body }).beyondMessages !== undefined
const translate = (body: object) =>
  messagesRequest({ messages, ...body }, { model: 'm', maxOutputTokens: undefined })

describe('what routing keeps from models that speak Messages is what their provider cannot say', () => {
  const tool = { type: 'function', function: { name: 'f' } }
  const call = (of: object) => ({
    messages: [...messages, { role: 'assistant', content: null, tool_calls: [{ id: 'c', ...of }] }],
  })
  const file = (of: object) => ({
    messages: [{ role: 'user', content: [{ type: 'file', file: of }] }],
  })

  it.each([
    { n: 2 },
    { functions: [{ name: 'weather' }] },
    { function_call: 'auto' },
    { tools: [{ type: 'custom', custom: { name: 'x' } }] },
    { tools: [tool], tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto' } } },
    file({ file_id: 'file-1' }),
    call({ type: 'function', function: { name: 'f', arguments: '{"bad' } }),
    call({ type: 'function', function: { name: 'f', arguments: '[]' } }),
    call({ type: 'custom', custom: { name: 'f', input: 'x' } }),
  ])('and refuses: %j', body => {
    expect(isBeyond(body)).toBe(true)
    expect(() => translate(body)).toThrow(UntranslatableError)
  })

  it('and refuses in the words of chat completions: a call of responses', () => {
    const input = [{ type: 'function_call', call_id: 'c', name: 'f', arguments: '{"bad' }]
    expect(requirementsOf('/v1/responses', { input }).beyondMessages).toBeDefined()
    const sound = [{ type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' }]
    expect(requirementsOf('/v1/responses', { input: sound }).beyondMessages).toBeUndefined()
  })

  it('and would leave out of the answer: logprobs', () => {
    expect(isBeyond({ logprobs: true })).toBe(true)
    expect(ignoredFields({ logprobs: true })).toEqual(['logprobs'])
  })

  it.each([
    {},
    { n: 1 },
    { functions: null },
    { logprobs: false },
    { tools: [] },
    { tools: [tool], tool_choice: 'auto' },
    file({ file_data: 'data:application/pdf;base64,AAAA' }),
    call({ type: 'function', function: { name: 'f', arguments: '{"a":1}' } }),
    call({ type: 'function', function: { name: 'f', arguments: '' } }),
  ])('and nothing else: %j', body => {
    expect(isBeyond(body)).toBe(false)
    expect(() => translate(body)).not.toThrow()
  })
})
