import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type JobView, lanes, modelTopic } from '@longhaul/contracts'
import { ingressConfig, openTestIngress, type TestIngress } from '../../../test/ingress.ts'

const body = { messages: [{ role: 'user', content: 'hello' }] }
const answer = '{\n  "choices": [{"message": {"content": "line\\nline"}}],\n  "n": 1.50\n}'

interface List {
  object: string
  data: JobView[]
  first_id: string | null
  last_id: string | null
  has_more: boolean
}

describe('jobs', () => {
  let test: TestIngress
  let otherKey: string

  beforeAll(async () => {
    test = await openTestIngress()
    const other = await test.store.tenants.ensure('other')
    otherKey = await test.store.tenants.createKey(other.id, 'other')
  })
  afterAll(() => test.close())

  const submit = async (job: object = {}) =>
    (await test.call('POST', '/v1/jobs', { body, ...job })).json.id
  const get = (id: string, query = '') => test.call('GET', `/v1/jobs/${id}${query}`)

  /** As a worker would. */
  async function start(id: string): Promise<number> {
    const claim = await test.store.jobs.claim(id, 'small', 'worker-1', 60_000)
    if (!claim) throw new Error(`${id} could not be claimed`)
    test.coordination.broadcasts.send('job-changed', { jobId: id, status: 'running' })
    return claim.fence
  }

  async function finish(id: string, fence: number): Promise<void> {
    const now = test.clock.now()
    const usage = {
      input_tokens: 5,
      cached_input_tokens: 0,
      cache_write_tokens: 0,
      output_tokens: 7,
      reasoning_tokens: 0,
      total_tokens: 12,
    }
    await test.store.jobs.settle({
      jobId: id,
      from: 'running',
      fence,
      to: 'succeeded',
      result: { body: answer, error: null, usage },
      attempt: {
        model: 'small',
        deployment: 'main',
        startedAt: now - 20,
        finishedAt: now,
        outcome: 'succeeded',
        httpStatus: 200,
        error: null,
        usage,
        costUsd: 0.25,
      },
    })
    test.coordination.broadcasts.send('job-finished', { jobId: id, status: 'succeeded' })
  }

  async function finished(): Promise<string> {
    const id = await submit()
    await finish(id, await start(id))
    return id
  }

  describe('GET /v1/jobs/{id}', () => {
    it('shows how it ended', async () => {
      const { json } = await get(await finished())
      expect(json).toMatchObject({
        status: 'succeeded',
        model: 'small',
        attempts: 1,
        result: JSON.parse(answer),
        error: null,
        usage: { total_tokens: 12 },
        cost_usd: 0.25,
      })
      const times = [json.created_at, json.started_at, json.finished_at].map(time =>
        Date.parse(time ?? ''),
      )
      expect(times).toEqual(times.toSorted())
    })

    it("passes the provider's answer on as it came", async () => {
      const { text } = await get(await finished())
      expect(text).toContain(`"result":${answer},`)
    })

    it('includes what is asked for, and nothing else', async () => {
      const id = await finished()
      const plain = await get(id)
      const { json } = await get(id, '?include=request,attempts,decision')
      expect(json).toEqual({
        ...plain.json,
        request: body,
        routing_constraints: null,
        attempt_list: [
          {
            number: 1,
            model: 'small',
            deployment: 'main',
            outcome: 'succeeded',
            http_status: 200,
            error: null,
            started_at: expect.any(String),
            finished_at: expect.any(String),
            usage: expect.objectContaining({ total_tokens: 12 }),
            cost_usd: 0.25,
          },
        ],
        decision: null,
      })
    })

    it("shows what OpenRouter's extensions ask for beside the body without them", async () => {
      const models = ['vendor/large', 'small']
      const id = await submit({ body: { ...body, models, provider: { only: ['small/main'] } } })
      const { json } = await get(id, '?include=request')
      expect(json.request).toEqual({ ...body, model: 'auto' })
      expect(json.routing_constraints).toEqual({ models, deployments: ['small/main'] })
      expect((await get(id)).json).not.toHaveProperty('routing_constraints')
    })

    it.each([
      ['batch_0198c0ffee007abc8def0123456789ab', 400, 'invalid_id'],
      ['job_00000000000000000000000000000000', 404, 'job_not_found'],
      ['job_123', 400, 'invalid_id'],
      ['job_0198C0FFEE007ABC8DEF0123456789AB', 400, 'invalid_id'],
      ['%00', 400, 'invalid_id'],
      ['job_0198c0ffee007abc8def0123456789ab', 404, 'job_not_found'],
    ])('answers %s with %i', async (id, status, code) => {
      for (const [method, path] of [
        ['GET', `/v1/jobs/${id}`],
        ['GET', `/v1/jobs/${id}?wait=1`],
        ['POST', `/v1/jobs/${id}/cancel`],
        ['GET', `/v1/jobs/${id}/events`],
      ] as const) {
        const answered = await test.call(method, path)
        expect([answered.status, answered.json.error?.code]).toEqual([status, code])
        expect(answered.text).toContain('"param":"id"')
      }
    })

    it("shows nobody another tenant's job", async () => {
      const id = await submit()
      const authorization = `Bearer ${otherKey}`
      for (const [method, path] of [
        ['GET', `/v1/jobs/${id}?wait=1`],
        ['POST', `/v1/jobs/${id}/cancel`],
        ['GET', `/v1/jobs/${id}/events`],
      ] as const) {
        const { status, json } = await test.call(method, path, undefined, { authorization })
        expect([status, json.error?.code]).toEqual([404, 'job_not_found'])
      }
      expect((await get(id)).json.status).toBe('queued')
    })
  })

  describe('?wait=', () => {
    it('answers as soon as the job has ended', async () => {
      const id = await submit()
      const waiting = get(id, '?wait=30')
      await finish(id, await start(id))
      const { json } = await waiting
      expect([json.status, json.result]).toEqual(['succeeded', JSON.parse(answer)])
    })

    it('notices an end that no broadcast told of', async () => {
      const id = await submit()
      const waiting = get(id, '?wait=30')
      await test.store.jobs.cancel(test.tenantId, id)
      expect((await waiting).json.status).toBe('cancelled')
    })

    it('answers what there is when the time is up', async () => {
      const id = await submit()
      const startedAt = performance.now()
      const { json } = await get(id, '?wait=0.2')
      expect(json.status).toBe('queued')
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(190)
    })

    it('answers at once when there is nothing to wait for', async () => {
      const { json } = await get(await finished(), '?wait=60')
      expect(json.status).toBe('succeeded')
      expect((await get(await submit(), '?wait=0')).json.status).toBe('queued')
    })
  })

  describe('POST /v1/jobs/{id}/cancel', () => {
    it('ends the job, tells those who call and those who wait, and answers the same again', async () => {
      const id = await submit()
      const news: unknown[] = []
      const ends = (['job-cancelled', 'job-finished'] as const).map(channel =>
        test.coordination.broadcasts.on(channel, payload => {
          if (payload.jobId === id) news.push([channel, payload])
        }),
      )
      const first = await test.call('POST', `/v1/jobs/${id}/cancel`, { anything: true })
      const second = await test.call('POST', `/v1/jobs/${id}/cancel`)
      for (const end of ends) end()
      expect([first.status, first.json.status]).toEqual([200, 'cancelled'])
      expect(first.json.error).toEqual({ code: 'job_cancelled', message: 'The job was cancelled.' })
      expect(second.json).toEqual(first.json)
      expect(news).toEqual([
        ['job-cancelled', { jobId: id }],
        ['job-finished', { jobId: id, status: 'cancelled' }],
      ])
    })

    it('leaves a job as it ended', async () => {
      const id = await finished()
      const before = await get(id)
      const { status, json } = await test.call('POST', `/v1/jobs/${id}/cancel`)
      expect([status, json]).toEqual([200, before.json])
    })
  })

  describe('GET /v1/jobs/{id}/events', () => {
    it('tells the state now, every change, and the whole job at the end', async () => {
      const id = await submit()
      const events = await openEvents(test, id)
      expect(await events.next()).toMatchObject({ sequence: '1', id, status: 'queued' })
      const fence = await start(id)
      expect(await events.next()).toMatchObject({ sequence: '2', status: 'running' })
      await finish(id, fence)
      const { json } = await get(id)
      expect(await events.next()).toEqual({
        sequence: '3',
        id,
        status: 'succeeded',
        at: json.finished_at,
        job: json,
      })
      expect(await events.next()).toBeUndefined()
    })

    it('tells a late subscriber how it ended', async () => {
      const id = await finished()
      const events = await openEvents(test, id)
      expect(await events.next()).toMatchObject({ sequence: '1', status: 'succeeded', job: { id } })
      expect(await events.next()).toBeUndefined()
    })

    it('answers HEAD without waiting', async () => {
      const { status } = await test.call('HEAD', `/v1/jobs/${await submit()}/events`)
      expect(status).toBe(200)
    })
  })

  describe('GET /v1/jobs', () => {
    const list = (query: string) => test.call<List>('GET', `/v1/jobs?metadata[suite]=list&${query}`)
    const ids: string[] = []

    beforeAll(async () => {
      for (let index = 0; index < 5; index += 1) {
        const lane = index % 2 === 0 ? 'bulk' : 'standard'
        const model = index === 4 ? { body: { ...body, model: 'small' } } : {}
        ids.push(await submit({ ...model, lane, metadata: { suite: 'list', index: `${index}` } }))
      }
      await test.call('POST', `/v1/jobs/${ids[0]}/cancel`)
    })

    it('pages from the newest to the oldest', async () => {
      const first = await list('limit=2')
      expect(first.json).toMatchObject({
        object: 'list',
        first_id: ids[4],
        last_id: ids[3],
        has_more: true,
      })
      const second = await list(`limit=2&after=${first.json.last_id}`)
      const third = await list(`limit=2&after=${second.json.last_id}`)
      expect(third.json.has_more).toBe(false)
      const all = [first, second, third].flatMap(({ json }) => json.data.map(({ id }) => id))
      expect(all).toEqual(ids.toReversed())
    })

    it('shows of each job what it was submitted with', async () => {
      const webhook = { url: 'https://example.com/hooks', events: ['job.failed'] }
      const id = await submit({ metadata: { suite: 'told' }, webhook })
      const { json } = await test.call<List>('GET', '/v1/jobs?metadata[suite]=told')
      expect(json.data).toMatchObject([{ id, metadata: { suite: 'told' }, webhook }])
    })

    it('pages the other way round', async () => {
      const { json } = await list(`order=asc&limit=3&after=${ids[0]}`)
      expect(json.data.map(({ id }) => id)).toEqual(ids.slice(1, 4))
    })

    it.each([
      ['status=cancelled', [0]],
      ['lane=bulk', [4, 2, 0]],
      ['model=small', [4]],
      ['metadata[index]=3', [3]],
      ['metadata[index]=3&lane=bulk', []],
    ])('filters by %s', async (query, indexes) => {
      const { json } = await list(query)
      expect(json.data.map(({ metadata }) => Number(metadata?.index))).toEqual(indexes)
      if (indexes.length === 0) expect([json.first_id, json.last_id]).toEqual([null, null])
    })

    it('shows what GET shows', async () => {
      const { json } = await list('limit=1')
      expect(json.data[0]).toEqual((await get(ids[4] ?? '')).json)
    })

    it("lists nobody another tenant's jobs", async () => {
      const authorization = `Bearer ${otherKey}`
      const { json } = await test.call<List>('GET', '/v1/jobs', undefined, { authorization })
      expect(json).toEqual({
        object: 'list',
        data: [],
        first_id: null,
        last_id: null,
        has_more: false,
      })
    })
  })
})

/** Reads server-sent events one by one. */
async function openEvents(test: TestIngress, id: string) {
  const response = await fetch(`${test.url}/v1/jobs/${id}/events`, {
    headers: { authorization: `Bearer ${test.key}` },
  })
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  const chunks = response.body?.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]()
  let text = ''
  return {
    async next(): Promise<Record<string, unknown> | undefined> {
      while (!text.includes('\n\n')) {
        const chunk = await chunks?.next()
        if (!chunk || chunk.done) return undefined
        text += chunk.value
      }
      const [event = '', ...rest] = text.split('\n\n')
      text = rest.join('\n\n')
      if (event.startsWith(':')) return this.next()
      const fields = Object.fromEntries(
        event
          .split('\n')
          .map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      )
      expect(fields.event).toBe('job.status')
      return { sequence: fields.id, ...JSON.parse(fields.data ?? '') }
    },
  }
}

describe('the eta of a job', () => {
  let test: TestIngress
  beforeAll(async () => {
    test = await openTestIngress()
  })
  afterAll(() => test.close())

  it('is told once its model is known and was called, until it has ended', async () => {
    const { bus, coordination, live, clock } = test
    const models = Object.keys(ingressConfig.models)
    await bus.ensureTopics(lanes.flatMap(lane => models.map(name => modelTopic(name, lane))))
    const submitted = await test.call('POST', '/v1/jobs', { body: { ...body, model: 'small' } })
    const path = `/v1/jobs/${submitted.json.id}`
    expect((await test.call('GET', path)).json.eta).toBeNull()

    coordination.live.begin('small/main', 'standard')({ ok: true, latencyMs: 60_000 })
    await live.queues.look()
    const { eta } = (await test.call('GET', path)).json
    expect(Date.parse(eta?.at ?? '') - clock.now()).toBeGreaterThan(50_000)
    expect(Date.parse(eta?.earliest ?? '')).toBeLessThanOrEqual(Date.parse(eta?.at ?? ''))
    expect(Date.parse(eta?.latest ?? '')).toBeGreaterThanOrEqual(Date.parse(eta?.at ?? ''))

    await test.call('POST', `${path}/cancel`)
    expect((await test.call('GET', path)).json.eta).toBeNull()
  })
})
