import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type OpenAI from 'openai'
import { alone } from '../alone.ts'
import { RunningTime, runningMs } from '../running-time.ts'
import { WebhookReceiver } from '../webhook-receiver.ts'
import {
  chatLine,
  createBatch,
  jsonLines,
  readOutput,
  untilBatch,
  untilEnded,
  uploadLines,
} from './batch-files.ts'
import { type OpenAiServer, openOpenAiServer } from './server.ts'

alone()

let server: OpenAiServer
let client: OpenAI

beforeAll(async () => {
  server = await openOpenAiServer(simulator => {
    const model = (max_concurrency: number) => ({
      context_window: 32_000,
      price: { input: 0.2, output: 0.8 },
      deployments: {
        main: { provider: 'openai-compatible', base_url: simulator.url, max_concurrency },
      },
    })
    return { models: { small: model(64), slow: model(4), narrow: model(1) } }
  })
  server.simulator.script('slow', { latencyMs: 600_000 })
  client = server.client
})
afterAll(() => server.close())

interface Longhaul {
  progress: number
  eta: number | null
  paused: boolean
  queue_position: number | null
  retry_of: string | null
  webhook: { url: string; events: string[] | null } | null
  cost_so_far_usd: number
  estimated_cost_usd: number | null
}

function longhaulOf(batch: OpenAI.Batch): Longhaul {
  return (batch as unknown as { longhaul: Longhaul }).longhaul
}

function inProgress(batch: OpenAI.Batch): boolean {
  return batch.status === 'in_progress'
}

describe('a file with faults', () => {
  it('fails its batch, and every fault is told with line, field and remedy', async () => {
    const good = chatLine('good', 'small')
    const lines = [
      JSON.stringify({ method: 'POST', url: '/v1/chat/completions', ...good }),
      '{"custom_id": "broken", ',
      JSON.stringify({ method: 'POST', url: '/v1/chat/completions', ...good }),
      JSON.stringify({ method: 'GET', url: '/v1/chat/completions', ...chatLine('get', 'small') }),
      '',
      JSON.stringify({ method: 'POST', url: '/v1/embeddings', ...chatLine('url', 'small') }),
      JSON.stringify({ method: 'POST', url: '/v1/chat/completions', ...chatLine('model', 'smal') }),
      JSON.stringify({
        method: 'POST',
        url: '/v1/chat/completions',
        custom_id: 'body',
        body: { messages: [{ role: 'nobody' }] },
      }),
      JSON.stringify({ method: 'POST', url: '/v1/chat/completions', body: {} }),
    ]
    const created = await client.batches.create({
      input_file_id: await uploadLines(client, lines.join('\n')),
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    })
    const batch = await untilEnded(client, created.id)
    expect(batch).toMatchObject({
      status: 'failed',
      failed_at: expect.any(Number),
      request_counts: { total: 0, completed: 0, failed: 0 },
      output_file_id: null,
    })
    const faults = batch.errors?.data ?? []
    expect(faults.map(({ line, code, param }) => [line, code, param])).toEqual([
      [2, 'invalid_json', null],
      [3, 'duplicate_custom_id', 'custom_id'],
      [4, 'invalid_value', 'method'],
      [6, 'invalid_value', 'url'],
      [7, 'model_not_found', 'body.model'],
      [8, 'invalid_value', 'body.messages[0].role'],
      [9, 'missing_field', 'custom_id'],
    ])
    expect(faults[0]?.message).toMatch(/^The line is not valid JSON: column \d+: /)
    expect(faults[1]?.message).toContain('that of line 1 too: give each line its own')
    expect(faults[4]?.message).toContain('Did you mean "small"?')
    const [row] = await server.query<{ jobs: number }>(
      'SELECT count(*)::integer AS jobs FROM jobs WHERE batch_id = $1',
      [batch.id.slice('batch_'.length)],
    )
    expect(row?.jobs).toBe(0)
  })

  it.each([
    ['nothing', '', 'empty_file'],
    ['blank lines', '\n\n \n', 'empty_file'],
    ['more than 50,000 lines', '{}\n'.repeat(50_001), 'invalid_value'],
  ])('fails with %s', async (_name, text, code) => {
    const created = await client.batches.create({
      input_file_id: await uploadLines(client, text),
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    })
    const batch = await untilEnded(client, created.id)
    expect(batch.status).toBe('failed')
    expect(batch.errors?.data?.length).toBeLessThanOrEqual(1_000)
    expect(batch.errors?.data?.[0]?.code).toBe(code === 'empty_file' ? code : 'missing_field')
  })
})

describe('a batch that is cancelled', () => {
  it('answers at once, stops its calls, keeps what has finished, and answers the same again', async () => {
    const fast = Array.from({ length: 5 }, (_, index) => chatLine(`kept-${index}`, 'small'))
    const slow = Array.from({ length: 20 }, (_, index) => chatLine(`stopped-${index}`, 'slow'))
    const { id } = await createBatch(client, [...fast, ...slow])
    await untilBatch(client, id, ({ request_counts }) => request_counts?.completed === 5)
    await server.simulator.waitFor(calls => calls.inFlight >= 4)
    const time = new RunningTime()
    const cancelling = await client.batches.cancel(id)
    expect(time.elapsedMs).toBeLessThan(1_000)
    expect(cancelling).toMatchObject({ status: 'cancelling', cancelling_at: expect.any(Number) })
    const again = await client.batches.cancel(id)
    expect(['cancelling', 'cancelled']).toContain(again.status)
    await server.simulator.waitFor(calls => calls.inFlight === 0)
    expect(time.elapsedMs).toBeLessThan(2_000)
    time.stop()

    const batch = await untilEnded(client, id)
    expect(batch).toMatchObject({
      status: 'cancelled',
      cancelled_at: expect.any(Number),
      request_counts: { total: 25, completed: 5, failed: 0 },
    })
    const output = await readOutput(client, batch.output_file_id)
    expect(output.map(line => line.custom_id)).toEqual(fast.map(line => line.custom_id))
    const errors = await readOutput(client, batch.error_file_id)
    expect(errors).toHaveLength(20)
    expect(errors[0]).toMatchObject({
      custom_id: 'stopped-0',
      response: null,
      error: { code: 'batch_cancelled' },
    })
    const final = await client.batches.cancel(id)
    expect([final.status, final.cancelled_at]).toEqual(['cancelled', batch.cancelled_at])
  })
})

describe('a batch whose window ends', () => {
  it('expires, and keeps what has finished', async () => {
    const lines = [chatLine('in-time', 'small'), chatLine('too-late', 'slow')]
    const { id } = await createBatch(client, lines, undefined, '1h')
    await untilBatch(client, id, ({ request_counts }) => request_counts?.completed === 1)
    await server.query(`UPDATE jobs SET deadline = now() WHERE batch_id = $1 AND phase < 2`, [
      id.slice('batch_'.length),
    ])
    const batch = await untilEnded(client, id)
    expect(batch).toMatchObject({ status: 'expired', expired_at: expect.any(Number) })
    expect(await readOutput(client, batch.output_file_id)).toMatchObject([{ custom_id: 'in-time' }])
    expect(await readOutput(client, batch.error_file_id)).toMatchObject([
      { custom_id: 'too-late', response: null, error: { code: 'batch_expired' } },
    ])
  })
})

describe('what Longhaul adds', () => {
  const base = { endpoint: '/v1/chat/completions', completion_window: '24h' } as const

  it('quotes before a run, and is right about the cost', async () => {
    // What answers are like is learnt from those that were.
    const before = Array.from({ length: 40 }, (_, index) => chatLine(`learn-${index}`, 'small'))
    await untilEnded(client, (await createBatch(client, before)).id)

    const lines = Array.from({ length: 200 }, (_, index) => chatLine(`quote-${index}`, 'auto'))
    const input_file_id = await uploadLines(client, jsonLines(lines))
    const quote = (await client.batches.create({
      ...base,
      input_file_id,
      ...{ longhaul: { dry_run: true } },
    })) as unknown as {
      valid: boolean
      basis: string
      estimated_cost_usd: number
      models: Record<string, { lines: number }>
      lines: Array<{ line: number; custom_id: string; model: string; reason: string }>
    }
    expect(quote).toMatchObject({
      object: 'batch.dry_run',
      valid: true,
      errors: null,
      basis: 'recent_answers',
      request_counts: { total: 200, routable: 200 },
      models: { [quote.lines[0]?.model ?? '']: { lines: 200 } },
    })
    expect(quote.lines[7]).toMatchObject({ line: 8, custom_id: 'quote-7' })
    const { id } = await client.batches.create({ ...base, input_file_id })
    const batch = await untilEnded(client, id)
    const { cost_so_far_usd, estimated_cost_usd } = longhaulOf(batch)
    expect(Math.abs(quote.estimated_cost_usd / cost_so_far_usd - 1)).toBeLessThan(0.2)
    expect(Math.abs((estimated_cost_usd ?? 0) / cost_so_far_usd - 1)).toBeLessThan(0.2)
  })

  it('a quote tells faults', async () => {
    const quote = await client.batches.create({
      ...base,
      input_file_id: await uploadLines(client, '{}'),
      ...{ longhaul: { dry_run: true } },
    })
    expect(quote).toMatchObject({
      valid: false,
      errors: { data: [{ line: 1, code: 'missing_field', param: 'custom_id' }] },
    })
  })

  it('holds a batch back, and lets it go on', async () => {
    const { id } = await createBatch(client, [chatLine('held', 'small')], { paused: true })
    const held = await untilBatch(client, id, inProgress)
    expect(longhaulOf(held)).toMatchObject({ paused: true, progress: 0, queue_position: 0 })
    const resumed = (await client.post(`/batches/${id}/resume`)) as OpenAI.Batch
    expect(longhaulOf(resumed).paused).toBe(false)
    expect(await untilEnded(client, id)).toMatchObject({ status: 'completed' })
    await expect(client.post(`/batches/${id}/pause`)).rejects.toMatchObject({
      status: 409,
      code: 'batch_ended',
    })
  })

  it('runs the batch of the higher priority first', async () => {
    const lines = (name: string) =>
      Array.from({ length: 60 }, (_, index) => chatLine(`${name}-${index}`, 'narrow'))
    server.simulator.script('narrow', { latencyMs: 5 })
    const low = await createBatch(client, lines('low'), { paused: true, priority: 0 })
    const high = await createBatch(client, lines('high'), { paused: true, priority: 5 })
    await untilBatch(client, high.id, inProgress)
    await untilBatch(client, low.id, inProgress)
    const ids = [low, high].map(({ id }) => id.slice('batch_'.length))
    // At once: the one that is resumed first may have all of its lines on their way before the other.
    await server.query('UPDATE batches SET paused = false WHERE id = ANY ($1::uuid[])', [ids])
    await untilEnded(client, low.id)
    const order = await server.query<{ batch: string; mean: number }>(
      `SELECT batch_id::text AS batch, avg(extract(epoch FROM finished_at))::float8 AS mean
       FROM jobs WHERE batch_id = ANY ($1::uuid[]) GROUP BY 1 ORDER BY 2`,
      [ids],
    )
    expect(order[0]?.batch.replaceAll('-', '')).toBe(high.id.slice('batch_'.length))
  })

  it('runs only the failed lines again, as a batch of its own', async () => {
    const lines = [
      chatLine('fine', 'small'),
      chatLine('fails-once', 'small', '?status=400&times=1'),
    ]
    const first = await untilEnded(client, (await createBatch(client, lines)).id)
    expect(first.request_counts).toEqual({ total: 2, completed: 1, failed: 1 })
    const retried = (await client.post(`/batches/${first.id}/retry`)) as OpenAI.Batch
    expect(longhaulOf(retried).retry_of).toBe(first.id)
    const second = await untilEnded(client, retried.id)
    expect(second.request_counts).toEqual({ total: 1, completed: 1, failed: 0 })
    expect(await readOutput(client, second.output_file_id)).toMatchObject([
      { custom_id: 'fails-once' },
    ])
    await expect(client.post(`/batches/${second.id}/retry`)).rejects.toMatchObject({
      code: 'nothing_to_retry',
    })
  })

  it('gives out lines while others wait, from a cursor on, each once', async () => {
    const fast = Array.from({ length: 30 }, (_, index) => chatLine(`early-${index}`, 'small'))
    const { id } = await createBatch(client, [...fast, chatLine('late', 'slow')])
    const read = async (query: string) => {
      const answer = await fetch(`${server.url}/v1/batches/${id}/results${query}`, {
        headers: { authorization: `Bearer ${server.key}` },
      })
      const text = await answer.text()
      const rows = text.split('\n').filter(line => line !== '')
      return rows.map(row => JSON.parse(row) as { custom_id: string; cursor: string })
    }
    await untilBatch(client, id, ({ request_counts }) => request_counts?.completed === 30)
    const seen: string[] = []
    let cursor = ''
    const deadline = performance.now() + 60_000
    while (seen.length < 30 && performance.now() < deadline) {
      const lines = await read(cursor === '' ? '' : `?after=${cursor}`)
      seen.push(...lines.map(({ custom_id }) => custom_id))
      cursor = lines.at(-1)?.cursor ?? cursor
    }
    expect(seen.sort()).toEqual(fast.map(({ custom_id }) => custom_id).sort())
    const following = read(`?after=${cursor}&follow=true`)
    await client.batches.cancel(id)
    expect((await following).map(({ custom_id }) => custom_id)).toEqual(['late'])
  })

  it('tells a receiver of the end, in events that the client unwraps', async () => {
    const receiver = await WebhookReceiver.listen()
    const webhook = { url: receiver.url, events: ['batch.completed'] }
    const { id } = await createBatch(client, [chatLine('told', 'small')], { webhook })
    await receiver.received(1)
    const [delivery] = receiver.deliveries
    const answer = await fetch(`${server.url}/v1/webhook-secret`, {
      headers: { authorization: `Bearer ${server.key}` },
    })
    const { secrets } = (await answer.json()) as { secrets: string[] }
    const event = await client.webhooks.unwrap(
      delivery?.body ?? '',
      delivery?.headers as Record<string, string>,
      secrets[0],
    )
    expect(event).toMatchObject({ object: 'event', type: 'batch.completed', data: { id } })
    await receiver.close()
  })

  it('shows where its events go, in `longhaul`', async () => {
    const receiver = await WebhookReceiver.listen()
    const webhook = { url: receiver.url, events: ['batch.failed', 'batch.expired'] }
    const shown = async (longhaul?: object) => {
      const { id } = await createBatch(client, [chatLine('shown', 'small')], longhaul)
      const batch = await untilEnded(client, id)
      expect(batch).not.toHaveProperty('webhook')
      return longhaulOf(batch).webhook
    }
    expect(await shown({ webhook })).toEqual(webhook)
    expect(await shown({ webhook: { url: receiver.url } })).toEqual({ ...webhook, events: null })
    expect(await shown()).toBeNull()
    await receiver.close()
  })
})

describe('the same request again', () => {
  const lines = [chatLine('twice', 'small')]
  const bodyOf = async () => ({
    input_file_id: await uploadLines(client, jsonLines(lines)),
    endpoint: '/v1/chat/completions' as const,
    completion_window: '24h' as const,
  })

  it('is the same batch when a client retries, or within some seconds', async () => {
    const body = await bodyOf()
    const [first, second] = await Promise.all([
      client.batches.create(body),
      client.batches.create(body),
    ])
    expect(second?.id).toBe(first?.id)
    await server.query(`UPDATE batch_keys SET created_at = created_at - interval '5 minutes'`)
    const retried = await client.batches.create(body, {
      headers: { 'x-stainless-retry-count': '1' },
    })
    expect(retried.id).toBe(first?.id)
    const later = await client.batches.create(body)
    expect(later.id).not.toBe(first?.id)
  })

  it('is the same batch when the client lost the answer and retried by itself', async () => {
    const body = await bodyOf()
    let calls = 0
    const flaky = client.withOptions({
      maxRetries: 2,
      fetch: async (url, init) => {
        calls += 1
        const answer = await fetch(url as string, init as RequestInit)
        if (calls > 1) return answer
        await answer.text()
        throw new TypeError('the connection was lost')
      },
    })
    const batch = await flaky.batches.create(body)
    expect(calls).toBe(2)
    const listed = await client.batches.list({ limit: 100 })
    const ofFile = listed.data.filter(each => each.input_file_id === body.input_file_id)
    expect(ofFile.map(({ id }) => id)).toEqual([batch.id])
  })

  it('is told by an Idempotency-Key, and another body under it is refused once', async () => {
    const headers = { 'idempotency-key': 'batch-of-today' }
    const body = await bodyOf()
    const first = await client.batches.create(body, { headers })
    await server.query(`UPDATE batch_keys SET created_at = created_at - interval '5 hours'`)
    expect((await client.batches.create(body, { headers })).id).toBe(first.id)
    let calls = 0
    const counting = client.withOptions({
      fetch: (url, init) => {
        calls += 1
        return fetch(url as string, init as RequestInit)
      },
    })
    const other = counting.batches.create(
      { ...body, completion_window: '1h' as '24h' },
      { headers },
    )
    await expect(other).rejects.toMatchObject({ status: 409, code: 'idempotency_key_reused' })
    expect(calls).toBe(1)
  })
})

describe('a large batch that is cancelled', () => {
  it('answers at once, and its calls stop, whatever waits of it', async () => {
    const MANY = 5_000
    server.simulator.script('small', { latencyMs: 50 })
    const lines = Array.from({ length: MANY }, (_, index) => chatLine(`many-${index}`, 'small'))
    const { id } = await createBatch(client, lines)
    await untilBatch(client, id, ({ request_counts }) => (request_counts?.completed ?? 0) > 20)
    expect(await runningMs(() => client.batches.cancel(id))).toBeLessThan(1_000)
    const { total } = server.simulator.calls
    const batch = await untilEnded(client, id)
    const { completed = 0 } = batch.request_counts ?? {}
    expect(batch).toMatchObject({ status: 'cancelled', request_counts: { total: MANY, failed: 0 } })
    // Of the second when it was answered, calls that had their jobs in hand; not of the next ones.
    expect(server.simulator.calls.total - total).toBeLessThan(500)
    expect(await readOutput(client, batch.output_file_id)).toHaveLength(completed)
    expect(await readOutput(client, batch.error_file_id)).toHaveLength(MANY - completed)
  })
})
