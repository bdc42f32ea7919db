import { describe, expect, it } from '@jest/globals'
import { chat, openAiClient, openSimulator } from './test-client.ts'

const weatherTool = {
  type: 'function' as const,
  function: {
    name: 'weather',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, unit: { enum: ['celsius', 'kelvin'] } },
      required: ['city', 'unit'],
    },
  },
}

describe('chat completions, through the OpenAI client', () => {
  it('answers with a text about the prompt, the same each time', async () => {
    const client = openAiClient(await openSimulator())
    const first = await client.chat.completions.create(chat('What is a durable queue?'))
    const second = await client.chat.completions.create(chat('What is a durable queue?'))
    expect(first.choices[0]?.message.content).toContain('durable queue')
    expect(second.choices[0]?.message.content).toBe(first.choices[0]?.message.content)
    expect(first.choices[0]?.finish_reason).toBe('stop')
    expect(first.usage?.prompt_tokens).toBe(13)
  })

  it('reports the tokens that the behaviour sets', async () => {
    const models = { m: { outputTokens: 50, cachedTokens: 3, reasoningTokens: 7 } }
    const client = openAiClient(await openSimulator({ models }))
    const { usage } = await client.chat.completions.create(chat('What is a durable queue?'))
    expect(usage).toMatchObject({
      completion_tokens: 57,
      prompt_tokens_details: { cached_tokens: 3 },
      completion_tokens_details: { reasoning_tokens: 7 },
    })
  })

  it('stops at the limit that the caller set', async () => {
    const client = openAiClient(await openSimulator({ models: { m: { outputTokens: 50 } } }))
    const answer = await client.chat.completions.create(chat('Why?', { max_tokens: 5 }))
    expect(answer.choices[0]?.finish_reason).toBe('length')
    expect(answer.choices[0]?.message.content?.split(' ')).toHaveLength(5)
    expect(answer.usage?.completion_tokens).toBe(5)
  })

  it('lets an answer function see the prompt, its marker and which call it is', async () => {
    const simulator = await openSimulator({
      models: { m: { answer: ({ marker, callNumber }) => `${marker}: ${callNumber}` } },
    })
    const client = openAiClient(simulator)
    await client.chat.completions.create(chat('[[job-1]]'))
    const answer = await client.chat.completions.create(chat('[[job-1]]'))
    expect(answer.choices[0]?.message.content).toBe('job-1: 2')
  })

  it('answers 500 when the answer function throws', async () => {
    const answer = () => {
      throw new Error('no idea')
    }
    const client = openAiClient(await openSimulator({ models: { m: { answer } } }))
    await expect(client.chat.completions.create(chat('Why?'))).rejects.toMatchObject({
      status: 500,
      message: expect.stringContaining('no idea'),
    })
  })

  it('streams the same text in pieces, with the usage last', async () => {
    const client = openAiClient(await openSimulator({ models: { m: { tokensPerSecond: 2_000 } } }))
    const whole = await client.chat.completions.create(chat('What is a lease?'))
    const stream = await client.chat.completions.create({
      ...chat('What is a lease?'),
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks = []
    for await (const chunk of stream) chunks.push(chunk)
    const text = chunks.map(chunk => chunk.choices[0]?.delta.content ?? '').join('')
    expect(text).toBe(whole.choices[0]?.message.content)
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage })
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop')
  })

  it('calls a tool when the caller insists', async () => {
    const client = openAiClient(await openSimulator())
    const request = chat('Weather?', { tools: [weatherTool], tool_choice: 'required' })
    const { choices } = await client.chat.completions.create(request)
    expect(choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: null,
        tool_calls: [{ type: 'function', function: { name: 'weather' } }],
      },
    })
    const call = choices[0]?.message.tool_calls?.[0]
    expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toEqual({
      city: 'example',
      unit: 'celsius',
    })
  })

  it('streams the call of a tool that the behaviour names', async () => {
    const models = { m: { toolCall: { name: 'weather', arguments: { city: 'Graz' } } } }
    const client = openAiClient(await openSimulator({ models }))
    const stream = client.chat.completions.stream({ ...chat('Weather?'), tools: [weatherTool] })
    const { choices } = await stream.finalChatCompletion()
    expect(choices[0]?.message.tool_calls?.[0]).toMatchObject({
      function: { name: 'weather', arguments: '{"city":"Graz"}' },
    })
  })

  it('gives one log-probability per token, with alternatives', async () => {
    const client = openAiClient(await openSimulator({ models: { m: { answer: 'yes it is' } } }))
    const request = chat('Is it?', { logprobs: true, top_logprobs: 2 })
    const { choices } = await client.chat.completions.create(request)
    const content = choices[0]?.logprobs?.content
    expect(content?.map(({ token }) => token)).toEqual(['yes', ' it', ' is'])
    expect(content?.[0]?.top_logprobs).toHaveLength(2)
  })

  it('answers in the JSON that was asked for', async () => {
    const client = openAiClient(await openSimulator())
    const schema = {
      type: 'object',
      properties: {
        steps: { type: 'array', items: { $ref: '#/$defs/step' }, minItems: 2 },
        grade: { enum: ['good', 'bad'] },
        score: { type: 'integer', minimum: 3 },
        note: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      },
      required: ['steps', 'grade', 'score', 'note'],
      $defs: { step: { type: 'object', properties: { done: { type: 'boolean' } } } },
    }
    const { choices } = await client.chat.completions.create({
      ...chat('Grade this.'),
      response_format: { type: 'json_schema', json_schema: { name: 'grade', schema } },
    })
    expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({
      steps: [{ done: true }, { done: true }],
      grade: 'good',
      score: 3,
      note: 'example',
    })
  })
})

describe('embeddings, through the OpenAI client', () => {
  it('gives a unit vector per input, alike for alike texts', async () => {
    const client = openAiClient(await openSimulator())
    const { data } = await client.embeddings.create({
      model: 'e',
      input: ['a durable queue of jobs', 'a durable queue of tasks', 'green apples taste sour'],
      dimensions: 256,
    })
    const [queue, tasks, apples] = data.map(({ embedding }) => embedding)
    expect(queue).toHaveLength(256)
    expect(dot(queue, queue)).toBeCloseTo(1)
    expect(dot(queue, tasks)).toBeGreaterThan(dot(queue, apples) + 0.3)
  })
})

describe('responses, through the OpenAI client', () => {
  it('answers with a text', async () => {
    const client = openAiClient(await openSimulator())
    const response = await client.responses.create({ model: 'm', input: 'What is a fence?' })
    expect(response).toMatchObject({ status: 'completed', usage: { input_tokens: 12 } })
    expect(response.output_text).toContain('What is a fence?')
  })

  it('streams numbered events that end in the response', async () => {
    const client = openAiClient(await openSimulator())
    const stream = client.responses.stream({ model: 'm', input: 'What is a fence?' })
    const events = []
    for await (const event of stream) events.push(event)
    expect(events.map(event => event.sequence_number)).toEqual(events.map((_, index) => index))
    expect(events.at(-1)?.type).toBe('response.completed')
    expect((await stream.finalResponse()).output_text).toContain('What is a fence?')
  })

  it('calls a tool when the caller insists', async () => {
    const client = openAiClient(await openSimulator())
    const { output } = await client.responses.create({
      model: 'm',
      input: 'Weather?',
      tools: [{ type: 'function', strict: false, ...weatherTool.function }],
      tool_choice: 'required',
    })
    expect(output[0]).toMatchObject({ type: 'function_call', name: 'weather' })
  })
})

describe('models', () => {
  it('lists those that have a script', async () => {
    const simulator = await openSimulator({ models: { '*': {}, small: {}, large: {} } })
    const client = openAiClient(simulator)
    await client.chat.completions.create(chat('Why?', { model: 'unscripted' }))
    const { data } = await client.models.list()
    expect(data.map(({ id }) => id)).toEqual(['small', 'large'])
  })
})

function dot(left: number[] = [], right: number[] = []): number {
  return left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0)
}
