import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { JobView } from '@longhaul/contracts'
import OpenAI from 'openai'
import { eventually } from '../conformance/eventually.ts'
import { type OpenAiServer, openOpenAiServer } from './server.ts'

let server: OpenAiServer
beforeAll(async () => {
  server = await openOpenAiServer(({ url }) => {
    const main = { provider: 'openai-compatible' as const, base_url: url }
    const model = { context_window: 8_000, price: { input: 1, output: 1 } }
    return {
      models: {
        locked: { ...model, deployments: { main } },
        dead: { ...model, deployments: { main } },
        limited: { ...model, deployments: { main } },
        well: { ...model, price: { input: 9, output: 9 }, deployments: { main } },
      },
      policies: { thrifty: { strategy: 'cheapest', models: ['locked', 'well'] } },
      breaker: { min_calls: 1, open_for: '5m' },
      retry: { base_delay: '10ms', max_delay: '50ms', max_attempts: 3 },
    }
  })
  const { simulator } = server
  simulator.script('locked', { failures: [{ fault: { kind: 'unauthorized' }, times: 'always' }] })
  simulator.script('dead', {
    failures: [{ fault: { kind: 'status', status: 500 }, times: 'always' }],
  })
  const limit = { kind: 'rate-limited' as const, retryAfterSeconds: 300 }
  simulator.script('limited', { failures: [{ fault: limit, times: 'always' }] })
})
afterAll(() => server.close())

function ask(model: string) {
  return server.client.chat.completions.create({
    model,
    messages: [{ role: 'user', content: 'hello' }],
  })
}

async function refusalOf(model: string): Promise<InstanceType<typeof OpenAI.APIError>> {
  const asked = ask(model)
  await expect(asked).rejects.toBeInstanceOf(OpenAI.InternalServerError)
  return asked.catch(error => error)
}

async function jobsCall<Out>(path: string, body?: unknown): Promise<Out> {
  const response = await fetch(`${server.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return (await response.json()) as Out
}

describe('a caller who waits for a model that is out', () => {
  it('hears at once that its credentials are refused, and need not try again', async () => {
    for (let time = 0; time < 2; time += 1) {
      const error = await refusalOf('locked')
      expect(error).toMatchObject({ status: 502, code: 'provider_credentials_refused' })
      expect(error.headers?.get('x-should-retry')).toBe('false')
    }
    expect(server.simulator.calls.byModel.get('locked')).toBe(1)
  })

  it('is answered by another model where its policy has one', async () => {
    const { model } = await ask('thrifty')
    expect(model).toBe('well')
  })

  it('hears in a stream as well', async () => {
    const stream = server.client.chat.completions.create({
      model: 'locked',
      messages: [{ role: 'user', content: 'hello' }],
      stream: true,
    })
    await expect(stream).rejects.toMatchObject({ code: 'provider_credentials_refused' })
  })

  it.each(['dead', 'limited'])('hears when to ask again: %s', async model => {
    const error = await refusalOf(model)
    expect(error).toMatchObject({ status: 503, code: 'model_unavailable' })
    expect(error.headers?.get('retry-after')).toBe('60')
    expect(error.headers?.get('x-should-retry')).toBeNull()
  })
})

describe('a job that nobody waits for', () => {
  it('waits until the credentials are mended, and tells why', async () => {
    await refusalOf('locked')
    const { id } = await jobsCall<JobView>('/v1/jobs', {
      endpoint: '/v1/chat/completions',
      body: { model: 'locked', messages: [{ role: 'user', content: 'hello' }] },
    })
    const job = await jobsCall<JobView>(`/v1/jobs/${id}`)
    expect(job.waiting).toEqual({
      model: 'locked',
      reason: 'credentials refused',
      until: expect.any(String),
    })
    expect(['pending', 'queued']).toContain(job.status)
    const ready = await eventually(
      () => jobsCall<{ ready: boolean; parts: Record<string, object> }>('/readyz'),
      health => health.ready,
    )
    expect(ready.parts.models).toMatchObject({
      ok: false,
      detail: expect.stringContaining('credentials refused: locked/main'),
    })
  })
})
