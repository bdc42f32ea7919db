import { describe, expect, it } from '@jest/globals'
import { openSimulator } from '../../../test/simulator/test-client.ts'
import {
  answerJson,
  chatRequest,
  never,
  openServer,
  openTestProvider,
  testDeployment,
} from '../test-deployment.ts'

const deploymentAt = (url: string, config: object = {}) =>
  testDeployment(url, { provider: 'anthropic', api_key: 'ant-key', ...config })

const message = (more: object = {}) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-x',
  content: [{ type: 'text', text: 'Hi' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 10, output_tokens: 5 },
  ...more,
})

const errorOf = (type: string) => ({ type: 'error', error: { type, message: 'x' } })

async function answerTo(body: object, request = chatRequest()) {
  const server = await openServer(answerJson(200, body))
  return openTestProvider().complete(request, deploymentAt(server.origin), never)
}

async function completionOf(body: object, request = chatRequest()) {
  const result = await answerTo(body, request)
  if (!result.ok) throw new Error(result.detail)
  return JSON.parse(result.body)
}

describe('the call', () => {
  it('goes to /messages under the base URL, with key and version', async () => {
    const server = await openServer(answerJson(200, message()))
    const deployment = deploymentAt(`${server.origin}/v1`, { model: 'claude-x-2026' })
    await openTestProvider().complete(chatRequest(), deployment, never)
    expect(server.calls[0]).toMatchObject({
      path: '/v1/messages',
      headers: { 'x-api-key': 'ant-key', 'anthropic-version': '2023-06-01' },
      body: { model: 'claude-x-2026', max_tokens: 8_192 },
    })
  })

  it('takes version and betas from the headers of the deployment', async () => {
    const server = await openServer(answerJson(200, message()))
    const headers = { 'Anthropic-Version': '2027-01-01', 'anthropic-beta': 'x' }
    await openTestProvider().complete(
      chatRequest(),
      deploymentAt(server.origin, { headers }),
      never,
    )
    expect(server.calls[0]?.headers).toMatchObject({
      'anthropic-version': '2027-01-01',
      'anthropic-beta': 'x',
    })
  })

  it.each(['/v1/responses', '/v1/embeddings'] as const)('is not made for %s', async endpoint => {
    const server = await openServer(answerJson(200, message()))
    const deployment = deploymentAt(server.origin)
    const result = await openTestProvider().complete({ endpoint, body: {} }, deployment, never)
    expect(result).toMatchObject({ kind: 'invalid', detail: expect.stringContaining(endpoint) })
    expect(server.calls).toHaveLength(0)
  })

  it('is not made for what has no counterpart', async () => {
    const server = await openServer(answerJson(200, message()))
    const request = chatRequest({ n: 3 })
    const result = await openTestProvider().complete(request, deploymentAt(server.origin), never)
    expect(result).toMatchObject({ kind: 'invalid', detail: expect.stringContaining('`n`') })
    expect(server.calls).toHaveLength(0)
  })
})

describe('the answer', () => {
  it('becomes a chat completion', async () => {
    expect(await completionOf(message({ container: { id: 'c1' } }))).toEqual({
      id: 'msg_1',
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'claude-x',
      stop_sequence: null,
      container: { id: 'c1' },
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hi', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 15,
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
    })
  })

  it('calls tools', async () => {
    const content = [
      { type: 'text', text: 'Let me see.' },
      { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Bonn' } },
      { type: 'tool_use', id: 'toolu_2', name: 'now', input: {} },
    ]
    const { choices } = await completionOf(message({ content, stop_reason: 'tool_use' }))
    expect(choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: 'Let me see.',
        tool_calls: [
          {
            id: 'toolu_1',
            type: 'function',
            function: { name: 'weather', arguments: '{"city":"Bonn"}' },
          },
          { id: 'toolu_2', type: 'function', function: { name: 'now', arguments: '{}' } },
        ],
      },
    })
  })

  it('keeps thinking and blocks without a counterpart', async () => {
    const search = { type: 'web_search_tool_result', tool_use_id: 's', content: [] }
    const content = [
      { type: 'thinking', thinking: 'Hm.', signature: 'x' },
      search,
      ...message().content,
    ]
    const { choices } = await completionOf(message({ content }))
    expect(choices[0].message).toMatchObject({
      content: 'Hi',
      reasoning_content: 'Hm.',
      provider_content: [search],
    })
  })

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['pause_turn', 'stop'],
  ])('that stopped for %s has finished for %s', async (stop_reason, finish_reason) => {
    const { choices } = await completionOf(message({ stop_reason }))
    expect(choices[0]).toMatchObject({ finish_reason })
  })

  it('counts the cache as part of the input, and bills it at its rates', async () => {
    const usage = {
      input_tokens: 100,
      cache_read_input_tokens: 1_000,
      cache_creation_input_tokens: 500,
      output_tokens: 200,
      output_tokens_details: { thinking_tokens: 150 },
      service_tier: 'standard',
    }
    const server = await openServer(answerJson(200, message({ usage })))
    const price = { input: 4, output: 10, cached_input: 0.4, cache_write: 5 }
    const deployment = { ...deploymentAt(server.origin), price }
    const result = await openTestProvider().complete(chatRequest(), deployment, never)
    expect(result).toMatchObject({
      usage: {
        input_tokens: 1_600,
        cached_input_tokens: 1_000,
        cache_write_tokens: 500,
        output_tokens: 200,
        reasoning_tokens: 150,
        total_tokens: 1_800,
      },
      costUsd: 0.0053,
    })
    if (!result.ok) throw new Error(result.detail)
    expect(JSON.parse(result.body).usage).toMatchObject({
      prompt_tokens: 1_600,
      prompt_tokens_details: { cached_tokens: 1_000 },
      cache_creation_input_tokens: 500,
      service_tier: 'standard',
    })
  })

  it('to a request for a JSON object may come in a code fence', async () => {
    const content = [{ type: 'text', text: '```json\n{"a": 1}\n```' }]
    const request = chatRequest({ response_format: { type: 'json_object' } })
    const { choices } = await completionOf(message({ content }), request)
    expect(choices[0].message.content).toBe('{"a": 1}')
  })

  it('is unusable when it does not meet the schema as the caller wrote it', async () => {
    const json_schema = { schema: { type: 'object', properties: { age: { minimum: 18 } } } }
    const request = chatRequest({ response_format: { type: 'json_schema', json_schema } })
    const body = message({ content: [{ type: 'text', text: '{"age":3}' }] })
    expect(await answerTo(body, request)).toMatchObject({
      kind: 'unusable',
      detail: expect.stringContaining('/age must be >= 18'),
    })
  })

  it.each([
    ['nothing', [], { explanation: 'Not this.' }, 'Not this.'],
    ['a beginning', [{ type: 'text', text: 'Well, fi' }], null, 'the model declined to answer'],
  ])(
    'that ends in a refusal after %s is refused, and billed',
    async (_, content, stop_details, detail) => {
      const body = message({ content, stop_reason: 'refusal', stop_details })
      expect(await answerTo(body)).toMatchObject({ kind: 'refused', detail, costUsd: 0.00002 })
    },
  )

  it.each([
    ['has no content', 'unavailable', { id: 'msg_1' }],
    ['is an error in the clothes of a success', 'unavailable', errorOf('overloaded_error')],
    ['is a limit in the clothes of a success', 'rate-limited', errorOf('rate_limit_error')],
  ])('that %s is %s', async (_, kind, body) => {
    expect(await answerTo(body)).toMatchObject({ ok: false, kind })
  })
})

describe('failures of the simulator', () => {
  it.each([
    [
      { kind: 'rate-limited', retryAfterSeconds: 90 },
      { kind: 'rate-limited', retryAfterMs: 90_000 },
    ],
    [
      { kind: 'status', status: 529, headers: { 'retry-after': '5' } },
      { kind: 'unavailable', retryAfterMs: 5_000 },
    ],
    [{ kind: 'unauthorized' }, { kind: 'credentials' }],
    [{ kind: 'payment-required' }, { kind: 'credentials' }],
    [{ kind: 'context-overflow' }, { kind: 'too-long' }],
    [{ kind: 'content-policy' }, { kind: 'refused' }],
    [{ kind: 'content-policy', form: 'finish-reason' }, { kind: 'refused' }],
    [{ kind: 'status', status: 413 }, { kind: 'too-long' }],
    [{ kind: 'malformed-json' }, { kind: 'unavailable' }],
    [{ kind: 'cut-mid-stream' }, { kind: 'unavailable' }],
  ] as const)('%j', async (fault, expected) => {
    const simulator = await openSimulator({ models: { small: { failures: [{ fault }] } } })
    const result = await openTestProvider().complete(
      chatRequest(),
      deploymentAt(simulator.url),
      never,
    )
    expect(result).toMatchObject({ ok: false, ...expected })
  })
})
