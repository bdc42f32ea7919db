import { describe, expect, it } from '@jest/globals'
import type { Fault } from './index.ts'
import { chat, openAiClient, openSimulator, post, postChat } from './test-client.ts'

const withFault = (fault: Fault, times: number | 'always' = 'always') =>
  openSimulator({ models: { m: { failures: [{ fault, times }] } } })

describe('errors in the OpenAI envelope', () => {
  it.each([
    [{ kind: 'rate-limited' }, 429, 'requests', 'rate_limit_exceeded'],
    [{ kind: 'context-overflow' }, 400, 'invalid_request_error', 'context_length_exceeded'],
    [{ kind: 'content-policy' }, 400, 'invalid_request_error', 'content_filter'],
    [{ kind: 'unauthorized' }, 401, 'invalid_request_error', 'invalid_api_key'],
    [{ kind: 'payment-required' }, 402, 'insufficient_quota', 'insufficient_quota'],
    [{ kind: 'status', status: 503 }, 503, 'server_error', null],
    [{ kind: 'status', status: 404 }, 404, 'invalid_request_error', 'model_not_found'],
  ] as const)('%j', async (fault, status, type, code) => {
    const answer = await postChat(await withFault(fault), 'Why?')
    expect(answer.status).toBe(status)
    expect(Object.keys(answer.json().error ?? {})).toEqual(['message', 'type', 'param', 'code'])
    expect(answer.json().error).toMatchObject({ type, code })
    expect(answer.headers['x-request-id']).toBeDefined()
  })

  it('sends a body and headers as they were scripted', async () => {
    const fault = {
      kind: 'status',
      status: 502,
      body: '<html>',
      headers: { via: 'proxy' },
    } as const
    const answer = await postChat(await withFault(fault), 'Why?')
    expect(answer).toMatchObject({ status: 502, text: '<html>', headers: { via: 'proxy' } })
  })

  it('ends with finish_reason content_filter when told to', async () => {
    const simulator = await withFault({ kind: 'content-policy', form: 'finish-reason' })
    const { choices } = await openAiClient(simulator).chat.completions.create(chat('Why?'))
    expect(choices[0]).toMatchObject({ finish_reason: 'content_filter', message: { content: '' } })
  })
})

describe('Retry-After', () => {
  const rateLimited = { kind: 'rate-limited', retryAfterSeconds: 7 } as const

  it('is left out, in seconds, in milliseconds, or a date', async () => {
    const none = await postChat(await withFault({ kind: 'rate-limited' }), 'Why?')
    const seconds = await postChat(await withFault(rateLimited), 'Why?')
    const fine = { ...rateLimited, retryAfterForm: 'milliseconds' } as const
    const milliseconds = await postChat(await withFault(fine), 'Why?')
    const dated = { ...rateLimited, retryAfterForm: 'date' } as const
    const askedAt = Date.now()
    const date = await postChat(await withFault(dated), 'Why?')
    const answeredAt = Date.now()

    expect(none.headers['retry-after']).toBeUndefined()
    expect(seconds.headers['retry-after']).toBe('7')
    expect(milliseconds.headers['retry-after-ms']).toBe('7000')
    // Dates are of whole seconds, so it is rounded up.
    const retryAt = Date.parse(String(date.headers['retry-after']))
    expect(retryAt).toBeGreaterThanOrEqual(askedAt + 7_000)
    expect(retryAt).toBeLessThan(answeredAt + 8_000)
  })
})

describe('broken answers', () => {
  it('resets the connection before an answer', async () => {
    const simulator = await withFault({ kind: 'reset' })
    await expect(postChat(simulator, 'Why?')).rejects.toMatchObject({
      code: expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/),
    })
    expect(simulator.log[0]).toMatchObject({ outcome: 'dropped', fault: 'reset' })
    expect(simulator.calls).toMatchObject({ inFlight: 0, aborted: 0 })
  })

  it('answers 200 with JSON that does not parse', async () => {
    const answer = await postChat(await withFault({ kind: 'malformed-json' }), 'Why?')
    expect(answer.status).toBe(200)
    expect(answer.json).toThrow(SyntaxError)
  })

  it('cuts a whole answer after half of it', async () => {
    const simulator = await withFault({ kind: 'cut-mid-stream' })
    await expect(postChat(simulator, 'Why?')).rejects.toThrow(/other side closed|terminated/)
    expect(simulator.log[0]).toMatchObject({ outcome: 'dropped', status: 200 })
  })

  it('cuts a stream after the given tokens', async () => {
    const simulator = await withFault({ kind: 'cut-mid-stream', afterTokens: 3 })
    const stream = await openAiClient(simulator).chat.completions.create({
      ...chat('What is a lease?'),
      stream: true,
    })
    let pieces = 0
    const readAll = async () => {
      for await (const chunk of stream) pieces += chunk.choices[0]?.delta.content ? 1 : 0
    }
    await expect(readAll()).rejects.toThrow()
    expect(pieces).toBe(3)
  })

  it('sends an error in the stream', async () => {
    const simulator = await withFault({ kind: 'error-mid-stream' })
    const stream = openAiClient(simulator).chat.completions.stream(chat('Why?'))
    await expect(stream.finalChatCompletion()).rejects.toThrow(/The server had an error/)
  })
})

describe('hanging', () => {
  it('notices that the client left, and when', async () => {
    const simulator = await withFault({ kind: 'hang' })
    const controller = new AbortController()
    const answer = postChat(simulator, '[[job-1]]', { signal: controller.signal })
    await simulator.waitFor(calls => calls.inFlight === 1)

    const now = () => performance.timeOrigin + performance.now()
    const leftAt = now()
    controller.abort()
    await expect(answer).rejects.toThrow()
    await simulator.waitFor(calls => calls.aborted === 1)
    const noticedBy = now()

    const [call] = simulator.log
    expect(call).toMatchObject({ outcome: 'aborted', marker: 'job-1' })
    expect(call?.endedAt).toBeGreaterThanOrEqual(leftAt)
    expect(call?.endedAt).toBeLessThanOrEqual(noticedBy)
    expect(simulator.calls.inFlight).toBe(0)
  })

  it('stalls in the middle of a stream', async () => {
    const simulator = await withFault({ kind: 'stall-mid-stream', afterTokens: 2 })
    const controller = new AbortController()
    const stream = await openAiClient(simulator).chat.completions.create(
      { ...chat('Why?'), stream: true },
      { signal: controller.signal },
    )
    let pieces = 0
    for await (const chunk of stream) {
      pieces += chunk.choices[0]?.delta.content ? 1 : 0
      if (pieces === 2) controller.abort()
    }
    await simulator.waitFor(calls => calls.aborted === 1)
    expect(pieces).toBe(2)
  })

  it('stops the timer of a call whose client left', async () => {
    const simulator = await openSimulator({ models: { m: { latencyMs: 600_000 } } })
    const controller = new AbortController()
    const answer = postChat(simulator, 'Why?', { signal: controller.signal })
    await simulator.waitFor(calls => calls.inFlight === 1)
    controller.abort()
    await expect(answer).rejects.toThrow()
    await simulator.waitFor(calls => calls.aborted === 1)
  })
})

describe('requests that are not ones', () => {
  it('answers 400 to a body that is not JSON, without counting a call', async () => {
    const simulator = await openSimulator()
    const answer = await fetch(`${simulator.url}/chat/completions`, { method: 'POST', body: '{' })
    expect(answer.status).toBe(400)
    expect(simulator.calls.total).toBe(0)
  })

  it('answers 404 to a path that it does not know', async () => {
    const answer = await post(await openSimulator(), '/v1/unknown', {})
    expect(answer.status).toBe(404)
  })

  it('takes a body of many megabytes', async () => {
    const ballast = 'x'.repeat(20 * 1024 * 1024)
    const body = { ballast, ...chat('word '.repeat(1_000)) }
    const answer = await post(await openSimulator(), '/v1/chat/completions', body)
    expect(answer.json().usage).toMatchObject({ prompt_tokens: 1_008 })
  })
})
