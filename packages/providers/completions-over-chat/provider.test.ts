import { describe, expect, it } from '@jest/globals'
import type { Provider, ProviderFailure, ProviderResult } from '../port.ts'
import { testDeployment } from '../test-deployment.ts'
import { CompletionsOverChat } from './provider.ts'

const deployment = (model: string) =>
  testDeployment('http://127.0.0.1:9/v1', {}, { model, endpoints: ['/v1/chat/completions'] })

/** Answers each text with itself; a text that is named in `failures` fails as often as it says. */
function openEcho(failures: Record<string, number>) {
  const asked: string[] = []
  const inner: Provider = {
    async complete({ body }): Promise<ProviderResult> {
      const [{ content } = { content: '' }] = body.messages as Array<{ content: string }>
      asked.push(content)
      const left = failures[content] ?? 0
      failures[content] = left - 1
      if (left > 0) return refused
      const message = { role: 'assistant', content }
      const told = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
      const answer = { choices: [{ index: 0, message, finish_reason: 'stop' }], usage: told }
      return { ok: true, status: 200, body: JSON.stringify(answer), usage, costUsd: 1 }
    },
    async stop() {},
  }
  return { asked, provider: new CompletionsOverChat(inner) }
}

const usage = {
  input_tokens: 1,
  cached_input_tokens: 0,
  cache_write_tokens: 0,
  output_tokens: 1,
  reasoning_tokens: 0,
  total_tokens: 2,
}
const refused: ProviderFailure = {
  ok: false,
  kind: 'rate-limited',
  detail: 'slow down',
  status: 429,
  retryAfterMs: undefined,
}

describe('a prompt of several texts, of which one is refused', () => {
  const { signal } = new AbortController()
  const request = () => ({
    endpoint: '/v1/completions' as const,
    body: { prompt: ['one', 'two', 'three'] },
  })

  it('is not asked nor paid again for what was answered', async () => {
    const { asked, provider } = openEcho({ two: 2 })
    const same = request()
    const results = []
    for (let call = 0; call < 3; call += 1) {
      results.push(await provider.complete(same, deployment('a'), signal))
    }
    expect(asked).toEqual(['one', 'two', 'two', 'two', 'three'])
    expect(results).toMatchObject([
      { ok: false, costUsd: 1, usage: { total_tokens: 2 } },
      { ok: false },
      { ok: true, usage: { total_tokens: 6 }, paid: { costUsd: 2, usage: { total_tokens: 4 } } },
    ])
    const [, , last] = results
    const { choices } = JSON.parse((last as { body: string }).body)
    expect(
      choices.map(({ index, text }: { index: number; text: string }) => [index, text]),
    ).toEqual([
      [0, 'one'],
      [1, 'two'],
      [2, 'three'],
    ])
  })

  it('is asked whole of another model, and for another request', async () => {
    const { asked, provider } = openEcho({ two: 2 })
    const same = request()
    await provider.complete(same, deployment('a'), signal)
    await provider.complete(same, deployment('b'), signal)
    await provider.complete(request(), deployment('b'), signal)
    expect(asked).toEqual(['one', 'two', 'one', 'two', 'one', 'two', 'three'])
  })
})
