import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createBatch, readOutput, untilEnded } from './batch-files.ts'
import { type OpenAiServer, openOpenAiServer } from './server.ts'

let server: OpenAiServer
beforeAll(async () => {
  server = await openOpenAiServer()
})
afterAll(() => server.close())

/** Fields that OpenAI's types do not know go through the client as they are. */
async function ask(content: string, fields: Record<string, unknown>) {
  const { data, response } = await server.client.chat.completions
    .create({ model: 'auto', messages: [{ role: 'user', content }], ...fields } as never)
    .withResponse()
  const [row] = await server.query<{ deployment: string }>(
    'SELECT deployment FROM attempts ORDER BY job_id DESC, number DESC LIMIT 1',
  )
  return {
    completion: data as unknown as {
      choices: Array<{ message: { content: string } }>
      usage: { cost?: number; total_tokens: number }
    },
    model: response.headers.get('x-longhaul-model'),
    reason: response.headers.get('x-longhaul-decision-reason'),
    deployment: row?.deployment,
  }
}

function refusal(param: string) {
  return { status: 400, param }
}

describe("OpenRouter's extensions by the official client", () => {
  it('`models`: the first that can take the request is chosen', async () => {
    const { model, reason } = await ask('hello', { model: undefined, models: ['large', 'small'] })
    expect(model).toBe('large')
    expect(reason).toBe('number 1 of the 2 models that the request lists')
  })

  it('`models`: the next takes over when one fails', async () => {
    const refusing = '[[next?fault=content-policy&times=1&answer=from+the+second]]'
    const { model, completion } = await ask(refusing, { model: 'large', models: ['small'] })
    expect(model).toBe('small')
    expect(completion.choices[0]?.message.content).toBe('from the second')
  })

  it('`models`: holds names of models only', async () => {
    await expect(ask('hello', { models: ['small', 'smal'] })).rejects.toMatchObject({
      status: 400,
      param: 'model',
    })
    await expect(
      ask('hello', { model: undefined, models: ['small', 'larg'] }),
    ).rejects.toMatchObject({ status: 404, param: 'models[1]', code: 'model_not_found' })
    await expect(ask('hello', { model: 'small', models: ['frugal'] })).rejects.toMatchObject(
      refusal('models[0]'),
    )
  })

  it('`openrouter/auto` is `auto`', async () => {
    const { model } = await ask('hello', { model: 'openrouter/auto' })
    expect(model).toBe('small')
  })

  it('`:floor` and `:nitro` choose by price and by time', async () => {
    expect((await ask('hello', { model: 'small:floor' })).deployment).toBe('small/main')
    const { reason } = await ask('hello', { model: 'auto:nitro' })
    expect(reason).toMatch(/fastest|latency/)
    await expect(ask('hello', { model: 'small:online' })).rejects.toMatchObject({ status: 404 })
  })

  it('`provider.order` names the deployment to be tried first', async () => {
    const { deployment } = await ask('hello', { model: 'small', provider: { order: ['spare'] } })
    expect(deployment).toBe('small/spare')
  })

  it('`provider.order` goes on with the others, unless fallbacks are not allowed', async () => {
    const once = (marker: string) => `[[${marker}?status=503&times=1]]`
    const provider = { order: ['spare'] }
    const { deployment } = await ask(once('on'), { model: 'small', provider })
    expect(deployment).toBe('small/main')
    const strict = { model: 'small', provider: { ...provider, allow_fallbacks: false } }
    expect((await ask(once('stay'), strict)).deployment).toBe('small/spare')
  })

  it('`provider.only` and `provider.ignore` limit the deployments', async () => {
    const only = await ask('hello', { model: 'small', provider: { only: ['small/spare'] } })
    expect(only.deployment).toBe('small/spare')
    const ignore = await ask('hello', { model: 'small', provider: { ignore: ['main'] } })
    expect(ignore.deployment).toBe('small/spare')
    const auto = await ask('hello', { provider: { only: ['claude/main'] } })
    expect(auto.model).toBe('claude')
  })

  it('`provider.sort` chooses by price among models and deployments', async () => {
    const { deployment } = await ask('hello', { provider: { sort: 'price' } })
    expect(deployment).toBe('small/main')
  })

  it('`provider.sort` beside `models` sorts within each, or all together when asked', async () => {
    const models = ['large', 'small']
    const ordered = await ask('hello', { model: undefined, models, provider: { sort: 'price' } })
    expect(ordered.model).toBe('large')
    const sort = { by: 'price', partition: 'none' }
    const sorted = await ask('hello', { model: undefined, models, provider: { sort } })
    expect(sorted.deployment).toBe('small/main')
  })

  it('`provider.max_price` leaves out what costs more', async () => {
    const provider = { max_price: { prompt: 0.15, completion: 1 } }
    expect((await ask('hello', { provider })).deployment).toBe('small/main')
    await expect(ask('hello', { model: 'large', provider })).rejects.toMatchObject(
      refusal('provider'),
    )
    const asText = { max_price: { prompt: '0.15', completion: null } }
    expect((await ask('hello', { provider: asText })).deployment).toBe('small/main')
  })

  it('`provider.require_parameters` leaves out who would drop one', async () => {
    const provider = { only: ['claude/main'], require_parameters: true }
    expect((await ask('hello', { provider })).model).toBe('claude')
    await expect(ask('hello', { provider, seed: 7 })).rejects.toMatchObject(refusal('provider'))
  })

  it('`usage.include` tells the cost, streamed too', async () => {
    const { completion } = await ask('hello', { model: 'large', usage: { include: true } })
    expect(completion.usage.cost).toBeGreaterThan(0)
    const stream = await server.client.chat.completions.create({
      model: 'large',
      messages: [{ role: 'user', content: 'hello' }],
      stream: true,
      usage: { include: true },
    } as never)
    let last: unknown
    for await (const chunk of stream as unknown as AsyncIterable<unknown>) last = chunk
    expect(last).toMatchObject({ choices: [], usage: { cost: completion.usage.cost } })
    const response = await server.client.responses.create({
      model: 'large',
      input: 'hello',
      usage: { include: true },
    } as never)
    expect((response as unknown as { usage: unknown }).usage).toHaveProperty('cost')
  })

  it.each([
    ['provider.data_collection', { provider: { data_collection: 'deny' } }],
    ['provider.zdr', { provider: { zdr: true } }],
    ['provider.quantizations', { provider: { quantizations: ['fp8'] } }],
    ['provider.order[0]', { provider: { order: ['nobody'] } }],
    ['provider.max_price.prompt', { provider: { max_price: { prompt: true } } }],
    ['provider.max_price.image', { provider: { max_price: { image: 1 } } }],
    ['provider.sort', { model: 'small:floor', provider: { sort: 'latency' } }],
    ['transforms', { transforms: ['middle-out'] }],
    ['plugins', { plugins: [{ id: 'web' }] }],
    ['preset', { preset: 'mine' }],
    ['route', { route: 'none' }],
    ['models', { models: Array.from({ length: 1_000_000 }, () => 0) }],
    ['provider.only', { provider: { only: Array.from({ length: 1_000_000 }, () => 0) } }],
  ])('refuses what cannot be honoured: %s', async (param, fields) => {
    await expect(ask('hello', fields)).rejects.toMatchObject(refusal(param))
  })
})

interface Ended {
  model: string | null
  deployment: string | undefined
  content: string | undefined
}

type Completion = { choices: Array<{ message: { content: string } }> }

function bodyOf(content: string, fields: object) {
  return { model: 'auto', messages: [{ role: 'user', content }], ...fields }
}

async function endOf(jobId: string, completion: Completion | undefined): Promise<Ended> {
  const job = await server.client.get<{ model: string | null; attempt_list: Ended[] }>(
    `/jobs/${jobId}`,
    { query: { include: 'attempts' } },
  )
  return {
    model: job.model,
    deployment: job.attempt_list.at(-1)?.deployment,
    content: completion?.choices[0]?.message.content,
  }
}

async function asJob(content: string, fields: object): Promise<Ended> {
  const body = { body: bodyOf(content, fields) }
  const { id } = await server.client.post<{ id: string }>('/jobs', { body })
  const { result } = await server.client.get<{ result: Completion }>(`/jobs/${id}`, {
    query: { wait: '20' },
  })
  return endOf(id, result)
}

async function asLine(content: string, fields: object): Promise<Ended> {
  const line = { custom_id: 'only', body: bodyOf(content, fields) }
  const { id } = await createBatch(server.client, [line])
  const batch = await untilEnded(server.client, id)
  const [fault] = batch.errors?.data ?? []
  if (fault) throw Object.assign(new Error(fault.message), { param: fault.param, line: fault.line })
  const [output] = await readOutput(server.client, batch.output_file_id ?? batch.error_file_id)
  const { job_id } = (output as unknown as { longhaul: { job_id: string } }).longhaul
  return endOf(job_id, output?.response?.body as Completion | undefined)
}

describe.each([
  ['job', asJob],
  ['line', asLine],
])("OpenRouter's extensions in the body of a %s", (kind, run) => {
  it('`models`: the next takes over when one fails', async () => {
    const refusing = `[[${kind}?fault=content-policy&times=1&answer=from+the+second]]`
    expect(await run(refusing, { model: 'large', models: ['small'] })).toMatchObject({
      model: 'small',
      content: 'from the second',
    })
  })

  it('`openrouter/auto` and suffixes name what they name elsewhere', async () => {
    expect(await run('hello', { model: 'openrouter/auto:floor' })).toMatchObject({
      deployment: 'small/main',
    })
    expect(await run('hello', { model: 'large:nitro' })).toMatchObject({ model: 'large' })
  })

  it('`provider` limits and orders the deployments', async () => {
    const only = { model: 'small', provider: { only: ['spare'] } }
    expect(await run('hello', only)).toMatchObject({ deployment: 'small/spare' })
    const order = { model: 'small', provider: { order: ['spare'] } }
    expect(await run('hello', order)).toMatchObject({ deployment: 'small/spare' })
  })

  it.each([
    ['models[0]', { models: ['smal'] }],
    ['model', { model: 'small:online' }],
    ['provider.order[0]', { provider: { order: ['nobody'] } }],
    ['provider', { model: 'large', provider: { max_price: { prompt: 0.1 } } }],
    ['provider.zdr', { provider: { zdr: true } }],
    ['provider.sort', { model: 'small:floor', provider: { sort: 'latency' } }],
    ['transforms', { transforms: ['middle-out'] }],
    ['plugins', { plugins: [{ id: 'web' }] }],
    // The answer is kept as it came; the cost stands beside it.
    ['usage', { usage: { include: true } }],
  ])('what cannot be honoured is refused: %s', async (param, fields) => {
    await expect(run('hello', { model: undefined, ...fields })).rejects.toMatchObject({
      param: `body.${param}`,
    })
  })
})

describe('a batch that is retried', () => {
  it('asks again for what its lines asked for', async () => {
    const body = bodyOf('[[again?status=503&times=3]]', {
      model: undefined,
      models: ['large', 'small'],
      provider: { sort: 'price', only: ['small/spare'], max_price: { prompt: 1 } },
    })
    const { id } = await createBatch(server.client, [{ custom_id: 'only', body }])
    expect((await untilEnded(server.client, id)).request_counts?.failed).toBe(1)
    const retried = await server.client.post<{ id: string }>(`/batches/${id}/retry`)
    const batch = await untilEnded(server.client, retried.id)
    expect(batch).toMatchObject({ request_counts: { completed: 1 }, model: 'small' })
    const rows = await server.query<{ options: unknown }>(
      `SELECT options FROM jobs WHERE batch_id IS NOT NULL ORDER BY id DESC LIMIT 2`,
    )
    expect(rows[0]).toEqual(rows[1])
    expect(rows[0]?.options).toMatchObject({
      constraints: { models: ['large', 'small'], deployments: ['small/spare'] },
    })
  })
})
