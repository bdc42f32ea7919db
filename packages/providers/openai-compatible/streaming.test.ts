import { Readable } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { systemClock } from '@longhaul/contracts'
import fc from 'fast-check'
import { openSimulator } from '../../../test/simulator/test-client.ts'
import { readStream } from '../read-stream.ts'
import {
  answerJson,
  answerStream,
  chatRequest,
  completion,
  never,
  openServer,
  openTestProvider,
  testDeployment,
} from '../test-deployment.ts'
import type { Answer } from '../wire-format.ts'
import { ChatStream } from './chat-stream.ts'

const chunk = (delta: object, more: object = {}, index = 0) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'small',
  choices: [{ index, delta, finish_reason: null, ...more }],
})
const end = chunk({}, { finish_reason: 'stop' })
const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
const usageChunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', choices: [], usage }

function assemble(chunks: object[]) {
  const stream = new ChatStream(() => {})
  for (const each of chunks) stream.read(JSON.stringify(each))
  stream.read('[DONE]')
  return (stream.finish() as Answer).value
}

const messageOf = (chunks: object[]) => assemble(chunks).choices

describe('a streamed chat completion', () => {
  it('adds up to what the whole answer would have been', async () => {
    const simulator = await openSimulator({
      models: { small: { cachedTokens: 1, reasoningTokens: 7, outputTokens: 40 } },
    })
    const provider = openTestProvider()
    const deployment = testDeployment(simulator.url)
    const request = chatRequest({ logprobs: true, top_logprobs: 2 })
    const whole = await provider.complete(request, deployment, never)
    const streamed = await provider.complete(request, deployment, never, () => {})
    if (!whole.ok || !streamed.ok) throw new Error('both calls should have succeeded')
    const perCall = { id: '', created: 0, service_tier: '' }
    expect({ ...JSON.parse(streamed.body), ...perCall }).toEqual({
      ...JSON.parse(whole.body),
      ...perCall,
    })
    expect(streamed.usage).toEqual(whole.usage)
    expect(streamed.costUsd).toBe(whole.costUsd)
  })

  it('asks for the usage, and keeps what else the caller set for the stream', async () => {
    const server = await openServer(answerStream([end]))
    const request = chatRequest({ stream_options: { include_obfuscation: false } })
    await openTestProvider().complete(request, testDeployment(server.origin), never, () => {})
    expect(server.calls[0]?.body).toMatchObject({
      stream: true,
      stream_options: { include_obfuscation: false, include_usage: true },
    })
  })

  it('hands on every payload as it came', async () => {
    const payloads = [chunk({ role: 'assistant', content: 'Hi' }), end, usageChunk]
    const server = await openServer(answerStream(payloads))
    const chunks: string[] = []
    await openTestProvider().complete(chatRequest(), testDeployment(server.origin), never, text =>
      chunks.push(text),
    )
    expect(chunks.map(text => JSON.parse(text))).toEqual(payloads)
  })

  it('leaves a connection that can be used again', async () => {
    const server = await openServer(answerStream([end]))
    const provider = openTestProvider()
    const deployment = testDeployment(server.origin, { max_concurrency: 1 })
    for (let call = 0; call < 3; call += 1) {
      await provider.complete(chatRequest(), deployment, never, () => {})
    }
    expect(server.connections).toBe(1)
  })

  it('may be answered whole by a server that cannot stream', async () => {
    const server = await openServer(answerJson(200, completion))
    const result = await openTestProvider().complete(
      chatRequest(),
      testDeployment(server.origin),
      never,
      () => {},
    )
    expect(result).toMatchObject({ ok: true, body: JSON.stringify(completion) })
  })

  it('reads the same wherever the bytes are cut', async () => {
    const chunks = ['Grüße, ', '世界 ', '👩‍🚀\n\n', 'data: [DONE]'].map(content =>
      chunk({ content }),
    )
    const text = [...chunks, end, usageChunk].map(each => `data: ${JSON.stringify(each)}\r\n\r\n`)
    const bytes = Buffer.from(`${text.join(': comment\r\n')}data: [DONE]\r\n\r\n`)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 40 }), async cuts => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
        const pieces = places.slice(1).map((place, index) => bytes.subarray(places[index], place))
        const stream = new ChatStream(() => {})
        const reading = await readStream(Readable.from(pieces), stream, systemClock)
        expect(reading).toMatchObject({
          kind: 'answer',
          value: { choices: [{ message: { content: 'Grüße, 世界 👩‍🚀\n\ndata: [DONE]' } }], usage },
        })
      }),
    )
  })
})

describe('the assembled message', () => {
  it('gathers tool calls from their pieces', () => {
    const piece = (index: number, text: string, head: object = {}) =>
      chunk({
        tool_calls: [
          {
            index,
            ...head,
            function: { arguments: text, ...('id' in head ? { name: `f${index}` } : {}) },
          },
        ],
      })
    const chunks = [
      piece(0, '', { id: 'call_a', type: 'function' }),
      piece(0, '{"x":'),
      piece(1, '{"y"', { id: 'call_b', type: 'function' }),
      piece(0, '1}'),
      piece(1, ':2}'),
      chunk({}, { finish_reason: 'tool_calls' }),
    ]
    expect(messageOf(chunks)).toEqual([
      {
        index: 0,
        message: {
          role: 'assistant',
          content: null,
          refusal: null,
          tool_calls: [
            { id: 'call_a', type: 'function', function: { name: 'f0', arguments: '{"x":1}' } },
            { id: 'call_b', type: 'function', function: { name: 'f1', arguments: '{"y":2}' } },
          ],
        },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ])
  })

  it('keeps tool calls apart that come whole, without an index', () => {
    const call = (id: string) => ({
      id,
      type: 'function',
      function: { name: 'f', arguments: '{}' },
    })
    const chunks = [
      chunk({ tool_calls: [call('a'), call('b')] }),
      chunk({ tool_calls: [call('c')] }),
    ]
    expect(messageOf(chunks)).toMatchObject([
      { message: { tool_calls: [call('a'), call('b'), call('c')] } },
    ])
  })

  it('does not repeat ids, names and roles that come with every piece', () => {
    const piece = (text: string) =>
      chunk({
        role: 'assistant',
        tool_calls: [
          { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: text } },
        ],
      })
    expect(messageOf([piece('{'), piece('}')])).toMatchObject([
      {
        message: {
          role: 'assistant',
          tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{}' } }],
        },
      },
    ])
  })

  it('keeps several choices apart, in order', () => {
    const chunks = [
      chunk({ content: 'b' }, {}, 1),
      chunk({ content: 'a' }),
      chunk({ content: 'B' }, { finish_reason: 'length' }, 1),
      end,
    ]
    expect(messageOf(chunks)).toMatchObject([
      { index: 0, message: { content: 'a' }, finish_reason: 'stop' },
      { index: 1, message: { content: 'bB' }, finish_reason: 'length' },
    ])
  })

  it('gathers refusals, reasoning, log-probabilities and fields of tomorrow', () => {
    const logprobs = (token: string) => ({
      logprobs: { content: [{ token, logprob: -1 }], refusal: null },
    })
    const chunks = [
      chunk({ reasoning_content: 'Let ', refusal: 'No' }, logprobs('a')),
      chunk({ reasoning_content: 'me', refusal: 'pe', tomorrow: { parts: ['x'] } }, logprobs('b')),
      chunk({ tomorrow: { parts: ['y'], count: 2 } }),
      { ...end, system_fingerprint: 'fp' },
    ]
    expect(assemble(chunks)).toMatchObject({
      object: 'chat.completion',
      system_fingerprint: 'fp',
      choices: [
        {
          message: {
            reasoning_content: 'Let me',
            refusal: 'Nope',
            tomorrow: { parts: ['x', 'y'], count: 2 },
          },
          logprobs: { content: [{ token: 'a' }, { token: 'b' }], refusal: null },
        },
      ],
    })
  })

  it('joins content that begins as parts and goes on as text', () => {
    const thinking = { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }
    const chunks = [
      chunk({ content: [thinking] }),
      chunk({ content: 'So' }),
      chunk({ content: ' be it' }),
    ]
    expect(messageOf(chunks)).toMatchObject([
      { message: { content: [thinking, { type: 'text', text: 'So be it' }] } },
    ])
  })

  it('takes the last of several usages', () => {
    const growing = [1, 2, 3].map(completion_tokens => ({
      ...end,
      usage: { ...usage, completion_tokens },
    }))
    expect(assemble(growing).usage).toMatchObject({ completion_tokens: 3 })
  })
})

describe('a stream that fails', () => {
  const complete = async (answer: Parameters<typeof openServer>[0]) => {
    const server = await openServer(answer)
    return openTestProvider().complete(
      chatRequest(),
      testDeployment(server.origin),
      never,
      () => {},
    )
  }
  const begun = [chunk({ role: 'assistant', content: 'Hi' })]

  it.each([
    ['ends without its end', begun, ''],
    ['holds no JSON', [...begun, '{"id":"chat'], 'data: [DONE]\n\n'],
    ['ends inside an event', begun, 'data: {"choices":[{"index":0,"del'],
    ['holds an error without a name', [...begun, { error: { message: 'it broke' } }], ''],
    ['is empty', [], ''],
    ['is over before it began', [], 'data: [DONE]\n\n'],
  ])('is unavailable when it %s', async (_, payloads, last) => {
    expect(await complete(answerStream(payloads, last))).toMatchObject({
      ok: false,
      kind: 'unavailable',
      status: 200,
    })
  })

  it.each([
    ['rate-limited', { error: { code: 429, message: 'upstream limited' } }],
    [
      'too-long',
      { error: { code: 400, message: 'the request exceeds the available context size' } },
    ],
    ['refused', { error: { code: 'content_filter', message: 'filtered' } }],
  ])('is %s when its error says so', async (kind, error) => {
    expect(await complete(answerStream([...begun, error]))).toMatchObject({ ok: false, kind })
  })

  it('is unavailable when the connection ends in the middle', async () => {
    const result = await complete(response => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`data: ${JSON.stringify(begun[0])}\n\n`, () => response.destroy())
    })
    expect(result).toMatchObject({ ok: false, kind: 'unavailable' })
  })

  it.each(['cut-mid-stream', 'error-mid-stream', 'malformed-json'] as const)(
    'is unavailable: %s of the simulator',
    async kind => {
      const simulator = await openSimulator({
        models: { small: { failures: [{ fault: { kind } }] } },
      })
      const deployment = testDeployment(simulator.url)
      const result = await openTestProvider().complete(chatRequest(), deployment, never, () => {})
      expect(result).toMatchObject({ ok: false, kind: 'unavailable' })
    },
  )

  it('is classified by its status when it never began', async () => {
    expect(await complete(answerJson(429, '', { 'retry-after': '3' }))).toMatchObject({
      kind: 'rate-limited',
      retryAfterMs: 3_000,
    })
  })

  it('succeeds without [DONE] when every choice has ended', async () => {
    expect(await complete(answerStream([...begun, end, usageChunk], ''))).toMatchObject({
      ok: true,
      usage: { total_tokens: 15 },
    })
  })
})

describe('a streamed response', () => {
  it('is the response that its last event carries', async () => {
    const simulator = await openSimulator({ models: { small: { answer: 'two words' } } })
    const types: string[] = []
    const result = await openTestProvider().complete(
      { endpoint: '/v1/responses', body: { input: 'Hello' } },
      testDeployment(simulator.url),
      never,
      payload => types.push(JSON.parse(payload).type),
    )
    if (!result.ok) throw new Error(result.detail)
    expect(JSON.parse(result.body)).toMatchObject({ object: 'response', status: 'completed' })
    expect(result.usage).toBeDefined()
    expect(types).toEqual(expect.arrayContaining(['response.created', 'response.completed']))
  })

  it.each([
    [
      'failed',
      {
        type: 'response.failed',
        response: { error: { code: 'rate_limit_exceeded', message: 'x' } },
      },
      'rate-limited',
    ],
    ['an error', { type: 'error', code: 'server_error', message: 'x' }, 'unavailable'],
    ['unfinished', { type: 'response.created', response: {} }, 'unavailable'],
  ])('that is %s fails', async (_, event, kind) => {
    const server = await openServer(answerStream([event], ''))
    const request = { endpoint: '/v1/responses' as const, body: { input: 'x' } }
    const deployment = testDeployment(server.origin)
    const result = await openTestProvider().complete(request, deployment, never, () => {})
    expect(result).toMatchObject({ ok: false, kind })
  })
})
