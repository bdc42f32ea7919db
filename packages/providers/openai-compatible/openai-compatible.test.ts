import { describe, expect, it } from '@jest/globals'
import { openSimulator } from '../../../test/simulator/test-client.ts'
import {
  answerJson,
  chatRequest,
  completion,
  never,
  openServer,
  openTestProvider,
  testDeployment,
} from '../test-deployment.ts'

describe('the request', () => {
  it('is the body whole, with the name that the provider has for the model', async () => {
    const server = await openServer(answerJson(200, completion))
    const body = {
      messages: [
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x/y.png' } }] },
      ],
      tools: [{ type: 'function', function: { name: 'f', parameters: {} } }],
      logprobs: true,
      response_format: { type: 'text' },
      a_field_of_tomorrow: { deep: [1] },
    }
    const deployment = testDeployment(`${server.origin}/v1`, { model: 'vendor/small-2026' })
    await openTestProvider().complete(chatRequest(body), deployment, never)
    expect(server.calls[0]?.body).toEqual({ ...body, model: 'vendor/small-2026' })
  })

  it("names the model by the configuration's name when the deployment has none", async () => {
    const server = await openServer(answerJson(200, completion))
    await openTestProvider().complete(chatRequest(), testDeployment(server.origin), never)
    expect(server.calls[0]?.body.model).toBe('small')
  })

  it('drops what asks for a stream nobody reads', async () => {
    const server = await openServer(answerJson(200, completion))
    const request = chatRequest({ stream: false, stream_options: { include_usage: true } })
    await openTestProvider().complete(request, testDeployment(server.origin), never)
    expect(Object.keys(server.calls[0]?.body ?? {})).toEqual(['model', 'messages'])
  })

  it.each([
    ['/v1', '/v1/chat/completions', '/v1/chat/completions'],
    ['/v1/', '/v1/chat/completions', '/v1/chat/completions'],
    ['', '/v1/embeddings', '/embeddings'],
    ['/v1beta/openai', '/v1/responses', '/v1beta/openai/responses'],
    [
      '/openai/deployments/x?api-version=2024-10-21',
      '/v1/chat/completions',
      '/openai/deployments/x/chat/completions?api-version=2024-10-21',
    ],
  ] as const)('goes from base %j and %s to %s', async (base, endpoint, path) => {
    const server = await openServer(answerJson(500, ''))
    const deployment = testDeployment(server.origin + base)
    await openTestProvider().complete({ endpoint, body: {} }, deployment, never)
    expect(server.calls[0]?.path).toBe(path)
  })

  it('carries key, headers and trace context', async () => {
    const server = await openServer(answerJson(200, completion))
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const deployment = testDeployment(server.origin, {
      api_key: 'key-1\n',
      headers: { 'HTTP-Referer': 'https://example.com' },
    })
    await openTestProvider().complete({ ...chatRequest(), traceparent }, deployment, never)
    expect(server.calls[0]?.headers).toMatchObject({
      authorization: 'Bearer key-1',
      'content-type': 'application/json',
      'http-referer': 'https://example.com',
      traceparent,
    })
  })

  it.each([
    [
      'its own authorization',
      { headers: { Authorization: 'Token t' }, api_key: 'k' },
      { authorization: 'Token t' },
    ],
    [
      'an api-key header, as Azure wants it',
      { headers: { 'api-key': 'azure-key' } },
      { 'api-key': 'azure-key' },
    ],
  ])('takes %s from the headers', async (_, config, headers) => {
    const server = await openServer(answerJson(200, completion))
    await openTestProvider().complete(chatRequest(), testDeployment(server.origin, config), never)
    expect(server.calls[0]?.headers).toMatchObject(headers)
  })

  it('takes Basic credentials from the base URL', async () => {
    const server = await openServer(answerJson(200, completion))
    const deployment = testDeployment(server.origin.replace('//', '//user:p%40ss@'))
    await openTestProvider().complete(chatRequest(), deployment, never)
    const basic = Buffer.from('user:p@ss').toString('base64')
    expect(server.calls[0]?.headers.authorization).toBe(`Basic ${basic}`)
  })

  it('follows a deployment whose configuration changed', async () => {
    const before = await openServer(answerJson(200, completion))
    const after = await openServer(answerJson(200, completion))
    const provider = openTestProvider()
    await provider.complete(chatRequest(), testDeployment(before.origin), never)
    await provider.complete(chatRequest(), testDeployment(after.origin), never)
    expect([before.calls.length, after.calls.length]).toEqual([1, 1])
  })

  it('refuses background responses: the job is the background', async () => {
    const server = await openServer(answerJson(200, {}))
    const request = { endpoint: '/v1/responses' as const, body: { input: 'x', background: true } }
    const result = await openTestProvider().complete(request, testDeployment(server.origin), never)
    expect(result).toMatchObject({ kind: 'invalid', detail: expect.stringContaining('background') })
    expect(server.calls).toHaveLength(0)
  })
})

describe('the answer', () => {
  it('passes through as the text that came, with usage and cost', async () => {
    const text = JSON.stringify({ ...completion, a_field_of_tomorrow: [1] }, null, 2)
    const server = await openServer(answerJson(200, text))
    const result = await openTestProvider().complete(
      chatRequest(),
      testDeployment(server.origin),
      never,
    )
    expect(result).toEqual({
      ok: true,
      status: 200,
      body: text,
      usage: {
        input_tokens: 10,
        cached_input_tokens: 0,
        cache_write_tokens: 0,
        output_tokens: 5,
        reasoning_tokens: 0,
        total_tokens: 15,
      },
      costUsd: 0.00002,
    })
  })

  it('may come without usage', async () => {
    const server = await openServer(answerJson(200, { ...completion, usage: undefined }))
    const result = await openTestProvider().complete(
      chatRequest(),
      testDeployment(server.origin),
      never,
    )
    expect(result).toMatchObject({ ok: true, usage: undefined, costUsd: undefined })
  })

  it.each([
    ['/v1/responses', { input: 'Hello' }],
    ['/v1/embeddings', { input: ['Hello', 'there'] }],
  ] as const)('of %s comes with usage', async (endpoint, body) => {
    const simulator = await openSimulator()
    const request = { endpoint, body }
    const result = await openTestProvider().complete(request, testDeployment(simulator.url), never)
    expect(result).toMatchObject({ ok: true, usage: { input_tokens: expect.any(Number) } })
  })

  it.each([
    ['is empty', ''],
    ['is HTML', '<html>hello</html>'],
    ['is JSON but no object', '[]'],
    ['has no choices', '{"id":"x"}'],
  ])('is unavailable when it %s', async (_, text) => {
    const server = await openServer(answerJson(200, text))
    const result = await openTestProvider().complete(
      chatRequest(),
      testDeployment(server.origin),
      never,
    )
    expect(result).toMatchObject({ ok: false, kind: 'unavailable', status: 200 })
  })
})

describe('failures', () => {
  it.each([
    [
      { kind: 'rate-limited', retryAfterSeconds: 90 },
      { kind: 'rate-limited', retryAfterMs: 90_000, status: 429 },
    ],
    [
      { kind: 'rate-limited', retryAfterSeconds: 1.5, retryAfterForm: 'milliseconds' },
      { kind: 'rate-limited', retryAfterMs: 1_500 },
    ],
    [{ kind: 'unauthorized' }, { kind: 'credentials', status: 401 }],
    [{ kind: 'payment-required' }, { kind: 'credentials', status: 402 }],
    [
      { kind: 'status', status: 503 },
      { kind: 'unavailable', status: 503 },
    ],
    [
      { kind: 'status', status: 404 },
      { kind: 'invalid', status: 404 },
    ],
    [{ kind: 'context-overflow' }, { kind: 'too-long', status: 400 }],
    [{ kind: 'content-policy' }, { kind: 'refused', status: 400 }],
    [
      { kind: 'content-policy', form: 'finish-reason' },
      { kind: 'refused', status: 200, costUsd: expect.any(Number) },
    ],
  ] as const)('of the simulator: %j', async (fault, expected) => {
    const simulator = await openSimulator({ models: { small: { failures: [{ fault }] } } })
    const result = await openTestProvider().complete(
      chatRequest(),
      testDeployment(simulator.url),
      never,
    )
    expect(result).toMatchObject({ ok: false, ...expected })
  })

  it('honours a Retry-After date against the clock', async () => {
    const fault = { kind: 'rate-limited', retryAfterSeconds: 600, retryAfterForm: 'date' } as const
    const simulator = await openSimulator({ models: { small: { failures: [{ fault }] } } })
    const result = await openTestProvider().complete(
      chatRequest(),
      testDeployment(simulator.url),
      never,
    )
    const { retryAfterMs } = result as { retryAfterMs: number }
    expect(retryAfterMs).toBeGreaterThan(590_000)
    expect(retryAfterMs).toBeLessThanOrEqual(601_000)
  })

  it.each([
    ['OpenRouter, upstream limited', { error: { code: 429, message: 'upstream' } }, 'rate-limited'],
    ['OpenRouter, upstream down', { error: { code: 502, message: 'down' } }, 'unavailable'],
    [
      'OpenRouter, in a choice',
      {
        choices: [
          {
            error: { code: 502, message: 'cut' },
            finish_reason: 'error',
            message: { content: 'so f' },
          },
        ],
      },
      'unavailable',
    ],
    [
      'a failed response',
      {
        object: 'response',
        status: 'failed',
        output: [],
        error: { code: 'server_error', message: 'x' },
      },
      'unavailable',
    ],
    [
      'a bare message',
      { object: 'error', message: "This model's maximum context length is 5" },
      'too-long',
    ],
    ['something unnamed', { error: 'it broke' }, 'unavailable'],
  ])('inside a 200 are found: %s', async (_, body, kind) => {
    const server = await openServer(answerJson(200, body))
    const result = await openTestProvider().complete(
      chatRequest(),
      testDeployment(server.origin),
      never,
    )
    expect(result).toMatchObject({ ok: false, kind, status: 200 })
  })

  it('of a null error are none', async () => {
    const server = await openServer(answerJson(200, { ...completion, error: null }))
    const result = await openTestProvider().complete(
      chatRequest(),
      testDeployment(server.origin),
      never,
    )
    expect(result).toMatchObject({ ok: true })
  })
})

describe('structured output', () => {
  const json_schema = {
    name: 'person',
    schema: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
  }
  const request = chatRequest({ response_format: { type: 'json_schema', json_schema } })

  it('that meets the schema is a success', async () => {
    const simulator = await openSimulator()
    const result = await openTestProvider().complete(request, testDeployment(simulator.url), never)
    expect(result).toMatchObject({ ok: true })
  })

  it('that does not is unusable, kept and billed', async () => {
    const simulator = await openSimulator({ models: { small: { answer: '{"name":1}' } } })
    const result = await openTestProvider().complete(request, testDeployment(simulator.url), never)
    expect(result).toMatchObject({
      ok: false,
      kind: 'unusable',
      detail: 'the answer does not meet the JSON schema: /name must be string',
      body: expect.stringContaining('chat.completion'),
      costUsd: expect.any(Number),
    })
  })
})
