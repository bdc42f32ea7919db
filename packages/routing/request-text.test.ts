import { describe, expect, it } from '@jest/globals'
import {
  boundedText,
  IMAGE_TOKENS,
  LOW_DETAIL_IMAGE_TOKENS,
  readContent,
  TEXT_HEAD_CHARACTERS,
  TEXT_TAIL_CHARACTERS,
} from './request-text.ts'

const CHAT = '/v1/chat/completions'
const RESPONSES = '/v1/responses'
const EMBEDDINGS = '/v1/embeddings'

describe('readContent finds the texts', () => {
  it('of chat messages, strings and parts, in order', () => {
    const { texts } = readContent(CHAT, {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'Look:' }, { type: 'image_url' }] },
        { role: 'assistant', content: null, tool_calls: [{ id: 'call_1' }] },
        { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
        { role: 'tool', content: '42' },
      ],
    })
    expect(texts).toEqual(['Be brief.', 'Look:', 'No.', '42'])
  })

  it('of a response with a plain input', () => {
    const { texts } = readContent(RESPONSES, { instructions: 'Be brief.', input: 'Hello' })
    expect(texts).toEqual(['Be brief.', 'Hello'])
  })

  it('of a response with items, outputs of calls among them', () => {
    const { texts } = readContent(RESPONSES, {
      input: [
        { role: 'user', content: 'Hello' },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'and' }] },
        { type: 'function_call', name: 'weather', arguments: '{"city":"Oslo"}', call_id: 'c' },
        { type: 'function_call_output', call_id: 'c', output: 'rain' },
        { type: 'function_call_output', output: [{ type: 'input_text', text: 'snow' }] },
      ],
    })
    expect(texts).toEqual(['Hello', 'and', 'rain', 'snow'])
  })

  it.each([
    ['one string', 'a', ['a']],
    ['several strings', ['a', 'b'], ['a', 'b']],
    ['tokens', [1, 2, 3], []],
  ])('of an embedding of %s', (_kind, input, texts) => {
    expect(readContent(EMBEDDINGS, { input }).texts).toEqual(texts)
  })
})

describe('readContent counts what is not text', () => {
  it('images by a flat figure, less for low detail, however long their URL', () => {
    const url = `data:image/png;base64,${'A'.repeat(1_000_000)}`
    const tokensOf = (image: Record<string, unknown>) =>
      readContent(CHAT, { messages: [{ content: [{ type: 'image_url', image_url: image }] }] })
        .otherTokens
    expect(tokensOf({ url })).toBeLessThan(IMAGE_TOKENS + 10)
    expect(tokensOf({ url, detail: 'low' })).toBeLessThan(LOW_DETAIL_IMAGE_TOKENS + 10)
  })

  it('audio and documents by their size', () => {
    const tokensOf = (part: Record<string, unknown>) =>
      readContent(CHAT, { messages: [{ content: [part] }] }).otherTokens
    const base64 = 'A'.repeat(400_000)
    expect(tokensOf({ type: 'input_audio', input_audio: { data: base64 } })).toBeCloseTo(604, 0)
    expect(tokensOf({ type: 'file', file: { file_data: base64 } })).toBeCloseTo(7_504, 0)
    expect(tokensOf({ type: 'file', file: { file_id: 'file-1' } })).toBeCloseTo(1_504, 0)
  })

  it('tools, schemas and calls of earlier turns', () => {
    const plain = { messages: [{ role: 'user', content: 'Hi' }] }
    const tools = [{ type: 'function', function: { name: 'weather', parameters: {} } }]
    const calls = [{ role: 'assistant', content: null, tool_calls: tools }]
    const alone = readContent(CHAT, plain).otherTokens
    expect(readContent(CHAT, { ...plain, tools }).otherTokens).toBeGreaterThan(alone + 10)
    expect(readContent(CHAT, { messages: calls }).otherTokens).toBeGreaterThan(alone + 10)
  })

  it('inputs of embeddings that come as tokens, and the longest of them', () => {
    const content = readContent(EMBEDDINGS, { input: [[1, 2, 3], [4]] })
    expect(content).toMatchObject({ otherTokens: 4, longestTokenInput: 3 })
  })
})

describe('readContent notices', () => {
  it.each([
    ['a chat image', CHAT, { messages: [{ content: [{ type: 'image_url' }] }] }, true, false],
    ['an input image', RESPONSES, { input: [{ content: [{ type: 'input_image' }] }] }, true, false],
    [
      'a screenshot',
      RESPONSES,
      { input: [{ output: { type: 'computer_screenshot' } }] },
      true,
      false,
    ],
    ['a PDF', CHAT, { messages: [{ content: [{ type: 'file', file: {} }] }] }, true, false],
    [
      'a text file',
      CHAT,
      {
        messages: [{ content: [{ type: 'file', file: { file_data: 'data:text/csv;base64,AA' } }] }],
      },
      false,
      false,
    ],
    ['spoken input', CHAT, { messages: [{ content: [{ type: 'input_audio' }] }] }, false, true],
    ['spoken output', CHAT, { messages: [], modalities: ['text', 'audio'] }, false, true],
    ['plain text', CHAT, { messages: [{ content: 'image_url' }] }, false, false],
  ] as const)('%s', (_kind, endpoint, body, vision, audio) => {
    expect(readContent(endpoint, body)).toMatchObject({ vision, audio })
  })
})

describe('boundedText', () => {
  it('joins short texts by newlines', () => {
    expect(boundedText(['a', '', 'b'])).toBe('a\n\nb')
    expect(boundedText([])).toBe('')
  })

  it.each([
    ['one long text', ['x'.repeat(500_000)]],
    ['many short texts', Array.from({ length: 100_000 }, (_, index) => `text ${index}`)],
  ])('keeps the beginning and the end of %s', (_kind, texts) => {
    const all = texts.join('\n')
    expect(boundedText(texts)).toBe(
      `${all.slice(0, TEXT_HEAD_CHARACTERS)}\n${all.slice(-TEXT_TAIL_CHARACTERS)}`,
    )
  })
})
