import { describe, expect, it } from '@jest/globals'
import { endpoints } from '@longhaul/contracts'
import fc from 'fast-check'
import { estimateInputTokens, requirementsOf } from './requirements.ts'

const CHAT = '/v1/chat/completions'
const RESPONSES = '/v1/responses'
const EMBEDDINGS = '/v1/embeddings'
const hello = { messages: [{ role: 'user', content: 'Hello there' }] }

describe('requirementsOf takes the length of the answer', () => {
  it.each([
    [CHAT, { ...hello, max_tokens: 50 }, 50],
    [CHAT, { ...hello, max_completion_tokens: 60, max_tokens: 50 }, 60],
    [RESPONSES, { input: 'Hello', max_output_tokens: 70 }, 70],
  ] as const)('of %s from what %j allows', (endpoint, body, tokens) => {
    expect(requirementsOf(endpoint, body)).toMatchObject({
      requestedOutputTokens: tokens,
      answerTokens: tokens,
    })
  })

  it.each([
    ['a short prompt', 1, 256],
    ['a page', 600, 500],
    ['a long document', 100_000, 1_024],
  ])('as a quarter of the prompt within bounds: %s', (_kind, repeats, tokens) => {
    const needs = requirementsOf(RESPONSES, { input: 'some words of text '.repeat(repeats) })
    expect(needs.requestedOutputTokens).toBeUndefined()
    expect(Math.abs(needs.answerTokens - tokens) / tokens).toBeLessThan(0.5)
  })

  it('as nothing for embeddings', () => {
    expect(requirementsOf(EMBEDDINGS, { input: 'a', max_tokens: 5 })).toMatchObject({
      answerTokens: 0,
      requestedOutputTokens: undefined,
    })
  })

  it('once for each of `n` answers', () => {
    expect(requirementsOf(CHAT, { ...hello, n: 3 }).answers).toBe(3)
  })

  it.each([[null], [0], [-5], ['100'], [Number.NaN]])('ignoring a bound of %j', bound => {
    const needs = requirementsOf(CHAT, { ...hello, max_tokens: bound })
    expect(needs.requestedOutputTokens).toBeUndefined()
  })
})

describe('requirementsOf embeddings', () => {
  it('pays for all inputs and fits only the longest into the window', () => {
    const needs = requirementsOf(EMBEDDINGS, { input: ['short', 'longer '.repeat(100), 'short'] })
    expect(needs.windowInputTokens).toBeLessThan(needs.inputTokens)
    expect(needs.windowInputTokens).toBeGreaterThan(needs.inputTokens - 10)
  })
})

describe('requirementsOf sees what a model must be able to do', () => {
  const tool = { type: 'function', function: { name: 'weather' } }
  it.each([
    ['tools', CHAT, { ...hello, tools: [tool] }, { tools: true, json: false }],
    ['functions', CHAT, { ...hello, functions: [{ name: 'weather' }] }, { tools: true }],
    ['no tools', CHAT, { ...hello, tools: [] }, { tools: false }],
    ['JSON', CHAT, { ...hello, response_format: { type: 'json_object' } }, { json: true }],
    ['a schema', CHAT, { ...hello, response_format: { type: 'json_schema' } }, { json: true }],
    ['text', CHAT, { ...hello, response_format: { type: 'text' } }, { json: false }],
    [
      'a schema in a response',
      RESPONSES,
      { input: 'a', text: { format: { type: 'json_schema' } } },
      { json: true },
    ],
  ] as const)('%s', (_kind, endpoint, body, expected) => {
    expect(requirementsOf(endpoint, body)).toMatchObject(expected)
  })
})

describe('estimateInputTokens', () => {
  it('of a message is its text and its frame', () => {
    expect(estimateInputTokens(CHAT, hello)).toBeGreaterThanOrEqual(6)
    expect(estimateInputTokens(CHAT, hello)).toBeLessThanOrEqual(8)
  })

  it('is a whole number for any body', () => {
    const body = fc.dictionary(
      fc.constantFrom('messages', 'input', 'instructions', 'tools', 'text', 'modalities', 'n'),
      fc.jsonValue(),
    )
    fc.assert(
      fc.property(fc.constantFrom(...endpoints), body, (endpoint, anything) => {
        const tokens = estimateInputTokens(endpoint, anything)
        expect(Number.isSafeInteger(tokens) && tokens >= 0).toBe(true)
      }),
    )
  })
})
