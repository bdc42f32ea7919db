import { describe, expect, it } from '@jest/globals'
import { messagesRequest } from './request.ts'

const user = { role: 'user', content: 'Hello' }
const told = { role: 'user', content: [{ type: 'text', text: 'Hello' }] }
const translate = (body: Record<string, unknown>, maxOutputTokens?: number) =>
  messagesRequest({ messages: [user], ...body }, { model: 'claude', maxOutputTokens })
const turns = (messages: object[]) => translate({ messages }).messages

describe('messages', () => {
  it('become turns of blocks, instructions the system', () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      user,
      { role: 'assistant', content: 'Hi' },
      { role: 'developer', content: [{ type: 'text', text: 'In French.' }] },
      { role: 'user', content: 'Go on' },
    ]
    expect(translate({ messages })).toEqual({
      model: 'claude',
      max_tokens: 8_192,
      system: [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: 'In French.' },
      ],
      messages: [
        told,
        { role: 'assistant', content: [{ type: 'text', text: 'Hi' }] },
        { role: 'user', content: [{ type: 'text', text: 'Go on' }] },
      ],
    })
  })

  it('put all results of parallel calls, and what follows, into one turn', () => {
    const call = (id: string, text: string) => ({
      id,
      type: 'function',
      function: { name: 'weather', arguments: text },
    })
    const messages = [
      user,
      {
        role: 'assistant',
        content: null,
        tool_calls: [call('a', '{"city":"Bonn"}'), call('b', '')],
      },
      { role: 'tool', tool_call_id: 'a', content: 'rain' },
      { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: 'sun' }] },
      { role: 'user', content: 'And now?' },
    ]
    expect(turns(messages)).toEqual([
      told,
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Bonn' } },
          { type: 'tool_use', id: 'b', name: 'weather', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: 'rain' },
          { type: 'tool_result', tool_use_id: 'b', content: [{ type: 'text', text: 'sun' }] },
          { type: 'text', text: 'And now?' },
        ],
      },
    ])
  })

  it.each([
    [
      'an image by URL',
      { type: 'image_url', image_url: { url: 'https://x/y.png', detail: 'low' } },
      { type: 'image', source: { type: 'url', url: 'https://x/y.png' } },
    ],
    [
      'an image by data URL',
      { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBO' } },
    ],
    [
      'a file',
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' } },
      {
        type: 'document',
        title: 'a.pdf',
        source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' },
      },
    ],
    [
      'a block of its own',
      { type: 'document', source: { type: 'url', url: 'https://x/y.pdf' } },
      { type: 'document', source: { type: 'url', url: 'https://x/y.pdf' } },
    ],
    [
      'a cache mark',
      { type: 'text', text: 'long', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: 'long', cache_control: { type: 'ephemeral' } },
    ],
    ['a refusal', { type: 'refusal', refusal: 'No.' }, { type: 'text', text: 'No.' }],
  ])('may hold %s', (_, part, block) => {
    expect(turns([{ role: 'user', content: [part] }])).toEqual([{ role: 'user', content: [block] }])
  })

  it('leave out empty texts, which Messages refuse', () => {
    const empty = [
      { type: 'text', text: '' },
      { type: 'text', text: 'Hello' },
    ]
    const messages = [
      { role: 'user', content: empty },
      { role: 'assistant', content: '' },
    ]
    expect(turns(messages)).toEqual([told])
  })

  it('of instructions alone are asked by the user', () => {
    expect(translate({ messages: [{ role: 'system', content: 'Hello' }] })).toEqual({
      model: 'claude',
      max_tokens: 8_192,
      messages: [told],
    })
  })
})

describe('parameters', () => {
  it.each([
    [{ max_completion_tokens: 5, max_tokens: 6 }, { max_tokens: 5 }],
    [{ max_tokens: 6 }, { max_tokens: 6 }],
    [{ max_tokens: null }, { max_tokens: 8_192 }],
    [{ stop: 'END' }, { stop_sequences: ['END'] }],
    [{ stop: ['END', '\n'] }, { stop_sequences: ['END'] }],
    [
      { temperature: 0.3, top_p: 0.9 },
      { temperature: 0.3, top_p: 0.9 },
    ],
    [{ temperature: 1.7 }, { temperature: 1 }],
    [{ user: 'u1' }, { metadata: { user_id: 'u1' } }],
    [{ safety_identifier: 's1', user: 'u1' }, { metadata: { user_id: 's1' } }],
    [{ service_tier: 'auto' }, { service_tier: 'auto' }],
    [
      { thinking: { type: 'adaptive' }, top_k: 5 },
      { thinking: { type: 'adaptive' }, top_k: 5 },
    ],
  ])('%j become %j', (body, expected) => {
    expect(translate(body)).toMatchObject(expected)
  })

  it("take the model's bound on output when the caller has none", () => {
    expect(translate({}, 64_000)).toMatchObject({ max_tokens: 64_000 })
  })

  it('that are hints without a counterpart are left out', () => {
    const hints = {
      n: 1,
      seed: 7,
      logprobs: false,
      presence_penalty: 1,
      stop: '\n',
      reasoning_effort: 'low',
      service_tier: 'flex',
      metadata: { job: 'x' },
      stream: false,
      parallel_tool_calls: false,
    }
    expect(Object.keys(translate(hints))).toEqual(['model', 'max_tokens', 'messages'])
  })
})

describe('tools', () => {
  const parameters = { type: 'object', properties: { city: { type: 'string' } } }
  const weather = {
    type: 'function',
    function: { name: 'weather', description: 'd', parameters, strict: true },
  }

  it('are functions with an input schema, or Anthropic’s own', () => {
    const search = { type: 'web_search_20250305', name: 'web_search' }
    const bare = { type: 'function', function: { name: 'bare' } }
    expect(translate({ tools: [weather, search, bare] }).tools).toEqual([
      { name: 'weather', description: 'd', input_schema: parameters, strict: true },
      search,
      { name: 'bare', input_schema: { type: 'object', properties: {} } },
    ])
  })

  it.each([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'any' }],
    [
      { type: 'function', function: { name: 'weather' } },
      { type: 'tool', name: 'weather' },
    ],
    [
      { type: 'tool', name: 'weather' },
      { type: 'tool', name: 'weather' },
    ],
  ])('are chosen by %j', (tool_choice, expected) => {
    expect(translate({ tools: [weather], tool_choice }).tool_choice).toEqual(expected)
  })

  it('may be kept from running in parallel', () => {
    expect(translate({ tools: [weather], parallel_tool_calls: false }).tool_choice).toEqual({
      type: 'auto',
      disable_parallel_tool_use: true,
    })
  })
})

describe('the response format', () => {
  it('by schema closes objects and drops what structured outputs refuse', () => {
    const schema = {
      type: 'object',
      required: ['tags'],
      properties: {
        tags: { type: 'array', minItems: 2, items: { type: 'string', minLength: 1, enum: ['a'] } },
        age: { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'null' }] },
        minimum: { $ref: '#/$defs/inner' },
      },
      $defs: { inner: { type: 'object', properties: {} } },
    }
    const response_format = { type: 'json_schema', json_schema: { name: 'x', schema } }
    expect(translate({ response_format }).output_config).toEqual({
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          required: ['tags'],
          properties: {
            tags: { type: 'array', minItems: 1, items: { type: 'string', enum: ['a'] } },
            age: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
            minimum: { $ref: '#/$defs/inner' },
          },
          $defs: { inner: { type: 'object', properties: {}, additionalProperties: false } },
          additionalProperties: false,
        },
      },
    })
  })

  it('keeps what else the output is configured with', () => {
    const response_format = { type: 'json_schema', json_schema: { schema: {} } }
    const output_config = { effort: 'low' }
    expect(translate({ response_format, output_config })).toMatchObject({
      output_config: { effort: 'low', format: { type: 'json_schema' } },
    })
  })

  it('of a JSON object is an instruction', () => {
    expect(translate({ response_format: { type: 'json_object' } })).toMatchObject({
      system: [{ type: 'text', text: expect.stringContaining('JSON object') }],
    })
  })
})

describe('what Messages cannot say', () => {
  it.each([
    [{ n: 2 }, '`n`'],
    [{ functions: [] }, '`functions`'],
    [{ messages: [{ role: 'function', name: 'f', content: 'x' }] }, 'messages[0].role'],
    [
      { messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] },
      'messages[0].content[0]',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }] },
      'file_data',
    ],
    [
      {
        messages: [
          {
            role: 'user',
            content: [{ type: 'image_url', image_url: { url: 'data:image/png,x' } }],
          },
        ],
      },
      'base64',
    ],
    [
      {
        messages: [
          { role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{' } }] },
        ],
      },
      'tool_calls[0].function.arguments',
    ],
    [{ messages: [{ role: 'assistant', tool_calls: [{ id: 'a', custom: {} }] }] }, 'tool_calls[0]'],
    [{ tools: [{ type: 'custom', custom: { name: 'x' } }] }, 'tools[0]'],
    [
      { tools: [{ function: { name: 'f' } }], tool_choice: { type: 'allowed_tools' } },
      'allowed_tools',
    ],
  ])('is refused by name: %j', (body, name) => {
    expect(() => translate(body)).toThrow(name)
  })
})
