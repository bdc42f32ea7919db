import { describe, expect, it } from '@jest/globals'
import { openSimulator } from '../../../test/simulator/test-client.ts'
import {
  answerStream,
  chatRequest,
  never,
  openServer,
  openTestProvider,
  testDeployment,
} from '../test-deployment.ts'

const deploymentAt = (url: string) => testDeployment(url, { provider: 'anthropic' })

const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-x',
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 10, output_tokens: 1 },
}
const errorOf = (type: string) => ({ type: 'error', error: { type, message: 'x' } })

describe('a stream', () => {
  it('adds up to what the whole answer would have been', async () => {
    const simulator = await openSimulator({
      models: { small: { cachedTokens: 1, answer: 'two words' } },
    })
    const provider = openTestProvider()
    const deployment = deploymentAt(simulator.url)
    const whole = await provider.complete(chatRequest(), deployment, never)
    const streamed = await provider.complete(chatRequest(), deployment, never, () => {})
    if (!whole.ok || !streamed.ok) throw new Error('both calls should have succeeded')
    const perCall = { id: '', created: 0 }
    expect({ ...JSON.parse(streamed.body), ...perCall }).toEqual({
      ...JSON.parse(whole.body),
      ...perCall,
    })
    expect(streamed.usage).toEqual(whole.usage)
  })

  it('is told in chunks of a chat completion', async () => {
    const simulator = await openSimulator({ models: { small: { answer: 'two words' } } })
    const chunks: Record<string, never>[] = []
    const deployment = deploymentAt(simulator.url)
    await openTestProvider().complete(chatRequest(), deployment, never, text =>
      chunks.push(JSON.parse(text)),
    )
    const choice = (delta: object, finish_reason: string | null = null) => ({
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    })
    expect(chunks).toMatchObject([
      choice({ role: 'assistant', content: '' }),
      choice({ content: 'two' }),
      choice({ content: ' words' }),
      choice({}, 'stop'),
      { choices: [], usage: { total_tokens: expect.any(Number) } },
    ])
  })

  const start = { type: 'message_start', message }
  const stop = { type: 'message_stop' }
  const ending = (stop_reason: string, more: object = {}) => ({
    type: 'message_delta',
    delta: { stop_reason, ...more },
    usage: { output_tokens: 9 },
  })

  async function stream(events: object[], chunks: object[] = []) {
    const server = await openServer(answerStream(events, ''))
    const provider = openTestProvider()
    return provider.complete(chatRequest(), deploymentAt(server.origin), never, text =>
      chunks.push(JSON.parse(text)),
    )
  }

  it('of thinking and parallel tool calls keeps all apart', async () => {
    const block = (index: number, content_block: object) => ({
      type: 'content_block_start',
      index,
      content_block,
    })
    const delta = (index: number, type: string, fields: object) => ({
      type: 'content_block_delta',
      index,
      delta: { type, ...fields },
    })
    const chunks: object[] = []
    const result = await stream(
      [
        start,
        block(0, { type: 'thinking', thinking: '' }),
        delta(0, 'thinking_delta', { thinking: 'Two ' }),
        delta(0, 'thinking_delta', { thinking: 'cities.' }),
        delta(0, 'signature_delta', { signature: 'sig' }),
        block(1, { type: 'tool_use', id: 't1', name: 'weather', input: {} }),
        delta(1, 'input_json_delta', { partial_json: '{"city":' }),
        delta(1, 'input_json_delta', { partial_json: '"Bonn"}' }),
        block(2, { type: 'tool_use', id: 't2', name: 'now', input: {} }),
        { type: 'ping' },
        ending('tool_use'),
        stop,
      ],
      chunks,
    )
    if (!result.ok) throw new Error(result.detail)
    expect(JSON.parse(result.body).choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: null,
        reasoning_content: 'Two cities.',
        tool_calls: [
          { id: 't1', function: { name: 'weather', arguments: '{"city":"Bonn"}' } },
          { id: 't2', function: { name: 'now', arguments: '{}' } },
        ],
      },
    })
    expect(result.usage).toMatchObject({ input_tokens: 10, output_tokens: 9 })
    const told = chunks.flatMap(
      chunk => (chunk as { choices: { delta: { tool_calls?: object[] } }[] }).choices,
    )
    expect(told.flatMap(({ delta }) => delta.tool_calls ?? [])).toEqual([
      { index: 0, id: 't1', type: 'function', function: { name: 'weather', arguments: '' } },
      { index: 0, function: { arguments: '{"city":' } },
      { index: 0, function: { arguments: '"Bonn"}' } },
      { index: 1, id: 't2', type: 'function', function: { name: 'now', arguments: '' } },
    ])
  })

  it('that ends in a refusal is refused', async () => {
    const explained = { stop_details: { type: 'refusal', explanation: 'Not this.' } }
    expect(await stream([start, ending('refusal', explained), stop])).toMatchObject({
      kind: 'refused',
      detail: 'Not this.',
    })
  })

  it.each([
    ['ends without its end', 'unavailable', [start, ending('end_turn')]],
    ['is overloaded on its way', 'unavailable', [start, errorOf('overloaded_error')]],
    ['is limited on its way', 'rate-limited', [start, errorOf('rate_limit_error')]],
  ])('that %s is %s', async (_, kind, events) => {
    expect(await stream(events)).toMatchObject({ ok: false, kind, status: 200 })
  })
})
