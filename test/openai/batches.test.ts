import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type OpenAI from 'openai'
import {
  chatLine,
  createBatch,
  type Line,
  readOutput,
  untilBatch,
  untilEnded,
  uploadLines,
} from './batch-files.ts'
import { type OpenAiServer, openOpenAiServer } from './server.ts'

let server: OpenAiServer
let client: OpenAI

beforeAll(async () => {
  server = await openOpenAiServer()
  client = server.client
})
afterAll(() => server.close())

/** What the object has beside OpenAI's. */
function longhaulOf(batch: OpenAI.Batch) {
  return (batch as unknown as { longhaul: Record<string, unknown> }).longhaul
}

describe("a batch of OpenAI's client", () => {
  it('is created, polled to its end, and read', async () => {
    const lines = Array.from({ length: 30 }, (_, index) => chatLine(`plain-${index}`, 'small'))
    const created = await createBatch(client, lines)
    expect(created).toMatchObject({
      object: 'batch',
      status: 'validating',
      errors: null,
      output_file_id: null,
      error_file_id: null,
      in_progress_at: null,
      completed_at: null,
      cancelled_at: null,
      request_counts: { total: 0, completed: 0, failed: 0 },
      metadata: null,
    })
    const batch = await untilEnded(client, created.id)
    expect(batch).toMatchObject({
      status: 'completed',
      model: 'small',
      request_counts: { total: 30, completed: 30, failed: 0 },
      error_file_id: null,
      in_progress_at: expect.any(Number),
      finalizing_at: expect.any(Number),
      completed_at: expect.any(Number),
      expires_at: created.created_at + 86_400,
    })
    const output = await readOutput(client, batch.output_file_id)
    expect(output.map(({ custom_id }) => custom_id)).toEqual(lines.map(line => line.custom_id))
    expect(output[0]).toMatchObject({
      id: expect.stringMatching(/^batch_req_/),
      response: {
        status_code: 200,
        request_id: expect.stringMatching(/^req_/),
        body: { object: 'chat.completion', model: 'small' },
      },
      error: null,
    })
    const tokens = output.reduce((sum, line) => {
      const usage = line.response?.body.usage as { total_tokens: number }
      return sum + usage.total_tokens
    }, 0)
    expect(batch.usage?.total_tokens).toBe(tokens)
    const file = await client.files.retrieve(batch.output_file_id ?? '')
    expect(file).toMatchObject({ purpose: 'batch_output', filename: `${batch.id}_output.jsonl` })
  })

  it('mixes models, auto and embeddings apart, and tells what each did', async () => {
    const smallTalk = [{ role: 'user', content: 'Hi, how are you?' }]
    const lines = [
      chatLine('mixed-1', 'small'),
      chatLine('mixed-2', 'large'),
      { custom_id: 'mixed-3', body: { model: 'auto', messages: smallTalk } },
    ]
    const batch = await untilEnded(client, (await createBatch(client, lines)).id)
    expect(batch.request_counts).toEqual({ total: 3, completed: 3, failed: 0 })
    expect(batch.model).toBeNull()
    expect(longhaulOf(batch)).toMatchObject({
      progress: 1,
      queue_position: null,
      models: { small: { completed: 2 }, large: { completed: 1 } },
    })
    const rows = await server.query<{ cost: number }>('SELECT sum(cost_usd) AS cost FROM jobs')
    expect(rows[0]?.cost).toBeGreaterThan(0)

    const input = { custom_id: 'vector', body: { model: 'embedder', input: 'a few words' } }
    const text = JSON.stringify({ method: 'POST', url: '/v1/embeddings', ...input })
    const embedding = await client.batches.create({
      input_file_id: await uploadLines(client, text),
      endpoint: '/v1/embeddings',
      completion_window: '24h',
      metadata: { customer: 'acme' },
    })
    expect(embedding.metadata).toEqual({ customer: 'acme' })
    const ended = await untilEnded(client, embedding.id)
    const [line] = await readOutput(client, ended.output_file_id)
    expect(line?.response?.body).toMatchObject({ object: 'list' })
  })

  it('writes failures of HTTP to the error file, with the envelope', async () => {
    const lines = [chatLine('well', 'small'), chatLine('bad', 'small', '?status=400')]
    const batch = await untilEnded(client, (await createBatch(client, lines)).id)
    expect(batch).toMatchObject({
      status: 'completed',
      request_counts: { total: 2, completed: 1, failed: 1 },
    })
    const [error] = await readOutput(client, batch.error_file_id)
    expect(error).toMatchObject({
      custom_id: 'bad',
      response: {
        status_code: 422,
        body: { error: { code: 'provider_rejected', param: null, message: expect.any(String) } },
      },
      error: null,
    })
    expect(await readOutput(client, batch.output_file_id)).toMatchObject([{ custom_id: 'well' }])
  })

  it('counts, pays and uses exactly what its jobs did, while it runs too', async () => {
    const lines = Array.from({ length: 60 }, (_, index) =>
      chatLine(`exact-${index}`, index % 2 ? 'small' : 'large', index % 7 ? '' : '?status=400'),
    )
    const { id } = await createBatch(client, lines)
    const check = async () => {
      const [row] = await server.query<Record<string, number>>(
        `SELECT (SELECT sum(succeeded) FROM batch_counts WHERE batch_id = b.id)::integer AS counted,
           (SELECT sum(total_tokens) FROM batch_counts WHERE batch_id = b.id)::integer AS tokens,
           (SELECT round(sum(cost_usd)::numeric, 9) FROM batch_counts WHERE batch_id = b.id)::float8 AS paid,
           (SELECT count(*) FROM jobs WHERE batch_id = b.id AND status = 'succeeded')::integer AS succeeded,
           (SELECT sum((usage->>'total_tokens')::integer) FROM jobs WHERE batch_id = b.id AND phase = 2)::integer AS used,
           (SELECT round(sum(cost_usd)::numeric, 9) FROM jobs WHERE batch_id = b.id)::float8 AS cost
         FROM batches b WHERE id = $1`,
        [id.slice('batch_'.length)],
      )
      expect([row?.counted ?? 0, row?.tokens ?? 0, row?.paid ?? 0]).toEqual([
        row?.succeeded ?? 0,
        row?.used ?? 0,
        row?.cost ?? 0,
      ])
    }
    const batch = await untilBatch(client, id, async ({ status }) => {
      await check()
      return status === 'completed'
    })
    await check()
    expect(batch.request_counts).toEqual({ total: 60, completed: 51, failed: 9 })
  })

  it('is listed by cursor with all its pages', async () => {
    const other = await server.clientOf('lister')
    const made: string[] = []
    for (let index = 0; index < 5; index += 1) {
      made.push((await createBatch(other, [chatLine(`listed-${index}`, 'small')])).id)
    }
    const listed: string[] = []
    for await (const batch of other.batches.list({ limit: 2 })) listed.push(batch.id)
    expect(listed).toEqual(made.toReversed())
    const page = await other.batches.list({ limit: 2 })
    expect([page.data.length, page.has_more]).toEqual([2, true])
  })

  it('belongs to its tenant', async () => {
    const { id } = await createBatch(client, [chatLine('mine', 'small')])
    const other = await server.clientOf('stranger')
    await expect(other.batches.retrieve(id)).rejects.toMatchObject({
      status: 404,
      code: 'batch_not_found',
    })
    await expect(other.batches.cancel(id)).rejects.toMatchObject({ status: 404 })
  })

  it('answers what it cannot take with the error classes of the client', async () => {
    const input_file_id = await uploadLines(client, '{}')
    const endpoint = '/v1/chat/completions'
    const create = (changes: object) =>
      client.batches.create({
        input_file_id,
        endpoint,
        completion_window: '24h',
        ...changes,
      })
    await expect(create({ completion_window: '30s' })).rejects.toMatchObject({
      status: 400,
      param: 'completion_window',
      message: expect.stringContaining('from "1m" to "7d"'),
    })
    await expect(create({ endpoint: '/v1/nothing' })).rejects.toMatchObject({
      status: 400,
      param: 'endpoint',
    })
    await expect(create({ metadata: { key: 'x'.repeat(513) } })).rejects.toMatchObject({
      status: 400,
      param: 'metadata.key',
    })
    await expect(
      create({ input_file_id: 'file-0198c0ffee007abc8def0123456789ab' }),
    ).rejects.toMatchObject({ status: 404, code: 'file_not_found' })
  })

  it('keeps the order of the file where nothing speaks against it', async () => {
    const lines: Line[] = Array.from({ length: 5 }, (_, index) => chatLine(`o-${index}`, 'small'))
    const { id } = await createBatch(client, lines)
    await untilEnded(client, id)
    const rows = await server.query<{ custom_id: string }>(
      `SELECT l.custom_id FROM batch_lines l JOIN jobs j ON j.id = l.job_id
       WHERE l.batch_id = $1 ORDER BY j.due_at`,
      [id.slice('batch_'.length)],
    )
    expect(rows.map(({ custom_id }) => custom_id)).toEqual(lines.map(line => line.custom_id))
  })
})
