import { describe, expect, it } from '@jest/globals'
import type { JsonObject } from '@longhaul/contracts'
import { objectOf, objectsOf } from '@longhaul/contracts'
import fc from 'fast-check'
import { untranslatable } from '../over-chat.ts'
import { EventWriter } from './event-writer.ts'
import { itemEvents } from './item-events.ts'
import { chatRequest } from './request.ts'
import { responseOf } from './response.ts'

describe('a response asked for as a chat completion', () => {
  it('says instructions, messages and parts', () => {
    const chat = chatRequest({
      model: 'small',
      instructions: 'Be brief.',
      input: [
        { role: 'developer', content: 'Speak French.' },
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'What is this?' },
            { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'low' },
          ],
        },
        { type: 'reasoning', summary: [], encrypted_content: 'x' },
        {
          type: 'message',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'Un chat.', annotations: [] }],
        },
      ],
      max_output_tokens: 50,
      temperature: 0.2,
      background: true,
      store: true,
    })
    expect(chat).toEqual({
      model: 'small',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'system', content: 'Speak French.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            {
              type: 'image_url',
              image_url: { url: 'data:image/png;base64,AA==', detail: 'low' },
            },
          ],
        },
        { role: 'assistant', content: 'Un chat.' },
      ],
      max_tokens: 50,
      temperature: 0.2,
    })
  })

  it('says functions, their calls and what they gave', () => {
    const chat = chatRequest({
      input: [
        { role: 'user', content: 'weather?' },
        { type: 'function_call', call_id: 'a', name: 'weather', arguments: '{"city":"Rome"}' },
        { type: 'function_call', call_id: 'b', name: 'weather', arguments: '{"city":"Oslo"}' },
        { type: 'function_call_output', call_id: 'a', output: 'sun' },
        {
          type: 'function_call_output',
          call_id: 'b',
          output: [{ type: 'input_text', text: 'snow' }],
        },
      ],
      tools: [{ type: 'function', name: 'weather', parameters: {}, strict: true }],
      tool_choice: { type: 'function', name: 'weather' },
    })
    expect(chat.messages).toEqual([
      { role: 'user', content: 'weather?' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          {
            id: 'a',
            type: 'function',
            function: { name: 'weather', arguments: '{"city":"Rome"}' },
          },
          {
            id: 'b',
            type: 'function',
            function: { name: 'weather', arguments: '{"city":"Oslo"}' },
          },
        ],
      },
      { role: 'tool', tool_call_id: 'a', content: 'sun' },
      { role: 'tool', tool_call_id: 'b', content: 'snow' },
    ])
    expect(chat).toMatchObject({
      tools: [{ type: 'function', function: { name: 'weather', parameters: {}, strict: true } }],
      tool_choice: { type: 'function', function: { name: 'weather' } },
    })
  })

  it('says formats, effort and log-probabilities', () => {
    const schema = { type: 'object' }
    expect(
      chatRequest({
        input: 'a city',
        text: { format: { type: 'json_schema', name: 'city', schema, strict: true } },
        reasoning: { effort: 'low' },
        top_logprobs: 2,
      }),
    ).toEqual({
      messages: [{ role: 'user', content: 'a city' }],
      response_format: { type: 'json_schema', json_schema: { name: 'city', schema, strict: true } },
      reasoning_effort: 'low',
      logprobs: true,
      top_logprobs: 2,
    })
  })

  it.each<[string, JsonObject]>([
    ['tools[1].type', { tools: [{ type: 'function', name: 'f' }, { type: 'web_search' }] }],
    ['tool_choice', { tool_choice: { type: 'file_search' } }],
    ['input[0].type', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
    ['input[0].type', { input: [{ id: 'msg_1' }] }],
    [
      'input[0].content[0]',
      { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'file-1' }] }] },
    ],
    ['text.format.type', { text: { format: { type: 'grammar' } } }],
    ['conversation', { conversation: 'conv_1' }],
    ['prompt', { prompt: { id: 'pmpt_1' } }],
    ['truncation', { truncation: 'auto' }],
    ['previous_response_id', { previous_response_id: 'resp_1' }],
  ])('cannot say %s', (field, body) => {
    expect(untranslatable('/v1/responses', { input: 'x', ...body })?.field).toBe(field)
  })
})

const text = fc.string({ minLength: 1, maxLength: 6 })
const pieces = fc.array(text, { minLength: 1, maxLength: 4 })

/** An answer as the pieces that it is streamed in. */
const answers = fc
  .record({
    reasoning: fc.option(pieces, { nil: undefined }),
    content: fc.option(pieces, { nil: undefined }),
    calls: fc.array(fc.record({ name: text, given: pieces }), { maxLength: 3 }),
  })
  .filter(({ content, calls }) => content !== undefined || calls.length > 0)

type Answer = typeof answers extends fc.Arbitrary<infer A> ? A : never

const head = { id: 'c1', created: 1, model: 'm' }

function completionOf({ reasoning, content, calls }: Answer): JsonObject {
  const message = {
    role: 'assistant',
    content: content?.join('') ?? null,
    ...(reasoning && { reasoning_content: reasoning.join('') }),
    ...(calls.length > 0 && {
      tool_calls: calls.map(({ name, given }, index) => ({
        id: `call_${index}`,
        type: 'function',
        function: { name, arguments: given.join('') },
      })),
    }),
  }
  return { ...head, object: 'chat.completion', choices: [{ message, finish_reason: 'stop' }] }
}

function chunksOf({ reasoning = [], content = [], calls }: Answer): string[] {
  const deltas: JsonObject[] = [
    { role: 'assistant', content: '' },
    ...reasoning.map(each => ({ reasoning_content: each })),
    ...content.map(each => ({ content: each })),
    ...calls.flatMap(({ name, given }, index) => [
      { tool_calls: [{ index, id: `call_${index}`, function: { name, arguments: '' } }] },
      ...given.map(each => ({ tool_calls: [{ index, function: { arguments: each } }] })),
    ]),
  ]
  return deltas.map(delta => JSON.stringify({ ...head, choices: [{ index: 0, delta }] }))
}

/** The output that a reader of the events puts together. */
function outputOf(events: JsonObject[]): JsonObject[] {
  return events
    .filter(({ type }) => type === 'response.output_item.done')
    .map(({ item }) => objectOf(item))
}

function deltasOf(events: JsonObject[]): string {
  return events
    .filter(({ type }) => String(type).endsWith('.delta'))
    .map(({ delta }) => delta)
    .join('')
}

describe('a chat completion told as a response', () => {
  it('is the same output streamed and whole', () => {
    fc.assert(
      fc.property(answers, answer => {
        const events: JsonObject[] = []
        const writer = new EventWriter(event => events.push(JSON.parse(event)))
        for (const chunk of chunksOf(answer)) writer.chunk(chunk)
        writer.finish()
        const whole = objectsOf(responseOf(completionOf(answer), {}, undefined).output)
        expect(outputOf(events)).toEqual(whole)
        const told = whole.flatMap(itemEvents)
        expect(outputOf(told)).toEqual(whole)
        expect(deltasOf(events)).toBe(deltasOf(told))
      }),
    )
  })

  it('goes on as input of the next, which says the same to a model', () => {
    fc.assert(
      fc.property(answers, answer => {
        const { output } = responseOf(completionOf(answer), {}, undefined)
        const { messages } = chatRequest({ input: output })
        const [said] = objectsOf(messages)
        const [choice] = objectsOf(completionOf(answer).choices)
        const { reasoning_content: _, ...message } = objectOf(choice?.message)
        expect(objectsOf(messages)).toHaveLength(1)
        expect(said).toEqual(message)
      }),
    )
  })

  it.each([
    ['stop', 'completed', null],
    ['tool_calls', 'completed', null],
    ['length', 'incomplete', { reason: 'max_output_tokens' }],
    ['content_filter', 'incomplete', { reason: 'content_filter' }],
  ])('that finished for %s is %s', (finish_reason, status, incomplete_details) => {
    const choices = [{ message: { content: 'a' }, finish_reason }]
    const usage = {
      input_tokens: 5,
      cached_input_tokens: 2,
      cache_write_tokens: 0,
      output_tokens: 4,
      reasoning_tokens: 1,
      total_tokens: 9,
    }
    expect(responseOf({ ...head, choices }, { instructions: 'i' }, usage)).toMatchObject({
      status,
      incomplete_details,
      instructions: 'i',
      usage: {
        input_tokens: 5,
        input_tokens_details: { cached_tokens: 2 },
        output_tokens: 4,
        output_tokens_details: { reasoning_tokens: 1 },
        total_tokens: 9,
      },
    })
  })
})
