import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { errorCatalogue, SUBMITTED_TOPIC } from '@longhaul/contracts'
import fc from 'fast-check'
import { callApi, openTestIngress, type TestIngress } from '../../test/ingress.ts'

const MIB = 1024 * 1024
const body = { messages: [{ role: 'user', content: 'hello' }] }
const valid = JSON.stringify({ body })
const unknownId = 'job_0198c0ffee007abc8def0123456789ab'

interface Answer {
  status: number
  text: string
}

/** Every faulty request is answered with 4xx in the envelope, and reaches neither the bus nor the store. */
describe('bad input', () => {
  let test: TestIngress
  let published = 0

  beforeAll(async () => {
    test = await openTestIngress()
    await test.bus.consume({
      topics: [SUBMITTED_TOPIC],
      group: 'test',
      window: 100,
      versions: [1],
      handle(delivery) {
        published += 1
        delivery.ack()
      },
    })
  })
  afterAll(() => test.close())

  const post = (sent: unknown, headers?: Record<string, string>) =>
    test.call('POST', '/v1/jobs', sent, headers)

  async function expectNothingAccepted(): Promise<void> {
    expect(published).toBe(0)
    expect(await test.testStore.query('SELECT id FROM jobs')).toEqual([])
  }

  it.each<[string, unknown, number, string, string | null]>([
    ['malformed JSON', '{"body": {"messages": [}', 400, 'invalid_json', null],
    ['an empty body', '', 400, 'invalid_json', null],
    ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 400, 'invalid_encoding', null],
    [
      'a hundred thousand levels',
      '['.repeat(100_000) + ']'.repeat(100_000),
      400,
      'invalid_json',
      null,
    ],
    [
      'a format of JSON without its schema',
      { body: { ...body, response_format: { type: 'json_schema' } } },
      400,
      'invalid_value',
      'body.response_format.json_schema',
    ],
    [
      'a NUL',
      { body: { messages: [{ role: 'user', content: 'a\0b' }] } },
      400,
      'invalid_text',
      'body.messages[0].content',
    ],
    [
      'a lone surrogate',
      '{"body":{"messages":[{"role":"user","content":"\\ud800"}]}}',
      400,
      'invalid_text',
      'body.messages[0].content',
    ],
    [
      'a number that no double holds, in a field that we do not know',
      '{"body":{"messages":[{"role":"user","content":"hi"}],"x":[1,-1e400]}}',
      400,
      'invalid_value',
      'body.x[1]',
    ],
    ['a NUL in a key', { body, metadata: { 'a\0': 'x' } }, 400, 'invalid_text', 'metadata.a\uFFFD'],
    ['an unknown field', { body, prioritet: 1 }, 400, 'unknown_field', 'prioritet'],
    ['a wrong type', { body: { messages: 'hello' } }, 400, 'invalid_value', 'body.messages'],
    [
      'an unknown model',
      { body: { ...body, model: 'gpt-9' } },
      404,
      'model_not_found',
      'body.model',
    ],
    [
      'a deadline in the past',
      { body, deadline: '2001-01-01T00:00:00Z' },
      400,
      'deadline_in_past',
      'deadline',
    ],
    [
      'a webhook URL that is none',
      { body, webhook: { url: 'not a url' } },
      400,
      'webhook_url_invalid',
      'webhook.url',
    ],
    [
      'a webhook URL that points inward',
      { body, webhook: { url: 'http://localhost:5432/' } },
      400,
      'webhook_url_private',
      'webhook.url',
    ],
    [
      'millions of faults',
      `{"body":{"messages":[${'0,'.repeat(4 * MIB)}0]}}`,
      400,
      'invalid_value',
      'body.messages[0]',
    ],
    [
      'millions of faults in a message',
      `{"body":{"messages":[{"role":"user","content":[${'0,'.repeat(4 * MIB)}0]}]}}`,
      400,
      'invalid_value',
      'body.messages[0].content[0]',
    ],
    [
      'millions of events',
      `{"body":{"messages":[]},"webhook":{"url":"https://a.example","events":[${'0,'.repeat(4 * MIB)}0]}}`,
      400,
      'invalid_value',
      'webhook.events',
    ],
    [
      'megabytes where a word should be',
      `{"body":{"messages":[]},"lane":"${'x'.repeat(5 * MIB)}"}`,
      400,
      'invalid_value',
      'lane',
    ],
    ['a body of 20 MB', `"${'x'.repeat(20 * MIB)}"`, 413, 'body_too_large', null],
  ])('answers %s', async (_, sent, status, code, param) => {
    const answer = await post(sent)
    expect(envelopeOf(answer)).toMatchObject({ code, param })
    expect(answer.status).toBe(status)
    await expectNothingAccepted()
  })

  it('answers 20 MB that come without a length', async () => {
    const chunk = new Uint8Array(MIB).fill(0x20)
    const response = await fetch(`${test.url}/v1/jobs`, {
      method: 'POST',
      duplex: 'half',
      headers: { authorization: `Bearer ${test.key}`, 'content-type': 'application/json' },
      body: ReadableStream.from(Array.from({ length: 20 }, () => chunk)),
    })
    const answer = { status: response.status, text: await response.text() }
    expect([answer.status, envelopeOf(answer).code]).toEqual([413, 'body_too_large'])
  })

  it.each([
    'text/plain',
    'application/jsonp',
    'application/json; charset=latin1',
    'multipart/form-data',
  ])('takes no %s', async type => {
    const answer = await post(valid, { 'content-type': type })
    expect([answer.status, envelopeOf(answer).param]).toEqual([415, 'Content-Type'])
  })

  it('takes no compressed body', async () => {
    const answer = await post(valid, { 'content-encoding': 'gzip' })
    expect([answer.status, envelopeOf(answer).param]).toEqual([415, 'Content-Encoding'])
  })

  it.each([
    ['GET', '/v1/jobs?wait=1', 'unknown_field', 'wait'],
    ['GET', '/v1/jobs?status=done', 'invalid_value', 'status'],
    ['GET', '/v1/jobs?limit=0', 'invalid_value', 'limit'],
    ['GET', '/v1/jobs?limit=101', 'invalid_value', 'limit'],
    ['GET', '/v1/jobs?limit=1&limit=2', 'invalid_value', 'limit'],
    ['GET', '/v1/jobs?order=up', 'invalid_value', 'order'],
    ['GET', '/v1/jobs?after=batch_1', 'invalid_cursor', 'after'],
    ['GET', '/v1/jobs?metadata=x', 'invalid_value', 'metadata'],
    ['GET', '/v1/jobs?metadata[a]=%00', 'invalid_text', 'metadata.a'],
    ['GET', '/v1/jobs?model=%00', 'invalid_text', 'model'],
    ['GET', `/v1/jobs/${unknownId}?wait=abc`, 'invalid_value', 'wait'],
    ['GET', `/v1/jobs/${unknownId}?wait=-1`, 'invalid_value', 'wait'],
    ['GET', `/v1/jobs/${unknownId}?wait=61`, 'invalid_value', 'wait'],
    ['GET', `/v1/jobs/${unknownId}?wait=Infinity`, 'invalid_value', 'wait'],
    ['GET', `/v1/jobs/${unknownId}?include=secrets`, 'invalid_value', 'include'],
    ['GET', `/v1/jobs/${unknownId}?inclde=request`, 'unknown_field', 'inclde'],
    ['POST', `/v1/jobs/${unknownId}/cancel?force=1`, 'unknown_field', 'force'],
    ['GET', '/v1/models?limit=1', 'unknown_field', 'limit'],
    ['GET', '/v1/jobs/%E0%A4%A', 'invalid_value', null],
    ['GET', '/v1/jobs/file-0198c0ffee007abc8def0123456789ab', 'invalid_id', 'id'],
  ])('answers %s %s with %s', async (method, path, code, param) => {
    const answer = await test.call(method, path)
    expect(answer.status).toBe(400)
    expect(envelopeOf(answer)).toMatchObject({ code, param })
  })

  it.each([undefined, 'Bearer lh_wrong', 'lh_wrong', 'Basic eDp5'])(
    'answers the key %p with 401',
    async authorization => {
      const answer = await callApi(
        `${test.url}/v1/jobs`,
        'POST',
        { body },
        {
          ...(authorization && { authorization }),
        },
      )
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
      expect(envelopeOf(answer)).toMatchObject({
        code: 'invalid_api_key',
        type: 'authentication_error',
      })
      await expectNothingAccepted()
    },
  )

  it('answers an unknown route with 404, a wrong method with 405 and those there are', async () => {
    const unknown = await test.call('GET', '/v1/job')
    expect([unknown.status, envelopeOf(unknown).code]).toEqual([404, 'route_not_found'])
    for (const [method, path, allowed] of [
      ['DELETE', '/v1/jobs', 'POST, GET, HEAD'],
      ['GET', '/v1/jobs/bulk', 'POST'],
      ['PATCH', `/v1/jobs/${unknownId}`, 'GET, HEAD'],
      ['POST', '/openapi.json', 'GET, HEAD'],
    ] as const) {
      const answer = await test.call(method, path)
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, allowed])
      expect(envelopeOf(answer).code).toBe('method_not_allowed')
    }
  })

  it.each([
    ['what is no HTTP', 'HELLO\r\n\r\n', 400],
    ['headers without end', `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
    [
      'two lengths',
      `POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n`,
      400,
    ],
  ])('answers %s in the envelope too', async (_, request, status) => {
    const answer = await sendRaw(test.url, request)
    expect(answer.status).toBe(status)
    envelopeOf(answer)
    expect(answer.text).toContain('x-request-id: req_')
  })

  it('refuses more than all requests together may hold', async () => {
    const small = await openTestIngress({ options: { maxTotalBodyBytes: 1_000 } })
    try {
      const held = await small.call('POST', '/v1/jobs', `{"x":"${'x'.repeat(2_000)}"}`)
      expect([held.status, envelopeOf(held).code]).toEqual([503, 'overloaded'])
      expect((await small.call('POST', '/v1/jobs', { body })).status).toBe(202)
    } finally {
      await small.close()
    }
  })

  describe('whatever is sent', () => {
    const names = [
      'endpoint',
      'body',
      'lane',
      'deadline',
      'not_before',
      'policy',
      'webhook',
      'metadata',
      'jobs',
      'model',
      'messages',
      'role',
      'content',
      'url',
      'events',
      '__proto__',
    ]
    const words = fc.oneof(
      fc.constantFrom(
        ...names,
        '/v1/embeddings',
        'bulk',
        'auto',
        'small',
        '10m',
        '999999999d',
        '2026-02-30T25:00:00Z',
        'https://example.com',
        'http://[::1]/',
        'user',
        'job.failed',
      ),
      fc.string({ unit: 'binary' }),
    )
    const { value } = fc.letrec<{ value: unknown }>(tie => ({
      value: fc.oneof(
        { maxDepth: 5, withCrossShrink: true },
        words,
        fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 1e308, [], {}),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(words, tie('value'), { maxKeys: 4, noNullPrototype: true }),
        fc.record({ messages: fc.constant(body.messages), model: tie('value') }),
      ),
    }))
    const submission = fc.dictionary(fc.constantFrom(...names), value, { noNullPrototype: true })
    const sent = fc.oneof(
      submission.map(fields => JSON.stringify(fields)),
      submission.map(fields => JSON.stringify({ body, ...fields })),
      fc.array(submission).map(jobs => JSON.stringify({ jobs })),
      value.map(any => JSON.stringify(any)),
      fc.string({ unit: 'binary' }),
    )
    const route = fc.constantFrom('/v1/jobs', '/v1/jobs/bulk', '/v1/route')

    it('no answer is a fault of ours', async () => {
      await fc.assert(
        fc.asyncProperty(route, sent, async (path, text) => {
          const answer = await test.call('POST', path, text)
          if (answer.status >= 400) envelopeOf(answer)
          expect(answer.status).toBeLessThan(500)
        }),
        { numRuns: 500 },
      )
    })

    it('no query and no path is one either', async () => {
      const query = fc.array(
        fc.tuple(
          fc.constantFrom(
            'wait',
            'include',
            'limit',
            'after',
            'status',
            'metadata[a]',
            '__proto__',
          ),
          words,
        ),
      )
      const path = fc.oneof(
        fc.constantFrom('/v1/jobs', `/v1/jobs/${unknownId}`, '/v1/models', '/docs', '/readyz'),
        words.map(word => `/v1/jobs/${encodeURIComponent(word.toWellFormed())}`),
        words.map(word => `/v1/models/${encodeURIComponent(word.toWellFormed())}`),
      )
      await fc.assert(
        fc.asyncProperty(path, query, async (target, pairs) => {
          const search = new URLSearchParams(pairs.filter(([name]) => name !== 'wait')).toString()
          const answer = await test.call('GET', `${target}?${search}`)
          if (answer.status >= 400) envelopeOf(answer)
          expect(answer.status).toBeLessThan(500)
        }),
        { numRuns: 300 },
      )
    })
  })
})

/** All four keys, with a code of the catalogue where the request was understood at all. */
function envelopeOf({ status, text }: Answer) {
  const { error } = JSON.parse(text.slice(text.indexOf('{'))) as {
    error: {
      message: string
      type: string
      param: string | null
      code: keyof typeof errorCatalogue | null
    }
  }
  expect(Object.keys(error)).toEqual(['message', 'type', 'param', 'code'])
  expect(error.message).toMatch(/[.?]$/)
  if (error.code) expect(errorCatalogue[error.code].status).toBe(status)
  return error
}

/** What comes back until the connection is closed. */
function sendRaw(url: string, request: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(request))
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', chunk => {
      text += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => resolve({ status: Number(text.slice(9, 12)), text }))
  })
}
