import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type OpenAI from 'openai'
import { eventually } from '../conformance/eventually.ts'
import { type OpenAiServer, openOpenAiServer } from './server.ts'

type Chunk = OpenAI.Chat.Completions.ChatCompletionChunk

let server: OpenAiServer
beforeAll(async () => {
  server = await openOpenAiServer()
})
afterAll(() => server.close())

async function open(content: string, more: object = {}) {
  return server.client.chat.completions.create({
    model: 'small',
    messages: [{ role: 'user', content }],
    ...more,
    stream: true,
  })
}

async function chunksOf(stream: AsyncIterable<Chunk>): Promise<Chunk[]> {
  const chunks: Chunk[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

function textOf(chunks: Chunk[]): string {
  return chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
}

describe('streamed chat completions by the official client', () => {
  it('bring tokens as the model writes them', async () => {
    const { aborted } = server.simulator.calls
    for await (const chunk of await open('[[paced?tokens=2000&tps=20]]')) {
      if (chunk.choices[0]?.delta.content) break
    }
    expect(server.simulator.calls.inFlight).toBe(1)
    await server.simulator.waitFor(calls => calls.aborted > aborted)

    const chunks = await chunksOf(await open('[[whole?tokens=40]]'))
    expect(textOf(chunks).length).toBeGreaterThan(40)
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop')
    expect(chunks.some(chunk => 'usage' in chunk && chunk.usage)).toBe(false)
  })

  it('tell the usage last when asked', async () => {
    const chunks = await chunksOf(
      await open('[[usage?answer=four+words+of+it]]', { stream_options: { include_usage: true } }),
    )
    expect(textOf(chunks)).toBe('four words of it')
    const last = chunks.at(-1)
    expect(last).toMatchObject({ object: 'chat.completion.chunk', choices: [] })
    expect(last?.usage?.total_tokens).toBeGreaterThan(0)
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true)
  })

  it('assemble to what the job recorded', async () => {
    const stream = server.client.chat.completions.stream({
      model: 'small',
      messages: [{ role: 'user', content: '[[whole?answer=one+two+three]]' }],
    })
    const completion = await stream.finalChatCompletion()
    expect(completion.choices[0]?.message.content).toBe('one two three')
    const [row] = await server.query<{ body: string }>(
      `SELECT body FROM job_bodies WHERE kind = 'response' ORDER BY job_id DESC LIMIT 1`,
    )
    expect(JSON.parse(row?.body ?? '').choices[0].message.content).toBe('one two three')
  })

  it('stream calls of tools', async () => {
    const stream = server.client.chat.completions.stream({
      model: 'small',
      messages: [{ role: 'user', content: 'the weather in Paris' }],
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
    const completion = await stream.finalChatCompletion()
    expect(completion.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ function: { name: 'weather' } }] },
    })
  })

  it('come from models of other formats', async () => {
    expect(
      textOf(await chunksOf(await open('[[claude?answer=bon+jour]]', { model: 'claude' }))),
    ).toBe('bon jour')
  })

  it('hide a failure before the first word', async () => {
    const chunks = await chunksOf(
      await open('[[early?fault=cut-mid-stream&after=0&times=1&answer=second+call]]'),
    )
    expect(textOf(chunks)).toBe('second call')
    expect(server.simulator.calls.of('early')).toBe(2)
  })

  it('raise an error for a failure after it, and end the job', async () => {
    const stream = await open('[[late?fault=error-mid-stream&after=3&times=1&tokens=9&tps=50]]')
    await expect(chunksOf(stream)).rejects.toThrow('middle of its answer')
    const status = async () => {
      const [row] = await server.query<{ status: string }>(
        `SELECT j.status FROM jobs j JOIN job_bodies b ON b.job_id = j.id WHERE b.body LIKE '%[[late%'`,
      )
      return row?.status
    }
    await server.simulator.waitFor(calls => calls.of('late') === 2)
    expect(await eventually(status, now => now !== 'running')).toBe('cancelled')
  })

  it('answer with a status when the job fails before anything is sent', async () => {
    await expect(open('[[never?status=400]]')).rejects.toMatchObject({ status: 400 })
  })

  it('keep a waiting connection alive with comments, which the client does not see', async () => {
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'small',
        stream: true,
        messages: [{ role: 'user', content: '[[patient?latency=3600&answer=at+last]]' }],
      }),
    })
    const text = await response.text()
    expect(text).toMatch(/^: (queued|running)\n\n/)
    expect(text).toMatch(/data: \[DONE\]\n\n$/)
  })

  it('end the job when the caller leaves in the middle', async () => {
    const { aborted } = server.simulator.calls
    const stream = await open('[[left?tokens=200&tps=20]]')
    for await (const _ of stream) break
    await server.simulator.waitFor(calls => calls.aborted > aborted)
    expect(server.simulator.log.at(-1)).toMatchObject({ marker: 'left', outcome: 'aborted' })
  })
})
