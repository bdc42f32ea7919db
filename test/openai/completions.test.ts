import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Completion } from 'openai/resources/completions'
import { jsonLines, readOutput, untilEnded, uploadLines } from './batch-files.ts'
import { type OpenAiServer, openOpenAiServer } from './server.ts'

let server: OpenAiServer
beforeAll(async () => {
  server = await openOpenAiServer(({ url, origin }) => {
    const priced = { context_window: 32_768, price: { input: 1, output: 2 } }
    const main = { provider: 'openai-compatible', base_url: url }
    const claude = { provider: 'anthropic', base_url: `${origin}/v1` }
    return {
      models: {
        chat: { ...priced, deployments: { main } },
        claude: { ...priced, deployments: { main: claude } },
        legacy: { ...priced, endpoints: ['/v1/completions'], deployments: { main } },
      },
    }
  })
})
afterAll(() => server.close())

async function streamed(chunks: AsyncIterable<Completion>) {
  let [text, finish, total] = ['', '', 0]
  for await (const chunk of chunks) {
    expect(chunk.object).toBe('text_completion')
    text += chunk.choices[0]?.text ?? ''
    finish = chunk.choices[0]?.finish_reason ?? finish
    total = chunk.usage?.total_tokens ?? total
  }
  return { text, finish, total }
}

describe.each(['chat', 'claude', 'legacy'])(
  'legacy completions by the official client of %s',
  model => {
    const prompt = '[[plain?answer=hello+there]] Go on.'

    it('answers a text', async () => {
      const completion = await server.client.completions.create({ model, prompt })
      expect(completion).toMatchObject({
        object: 'text_completion',
        model,
        choices: [{ text: 'hello there', index: 0, finish_reason: 'stop', logprobs: null }],
      })
      expect(completion.usage?.completion_tokens).toBe(2)
    })

    it('answers each of several texts, which are one job', async () => {
      const completion = await server.client.completions.create({
        model,
        prompt: ['[[one?answer=first]]', '[[one?answer=first]]'],
      })
      expect(completion.choices.map(({ index, text }) => [index, text])).toEqual([
        [0, 'first'],
        [1, 'first'],
      ])
      expect(completion.usage?.completion_tokens).toBe(2)
    })

    it('streams', async () => {
      const options = { stream: true as const, stream_options: { include_usage: true } }
      const chunks = await server.client.completions.create({ model, prompt, ...options })
      expect(await streamed(chunks)).toEqual({
        text: 'hello there',
        finish: 'stop',
        total: expect.any(Number),
      })
    })

    it('bounds answers that nobody bounds as OpenAI does', async () => {
      const completion = await server.client.completions.create({
        model,
        prompt: '[[x?tokens=40]]',
      })
      expect(completion.choices[0]?.finish_reason).toBe('length')
      expect(completion.usage?.completion_tokens).toBe(16)
    })
  },
)

describe('legacy completions that chat cannot say', () => {
  it.each([
    ['echo', { echo: true }],
    ['suffix', { suffix: 'the end' }],
    ['logprobs', { logprobs: 2 }],
    ['best_of', { best_of: 3 }],
    ['prompt', { prompt: [[1, 2, 3]] }],
  ])('are refused by name of a model that speaks chat only: %s', async (param, body) => {
    const asked = { model: 'chat', prompt: 'Go on.', ...body }
    await expect(server.client.completions.create(asked)).rejects.toMatchObject({
      status: 400,
      code: 'invalid_value',
      param,
      message: expect.stringMatching(/or choose another model/),
    })
  })

  it('are answered by one that speaks completions, also where it is chosen', async () => {
    const asked = { model: 'auto', prompt: 'Once[[x?answer=+upon]]', echo: true, logprobs: 1 }
    const completion = await server.client.completions.create(asked)
    expect(completion).toMatchObject({
      model: 'legacy',
      choices: [{ text: 'Once[[x?answer=+upon]] upon', logprobs: { tokens: expect.any(Array) } }],
    })
  })

  it('names a prompt that is none', async () => {
    await expect(
      server.client.completions.create({ model: 'chat', prompt: [] }),
    ).rejects.toMatchObject({ status: 400, param: 'prompt' })
  })
})

it('a batch of legacy completions runs, and its faults name line and field', async () => {
  const url = '/v1/completions'
  const lines = ['chat', 'legacy'].map((model, index) => ({
    custom_id: String(index),
    body: { model, prompt: `[[batch-${index}?answer=done]]` },
  }))
  const batchOf = async (text: string) => {
    const created = await server.client.batches.create({
      input_file_id: await uploadLines(server.client, text),
      endpoint: url,
      completion_window: '24h',
    })
    return untilEnded(server.client, created.id)
  }
  const batch = await batchOf(jsonLines(lines, url))
  expect(batch).toMatchObject({ status: 'completed', request_counts: { completed: 2 } })
  const output = await readOutput(server.client, batch.output_file_id)
  const done = { body: { object: 'text_completion', choices: [{ text: 'done' }] } }
  expect(output).toMatchObject([{ response: done }, { response: done }])

  const faulty = { custom_id: 'x', body: { model: 'chat', prompt: 'a', suffix: 'b' } }
  const failed = await batchOf(jsonLines([...lines, faulty], url))
  expect(failed).toMatchObject({
    status: 'failed',
    errors: { data: [{ line: 3, param: 'body.suffix', code: 'invalid_value' }] },
  })
})

it('a provider that says nothing of tokens is paid for what was counted', async () => {
  const choice = { index: 0, message: { role: 'assistant', content: 'one two three' } }
  const body = {
    id: 'x',
    object: 'chat.completion',
    choices: [{ ...choice, finish_reason: 'stop' }],
  }
  server.simulator.script('chat', {
    failures: [{ fault: { kind: 'status', status: 200, body }, times: 'always' }],
  })
  const messages = [{ role: 'user' as const, content: 'Count to three.' }]
  const { response } = await server.client.chat.completions
    .create({ model: 'chat', messages })
    .withResponse()
  const id = response.headers.get('x-longhaul-job-id')
  const headers = { authorization: `Bearer ${server.key}` }
  const job = await (await fetch(`${server.url}/v1/jobs/${id}`, { headers })).json()
  // Four words and a full stop, and what frames them; three words.
  expect(job).toMatchObject({
    usage: { input_tokens: 11, output_tokens: 3, total_tokens: 14, estimated: true },
    cost_usd: (11 * 1 + 3 * 2) / 1e6,
  })
})
