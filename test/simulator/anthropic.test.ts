import { describe, expect, it } from '@jest/globals'
import { openSimulator, post } from './test-client.ts'

const message = (prompt: string, more: object = {}) => ({
  model: 'claude',
  max_tokens: 500,
  messages: [{ role: 'user', content: [{ type: 'text', text: prompt }] }],
  ...more,
})

describe('messages', () => {
  it('answers with a text and the usage, cached tokens apart', async () => {
    const simulator = await openSimulator({ models: { claude: { cachedTokens: 2 } } })
    const answer = await post(simulator, '/v1/messages', message('What is a lease?'))
    expect(answer.json()).toMatchObject({
      type: 'message',
      role: 'assistant',
      stop_reason: 'end_turn',
      content: [{ type: 'text', text: expect.stringContaining('What is a lease?') }],
      usage: { input_tokens: 10, cache_read_input_tokens: 2 },
    })
  })

  it('streams its events in order', async () => {
    const simulator = await openSimulator({ models: { claude: { answer: 'two words' } } })
    const { text } = await post(simulator, '/v1/messages', message('Say.', { stream: true }))
    expect([...text.matchAll(/^event: (.*)$/gm)].map(match => match[1])).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
  })

  it('uses a tool when the caller insists', async () => {
    const simulator = await openSimulator()
    const input_schema = { type: 'object', properties: { city: { type: 'string' } } }
    const request = message('Weather?', {
      tools: [{ name: 'weather', input_schema }],
      tool_choice: { type: 'any' },
    })
    const answer = await post(simulator, '/v1/messages', request)
    expect(answer.json()).toMatchObject({
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', name: 'weather', input: { city: 'example' } }],
    })
  })

  it.each([
    ['rate-limited', 429, 'rate_limit_error', /rate limit/i],
    ['context-overflow', 400, 'invalid_request_error', /^prompt is too long/],
    ['content-policy', 400, 'invalid_request_error', /content filtering/],
    ['unauthorized', 401, 'authentication_error', /x-api-key/],
    ['payment-required', 402, 'billing_error', /quota/],
  ] as const)('words %s as %i %s', async (kind, status, type, wording) => {
    const simulator = await openSimulator({
      models: { claude: { failures: [{ fault: { kind } }] } },
    })
    const answer = await post(simulator, '/v1/messages', message('Why?'))
    expect(answer.status).toBe(status)
    expect(answer.json()).toEqual({
      type: 'error',
      error: { type, message: expect.stringMatching(wording) },
      request_id: answer.headers['request-id'],
    })
  })

  it('takes the key from x-api-key', async () => {
    const simulator = await openSimulator({ models: { claude: { requireKey: 'right' } } })
    const statusWith = async (key: string) => {
      const headers = { 'x-api-key': key }
      return (await post(simulator, '/v1/messages', message('Why?'), { headers })).status
    }
    expect([await statusWith('wrong'), await statusWith('right')]).toEqual([401, 200])
  })

  it('sends an error event mid-stream', async () => {
    const fault = { kind: 'error-mid-stream', afterTokens: 2 } as const
    const simulator = await openSimulator({ models: { claude: { failures: [{ fault }] } } })
    const { text } = await post(simulator, '/v1/messages', message('Say.', { stream: true }))
    expect(text.match(/content_block_delta\n/g)).toHaveLength(2)
    expect(text).toContain('event: error\ndata: {"type":"error","error":{"type":"api_error"')
  })
})
