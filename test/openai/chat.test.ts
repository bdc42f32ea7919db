import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type OpenAiServer, openOpenAiServer } from './server.ts'

let server: OpenAiServer
beforeAll(async () => {
  server = await openOpenAiServer()
})
afterAll(() => server.close())

function user(content: string) {
  return { role: 'user' as const, content }
}

describe('chat completions by the official client', () => {
  it('answers with what the model said, whole', async () => {
    const completion = await server.client.chat.completions.create({
      model: 'small',
      messages: [user('[[plain?answer=hello+there]]')],
    })
    expect(completion).toMatchObject({
      object: 'chat.completion',
      model: 'small',
      choices: [{ message: { role: 'assistant', content: 'hello there' }, finish_reason: 'stop' }],
    })
    expect(completion.usage?.total_tokens).toBeGreaterThan(0)
    expect(completion._request_id).toMatch(/^req_/)
  })

  it('tells of the job in headers', async () => {
    const { response } = await server.client.chat.completions
      .create({ model: 'frugal', messages: [user('which model?')] })
      .withResponse()
    const headers = Object.fromEntries(response.headers)
    expect(headers).toMatchObject({
      'x-longhaul-job-id': expect.stringMatching(/^job_[0-9a-f]{32}$/),
      'x-longhaul-model': 'small',
      'x-longhaul-decision': '1',
      'x-longhaul-decision-reason': expect.stringContaining('only model'),
      'x-longhaul-queue-ms': expect.stringMatching(/^\d+$/),
      'x-longhaul-total-ms': expect.stringMatching(/^\d+$/),
    })
  })

  it('calls tools', async () => {
    const completion = await server.client.chat.completions.create({
      model: 'small',
      messages: [user('what is the weather in Paris?')],
      tools: [
        {
          type: 'function',
          function: {
            name: 'weather',
            parameters: {
              type: 'object',
              properties: { city: { type: 'string' } },
              required: ['city'],
            },
          },
        },
      ],
      tool_choice: 'required',
    })
    const [choice] = completion.choices
    expect(choice?.finish_reason).toBe('tool_calls')
    expect(choice?.message.tool_calls).toMatchObject([
      { type: 'function', function: { name: 'weather' } },
    ])
  })

  it('gives JSON by a schema', async () => {
    const completion = await server.client.chat.completions.create({
      model: 'small',
      messages: [user('two colours')],
      response_format: {
        type: 'json_schema',
        json_schema: {
          name: 'colours',
          strict: true,
          schema: {
            type: 'object',
            properties: { colours: { type: 'array', items: { type: 'string' } } },
            required: ['colours'],
            additionalProperties: false,
          },
        },
      },
    })
    expect(JSON.parse(completion.choices[0]?.message.content ?? '')).toHaveProperty('colours')
  })

  it('speaks to models of other formats', async () => {
    const completion = await server.client.chat.completions.create({
      model: 'claude',
      messages: [user('[[other?answer=bonjour]]')],
    })
    expect(completion.choices[0]?.message.content).toBe('bonjour')
  })

  it('retries failures of the model before its caller hears of them', async () => {
    const completion = await server.client.chat.completions.create({
      model: 'small',
      messages: [user('[[flaky?status=503&times=2&answer=third+time]]')],
    })
    expect(completion.choices[0]?.message.content).toBe('third time')
    expect(server.simulator.calls.of('flaky')).toBe(3)
  })

  it('cancels the job when its caller goes away', async () => {
    const abort = new AbortController()
    const gone = server.client.chat.completions
      .create({ model: 'small', messages: [user('[[slow?fault=hang]]')] }, { signal: abort.signal })
      .catch((error: Error) => error.name)
    await server.simulator.waitFor(calls => calls.of('slow') === 1)
    abort.abort()
    await gone
    await server.simulator.waitFor(calls => calls.aborted > 0)
    const [row] = await server.query<{ status: string }>(
      `SELECT status FROM jobs ORDER BY id DESC LIMIT 1`,
    )
    expect(row?.status).toBe('cancelled')
  })
})
