import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { newId } from '@longhaul/contracts'
import OpenAI from 'openai'
import { type OpenAiServer, openOpenAiServer } from './server.ts'

let server: OpenAiServer
beforeAll(async () => {
  server = await openOpenAiServer()
})
afterAll(() => server.close())

function ask(client: OpenAI, content: string, more: object = {}) {
  return client.chat.completions.create({
    model: 'small',
    messages: [{ role: 'user', content }],
    ...more,
  })
}

interface Answering {
  withResponse(): Promise<{ response: Response }>
}

const onEveryAnswer = {
  'x-request-id': expect.stringMatching(/^req_/),
  'x-ratelimit-limit-requests': '10000',
  'x-ratelimit-remaining-requests': expect.stringMatching(/^\d+$/),
  'x-ratelimit-reset-requests': '0s',
  'x-ratelimit-limit-tokens': expect.stringMatching(/^\d+$/),
  'x-ratelimit-remaining-tokens': expect.stringMatching(/^\d+$/),
  'x-ratelimit-reset-tokens': '0s',
}

async function errorOf(promise: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  try {
    await promise
  } catch (error) {
    if (error instanceof OpenAI.APIError) return error
    throw error
  }
  throw new Error('it did not fail')
}

/** Answers of the server in turn, by a client that tries as often as it would by itself. */
function recording(maxRetries = 2) {
  const statuses: number[] = []
  const client = server.clientWith({
    maxRetries,
    fetch: async (url, init) => {
      const response = await fetch(url, init)
      statuses.push(response.status)
      return response
    },
  })
  return { client, statuses }
}

describe('errors, as the official client raises them', () => {
  it('tells what is wrong with a schema that the answer is to meet, before anything is paid for', async () => {
    const schema = { type: 'object', properties: { age: { type: 'number of years' } } }
    const json_schema = { name: 'person', schema }
    const format = { response_format: { type: 'json_schema', json_schema } }
    const param = 'response_format.json_schema.schema.properties.age.type'
    const error = await errorOf(ask(server.client, '[[schema]]', format))
    expect(error).toMatchObject({ status: 400, code: 'invalid_value', param })
    expect(error.message).toMatch(/is no valid JSON Schema: must be equal .* Mend it/)

    const text = { format: { type: 'json_schema' as const, name: 'x', schema: { $ref: '#/no' } } }
    const response = server.client.responses.create({ model: 'large', input: 'a', text })
    expect(await errorOf(response)).toMatchObject({ status: 400, param: 'text.format.schema' })
    expect(server.simulator.callsOf('schema')).toBe(0)
  })

  it('has all four keys of the envelope, and the request id', async () => {
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
      body: '{"model": "small"}',
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      error: {
        message: '`messages` is missing: add an array.',
        type: 'invalid_request_error',
        param: 'messages',
        code: 'missing_field',
      },
    })
    expect(response.headers.get('x-request-id')).toMatch(/^req_/)
  })

  it('AuthenticationError for a wrong key', async () => {
    const error = await errorOf(ask(server.clientWith({ apiKey: 'lh_wrong' }), 'hello'))
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError)
    expect(error).toMatchObject({ status: 401, code: 'invalid_api_key' })
    expect(error.requestID).toMatch(/^req_/)
  })

  it('NotFoundError for an unknown model, with the nearest', async () => {
    const error = await errorOf(ask(server.client, 'hello', { model: 'smal' }))
    expect(error).toBeInstanceOf(OpenAI.NotFoundError)
    expect(error).toMatchObject({ code: 'model_not_found', param: 'model' })
    expect(error.message).toContain('Did you mean "small"?')
  })

  it.each([
    ['file', 'file_not_found', (client: OpenAI) => client.files.retrieve('file-abc')],
    ['batch', 'batch_not_found', (client: OpenAI) => client.batches.retrieve('batch_abc')],
    ['response', 'response_not_found', (client: OpenAI) => client.responses.retrieve('resp_abc')],
  ])('NotFoundError for what cannot be the id of a %s', async (_, code, retrieve) => {
    const error = await errorOf(retrieve(server.client))
    expect(error).toBeInstanceOf(OpenAI.NotFoundError)
    expect(error).toMatchObject({ code })
    expect(error.message).toContain('32 hexadecimal digits')
  })

  it('BadRequestError for what the model refuses, in its own words', async () => {
    const error = await errorOf(ask(server.client, '[[bad?status=400]]'))
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error).toMatchObject({ code: 'provider_rejected', type: 'invalid_request_error' })
    expect(error.headers?.get('x-longhaul-job-id')).toMatch(/^job_/)
  })

  it('BadRequestError for a prompt that is too long', async () => {
    const error = await errorOf(ask(server.client, 'word '.repeat(60_000)))
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error.code).toBe('context_length_exceeded')
  })

  it('BadRequestError for content that the model refuses by its policy', async () => {
    const error = await errorOf(ask(server.client, '[[policy?fault=content-policy]]'))
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error.code).toBe('content_refused')
  })

  it('InternalServerError once when the model fails for good: the queue has retried', async () => {
    const { client, statuses } = recording()
    const error = await errorOf(ask(client, '[[down?status=500]]'))
    expect(error).toBeInstanceOf(OpenAI.InternalServerError)
    expect(error).toMatchObject({ status: 502, code: 'attempts_exhausted' })
    expect(statuses).toEqual([502])
    expect(server.simulator.calls.of('down')).toBe(3)
  })

  it('ConflictError, not retried, for an idempotency key that is used for another body', async () => {
    const { client, statuses } = recording()
    const headers = { 'Idempotency-Key': 'order-17' }
    const send = (content: string) =>
      client.chat.completions.create(
        { model: 'small', messages: [{ role: 'user', content }] },
        { headers },
      )
    const first = await send('[[once?answer=one]]')
    const again = await send('[[once?answer=one]]')
    expect(again).toEqual(first)
    expect(server.simulator.calls.of('once')).toBe(1)
    const error = await errorOf(send('another'))
    expect(error).toBeInstanceOf(OpenAI.ConflictError)
    expect(error.headers?.get('x-should-retry')).toBe('false')
    expect(statuses).toEqual([200, 200, 409])
  })

  it('rate limits of the model are waited for, not passed on', async () => {
    const { client, statuses } = recording()
    const completion = await ask(client, '[[limited?status=429&retryAfter=1&times=1&answer=later]]')
    expect(completion.choices[0]?.message.content).toBe('later')
    expect(statuses).toEqual([200])
  })

  it('retries what this process cannot take now, as it is told when', async () => {
    const statuses: number[] = []
    const delays: string[] = []
    let refusals = 1
    const client = server.clientWith({
      maxRetries: 2,
      fetch: async (url, init) => {
        // The ingress answers so while PostgreSQL is away.
        const response =
          refusals-- > 0
            ? new Response(
                '{"error":{"message":"away","type":"server_error","param":null,"code":"store_unavailable"}}',
                {
                  status: 503,
                  headers: { 'retry-after': '1', 'content-type': 'application/json' },
                },
              )
            : await fetch(url, init)
        statuses.push(response.status)
        delays.push(String(new Headers(init?.headers).get('x-stainless-retry-count')))
        return response
      },
    })
    const startedAt = performance.now()
    await ask(client, 'hello')
    expect(statuses).toEqual([503, 200])
    expect(delays).toEqual(['0', '1'])
    expect(performance.now() - startedAt).toBeGreaterThan(950)
  })

  it.each<[string, (client: OpenAI) => Answering]>([
    ['a completion', client => ask(client, 'hello')],
    ['an embedding', client => client.embeddings.create({ model: 'embedder', input: 'hello' })],
    ['a response', client => client.responses.create({ model: 'large', input: 'hello' })],
    ['models', client => client.models.list()],
    ['a model', client => client.models.retrieve('small')],
    ['files', client => client.files.list()],
    ['batches', client => client.batches.list()],
    ['jobs', client => client.get('/jobs')],
  ])('tells what may be sent at a time, and the request id, with %s', async (_, call) => {
    const { response } = await call(server.client).withResponse()
    expect(Object.fromEntries(response.headers)).toMatchObject(onEveryAnswer)
  })

  it.each<[string, number, (client: OpenAI) => Promise<unknown>]>([
    ['a faulty body', 400, client => ask(client, 'hello', { n: 0 })],
    ['a wrong key', 401, () => ask(server.clientWith({ apiKey: 'lh_wrong' }), 'hello')],
    ['an unknown file', 404, client => client.files.retrieve(newId('file'))],
    ['an unknown batch', 404, client => client.batches.retrieve(newId('batch'))],
    ['an unknown route', 404, client => client.get('/assistants')],
    ['a method that is not taken', 405, client => client.get('/chat/completions')],
  ])('tells them with the error for %s too', async (_, status, call) => {
    const error = await errorOf(call(server.client))
    expect(error.status).toBe(status)
    expect(Object.fromEntries(error.headers ?? [])).toMatchObject(onEveryAnswer)
  })

  it('has no 405 without the methods that the route takes', async () => {
    const response = await fetch(`${server.url}/v1/chat/completions`)
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
  })
})
