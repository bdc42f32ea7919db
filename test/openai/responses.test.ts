import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type OpenAI from 'openai'
import { eventually } from '../conformance/eventually.ts'
import { readOutput, untilEnded, uploadLines } from './batch-files.ts'
import { type OpenAiServer, openOpenAiServer } from './server.ts'

type Response = OpenAI.Responses.Response
type Event = OpenAI.Responses.ResponseStreamEvent

let server: OpenAiServer
beforeAll(async () => {
  server = await openOpenAiServer()
})
afterAll(() => server.close())

/** As a program would: asks until it has ended. */
async function polled(id: string): Promise<Response> {
  return eventually(
    () => server.client.responses.retrieve(id),
    ({ status }) => status !== 'queued' && status !== 'in_progress',
  )
}

async function eventsOf(stream: AsyncIterable<Event>): Promise<Event[]> {
  const events: Event[] = []
  for await (const event of stream) events.push(event)
  return events
}

function textOf(events: Event[]): string {
  return events
    .map(event => (event.type === 'response.output_text.delta' ? event.delta : ''))
    .join('')
}

function numbersOf(events: Event[]): number[] {
  return events.map(event => event.sequence_number)
}

const weather = {
  type: 'function' as const,
  name: 'weather',
  strict: true,
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
}

/** `small` and `claude` speak chat completions only, `large` responses itself. */
describe.each(['small', 'claude', 'large'])('responses of %s by the official client', model => {
  it('are answered to a caller who waits', async () => {
    const { data: response, response: raw } = await server.client.responses
      .create({ model, input: '[[now?answer=here+it+is]]', instructions: 'Be brief.' })
      .withResponse()
    expect(response).toMatchObject({
      id: expect.stringMatching(/^resp_[0-9a-f]{32}$/),
      object: 'response',
      status: 'completed',
      background: false,
      instructions: 'Be brief.',
      output_text: 'here it is',
      previous_response_id: null,
      error: null,
    })
    expect(response.usage?.output_tokens).toBeGreaterThan(0)
    expect(raw.headers.get('x-longhaul-model')).toBe(model)
    await expect(server.client.responses.retrieve(response.id)).resolves.toMatchObject({
      id: response.id,
      output_text: 'here it is',
    })
  })

  it('are made in the background, and polled', async () => {
    const queued = await server.client.responses.create({
      model,
      input: '[[later?answer=done+meanwhile&latency=100]]',
      background: true,
    })
    expect(queued).toMatchObject({ status: 'queued', background: true, output: [] })
    const response = await polled(queued.id)
    expect(response).toMatchObject({ status: 'completed', output_text: 'done meanwhile' })
    expect(response.created_at).toBe(queued.created_at)
  })

  it('call functions, and go on with what they gave', async () => {
    const first = await server.client.responses.create({
      model,
      input: 'the weather in Paris?',
      tools: [weather],
      tool_choice: 'required',
    })
    const [call] = first.output
    if (call?.type !== 'function_call') throw new Error('no call')
    expect(JSON.parse(call.arguments)).toHaveProperty('city')
    const second = await server.client.responses.create({
      model,
      previous_response_id: first.id,
      input: [
        { type: 'function_call_output', call_id: call.call_id, output: '[[rain?answer=it+rains]]' },
      ],
    })
    expect(second).toMatchObject({ output_text: 'it rains', previous_response_id: first.id })
    const items = []
    for await (const item of server.client.responses.inputItems.list(second.id, { order: 'asc' })) {
      items.push(item)
    }
    expect(items.map(({ type }) => type)).toEqual([
      'message',
      'function_call',
      'function_call_output',
    ])
  })

  it('give JSON by a schema', async () => {
    const response = await server.client.responses.create({
      model,
      input: 'a city',
      text: {
        format: { type: 'json_schema', name: 'city', strict: true, schema: weather.parameters },
      },
    })
    expect(JSON.parse(response.output_text)).toHaveProperty('city')
  })

  it('tell why they are incomplete', async () => {
    const response = await server.client.responses.create({
      model,
      input: '[[cut?finish=length&answer=half+an]]',
    })
    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    })
  })

  it('stream as the model writes', async () => {
    const stream = await server.client.responses.create({
      model,
      input: '[[flow?tokens=8&tps=50]]',
      stream: true,
    })
    const events = await eventsOf(stream)
    expect(numbersOf(events)).toEqual(events.map((_, index) => index))
    expect(events.slice(0, 4).map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
    ])
    const deltas = events.filter(({ type }) => type === 'response.output_text.delta')
    expect(deltas.length).toBeGreaterThan(3)
    const last = events.at(-1)
    if (last?.type !== 'response.completed') throw new Error(`it ended with ${last?.type}`)
    expect(last.response.output).toMatchObject([{ content: [{ text: textOf(events) }] }])
  })

  it('stream calls of functions', async () => {
    const stream = server.client.responses.stream({
      model,
      input: 'the weather in Paris?',
      tools: [weather],
      tool_choice: 'required',
    })
    const response = await stream.finalResponse()
    expect(response.output).toMatchObject([{ type: 'function_call', name: 'weather' }])
  })

  it('resume a stream behind an event, while it runs and after', async () => {
    const stream = await server.client.responses.create({
      model,
      input: '[[resumed?tokens=12&tps=30]]',
      background: true,
      stream: true,
    })
    const seen: Event[] = []
    let id = ''
    for await (const event of stream) {
      seen.push(event)
      if (event.type === 'response.created') id = event.response.id
      if (seen.filter(({ type }) => type === 'response.output_text.delta').length === 3) break
    }
    const after = seen.at(-1)?.sequence_number ?? 0
    const rest = await eventsOf(
      await server.client.responses.retrieve(id, { stream: true, starting_after: after }),
    )
    const all = [...seen, ...rest]
    expect(numbersOf(all)).toEqual(all.map((_, index) => index))
    expect(all.map(({ type }) => type).slice(0, 3)).toEqual([
      'response.created',
      'response.queued',
      'response.in_progress',
    ])
    const response = await server.client.responses.retrieve(id)
    expect(textOf(all)).toBe(response.output_text)
    const again = await eventsOf(await server.client.responses.retrieve(id, { stream: true }))
    expect(again).toEqual(all)
    // Whoever heard as many, or more, may have heard an earlier telling, which broke off.
    for (const known of [all.length - 1, all.length, 1_000]) {
      const end = await server.client.responses.retrieve(id, {
        stream: true,
        starting_after: known,
      })
      expect(await eventsOf(end)).toMatchObject([
        { type: 'response.completed', sequence_number: known + 1 },
      ])
    }
  })
})

describe('responses by the official client', () => {
  it('are cancelled, twice with the same answer', async () => {
    const queued = await server.client.responses.create({
      model: 'small',
      input: '[[endless?fault=hang]]',
      background: true,
    })
    await server.simulator.waitFor(calls => calls.of('endless') === 1)
    const cancelled = await server.client.responses.cancel(queued.id)
    expect(cancelled).toMatchObject({ id: queued.id, status: 'cancelled', output: [] })
    expect(await server.client.responses.cancel(queued.id)).toEqual(cancelled)
    await server.simulator.waitFor(calls => calls.aborted > 0)
  })

  it('stay as they are when cancelled after their end', async () => {
    const response = await server.client.responses.create({ model: 'small', input: 'hello' })
    await expect(server.client.responses.cancel(response.id)).resolves.toMatchObject({
      status: 'completed',
    })
  })

  it('are deleted with what was said', async () => {
    const response = await server.client.responses.create({ model: 'small', input: '[[secret]]' })
    await server.client.responses.delete(response.id)
    await expect(server.client.responses.retrieve(response.id)).rejects.toMatchObject({
      status: 404,
      code: 'response_not_found',
    })
    await expect(server.client.responses.delete(response.id)).rejects.toMatchObject({ status: 404 })
    const rows = await server.query(`SELECT FROM job_bodies WHERE body LIKE '%[[secret]]%'`)
    expect(rows).toEqual([])
  })

  it('remember over models, and forget the instructions', async () => {
    const first = await server.client.responses.create({
      model: 'large',
      instructions: 'Speak like a pirate.',
      input: 'my name is Ada [[first?answer=Hello+Ada]]',
    })
    const second = await server.client.responses.create({
      model: 'small',
      previous_response_id: first.id,
      input: 'what is my name?',
    })
    const [row] = await server.query<{ body: string }>(
      `SELECT body FROM job_bodies WHERE kind = 'request' ORDER BY job_id DESC LIMIT 1`,
    )
    expect(JSON.parse(row?.body ?? '')).toEqual({
      model: 'small',
      input: [
        { role: 'user', content: 'my name is Ada [[first?answer=Hello+Ada]]' },
        {
          type: 'message',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'Hello Ada', annotations: [] }],
        },
        { role: 'user', content: 'what is my name?' },
      ],
    })
    expect(second.instructions).toBeNull()
    const items = []
    for await (const item of server.client.responses.inputItems.list(second.id, { limit: 1 })) {
      items.push(item)
    }
    expect(items).toHaveLength(3)
    expect(items[0]).toMatchObject({ role: 'user', content: [{ text: 'what is my name?' }] })
  })

  it('fail in the stream when the model does', async () => {
    const events = await eventsOf(
      await server.client.responses.create({
        model: 'small',
        input: '[[bad?status=400]]',
        stream: true,
      }),
    )
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code: 'provider_rejected' } },
    })
  })

  it('fail with a status when nobody streams', async () => {
    await expect(
      server.client.responses.create({ model: 'small', input: '[[worse?status=400]]' }),
    ).rejects.toMatchObject({ status: 400, code: 'provider_rejected' })
  })

  it('repeat a call unseen that failed before its first word, and tell of one that failed later', async () => {
    const early = await eventsOf(
      await server.client.responses.create({
        model: 'small',
        input: '[[early?fault=cut-mid-stream&after=0&times=1&answer=at+last]]',
        stream: true,
      }),
    )
    expect(textOf(early)).toBe('at last')
    const late = await server.client.responses.create({
      model: 'small',
      input: '[[late?fault=cut-mid-stream&after=2&times=1&tokens=6]]',
      stream: true,
    })
    await expect(eventsOf(late)).rejects.toThrow(/middle of its answer/)
  })

  it('refuse what a model that speaks chat only cannot be asked, naming the field', async () => {
    const refused = { status: 400, code: 'invalid_value' }
    await expect(
      server.client.responses.create({
        model: 'small',
        input: 'news?',
        tools: [{ type: 'web_search' }],
      }),
    ).rejects.toMatchObject({ ...refused, param: 'tools[0].type' })
    await expect(
      server.client.responses.create({
        model: 'small',
        input: [{ type: 'item_reference', id: 'msg_1' }],
      }),
    ).rejects.toMatchObject({ ...refused, param: 'input[0].type' })
    const routed = await server.client.responses
      .create({ model: 'auto', input: 'news?', tools: [{ type: 'web_search' }] })
      .withResponse()
    expect(routed.response.headers.get('x-longhaul-model')).toBe('large')
  })

  it('are not to be fetched when they are not stored', async () => {
    const response = await server.client.responses.create({
      model: 'small',
      input: 'hush',
      store: false,
    })
    await expect(server.client.responses.retrieve(response.id)).rejects.toMatchObject({
      status: 404,
    })
    await expect(
      server.client.responses.create({
        model: 'small',
        input: 'hush',
        store: false,
        background: true,
      }),
    ).rejects.toMatchObject({ status: 400, param: 'store' })
  })

  it('go on until all that was said is larger than a request may be', async () => {
    const image_url = `data:image/png;base64,${'A'.repeat(6 * 1024 * 1024)}`
    const image = { type: 'input_image' as const, image_url, detail: 'low' as const }
    const input = [{ role: 'user' as const, content: [image] }]
    const first = await server.client.responses.create({ model: 'large', input })
    const refused = server.client.responses.create({
      model: 'large',
      previous_response_id: first.id,
      input,
    })
    await expect(refused).rejects.toMatchObject({
      status: 413,
      code: 'body_too_large',
      param: 'previous_response_id',
    })
  })

  it('go on from no response that there is not', async () => {
    await expect(
      server.client.responses.create({
        model: 'small',
        input: 'and then?',
        previous_response_id: `resp_${'0'.repeat(12)}7${'0'.repeat(3)}8${'0'.repeat(15)}`,
      }),
    ).rejects.toMatchObject({ status: 404, param: 'previous_response_id' })
  })
})

describe('what is a response to the official client', () => {
  const ofBatchLine = async () => {
    const body = { model: 'large', input: '[[line?answer=as+a+line]]' }
    const line = { custom_id: 'only', method: 'POST', url: '/v1/responses', body }
    const { client } = server
    const { id } = await client.batches.create({
      input_file_id: await uploadLines(client, JSON.stringify(line)),
      endpoint: '/v1/responses',
      completion_window: '24h',
    })
    return untilEnded(client, id)
  }

  it('is not a line of a batch: nobody can delete it out of the output', async () => {
    const batch = await ofBatchLine()
    const [output] = await readOutput(server.client, batch.output_file_id)
    const { job_id } = (output as unknown as { longhaul: { job_id: string } }).longhaul
    const id = `resp_${job_id.slice('job_'.length)}`
    const notFound = { status: 404, code: 'response_not_found' }
    await expect(server.client.responses.delete(id)).rejects.toMatchObject(notFound)
    await expect(server.client.responses.cancel(id)).rejects.toMatchObject(notFound)
    await expect(server.client.responses.retrieve(id)).rejects.toMatchObject(notFound)
    const results = await server.client
      .get(`/batches/${batch.id}/results`, { __binaryResponse: true })
      .asResponse()
    expect(JSON.parse(await results.text())).toMatchObject({
      response: { body: { object: 'response', status: 'completed' } },
    })
  })

  it('is no line that would run in the background, or go on from another', async () => {
    const lines = [{ background: true }, { previous_response_id: 'resp_1' }].map((field, index) =>
      JSON.stringify({
        custom_id: String(index),
        method: 'POST',
        url: '/v1/responses',
        body: { model: 'large', input: 'hello', ...field },
      }),
    )
    const { id } = await server.client.batches.create({
      input_file_id: await uploadLines(server.client, lines.join('\n')),
      endpoint: '/v1/responses',
      completion_window: '24h',
    })
    const { status, errors } = await untilEnded(server.client, id)
    expect(status).toBe('failed')
    expect(errors?.data).toMatchObject([
      { line: 1, param: 'body.background' },
      { line: 2, param: 'body.previous_response_id' },
    ])
  })
})
