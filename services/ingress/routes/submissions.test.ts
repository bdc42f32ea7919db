import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { BusUnavailableError, type Delivery } from '@longhaul/bus'
import {
  type ErrorEnvelope,
  type JobMessage,
  type JobView,
  jobMessageSchema,
  SUBMITTED_TOPIC,
} from '@longhaul/contracts'
import { StoreBusyError, StoreUnavailableError } from '@longhaul/store'
import { openTestIngress, type TestIngress } from '../../../test/ingress.ts'

const body = { messages: [{ role: 'user', content: 'Why is the sky dark at night?' }] }
type BulkAnswer = { object: string; data: Array<JobView & ErrorEnvelope> }

describe('submitting', () => {
  let test: TestIngress
  const messages: Array<JobMessage & { headers: Record<string, string | undefined> }> = []

  beforeAll(async () => {
    test = await openTestIngress()
    await test.bus.consume({
      topics: [SUBMITTED_TOPIC],
      group: 'test',
      window: 10_000,
      versions: [1],
      handle(delivery: Delivery) {
        const message = jobMessageSchema.parse(JSON.parse(delivery.message.value))
        messages.push({ ...message, headers: delivery.message.headers })
        delivery.ack()
      },
    })
  })
  afterAll(() => test.close())

  const submit = (job: unknown, headers?: Record<string, string>) =>
    test.call('POST', '/v1/jobs', job, headers)
  const submitAll = (jobs: unknown, headers?: Record<string, string>) =>
    test.call<BulkAnswer>('POST', '/v1/jobs/bulk', jobs, headers)
  const messageOf = (id: string) => messages.filter(message => message.jobId === id)

  it('answers 202 with the job, what is not there yet as null', async () => {
    const { status, json } = await submit({ body, metadata: { a: 'b' }, deadline: '1h' })
    expect(status).toBe(202)
    expect(json).toEqual({
      id: expect.stringMatching(/^job_[0-9a-f]{32}$/),
      object: 'job',
      status: 'queued',
      endpoint: '/v1/chat/completions',
      lane: 'standard',
      policy: 'auto',
      model: null,
      attempts: 0,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      started_at: null,
      finished_at: null,
      not_before: null,
      deadline: expect.any(String),
      eta: null,
      waiting: null,
      result: null,
      error: null,
      usage: null,
      cost_usd: null,
      metadata: { a: 'b' },
      webhook: null,
      links: {
        self: `/v1/jobs/${json.id}`,
        cancel: `/v1/jobs/${json.id}/cancel`,
        events: `/v1/jobs/${json.id}/events`,
      },
    })
    expect(Date.parse(json.deadline ?? '') - Date.parse(json.created_at)).toBeCloseTo(3_600_000, -3)
  })

  it('keeps the job as it answered it', async () => {
    const { json } = await submit({ body, lane: 'bulk', metadata: { a: 'b' }, deadline: '1h' })
    const kept = await test.call('GET', `/v1/jobs/${json.id}?include=request`)
    expect(kept.json).toEqual({ ...json, request: body, routing_constraints: null })
  })

  it.each([
    ['for the events that are named', ['job.failed', 'job.succeeded']],
    ['for all events', undefined],
  ] as const)('keeps the webhook as it answered it: %s', async (_, events) => {
    const webhook = { url: 'https://example.com/hooks?a=b', ...(events && { events }) }
    const { json } = await submit({ body, webhook })
    expect(json.webhook).toEqual({ ...webhook, events: events ?? null })
    expect((await test.call('GET', `/v1/jobs/${json.id}`)).json).toEqual(json)
  })

  it('publishes the job once, with all that routing needs', async () => {
    const { json } = await submit({ body: { ...body, model: 'small' }, lane: 'interactive' })
    const [message, ...more] = messageOf(json.id)
    expect(more).toEqual([])
    expect(message).toMatchObject({
      jobId: json.id,
      tenantId: test.tenantId,
      endpoint: '/v1/chat/completions',
      lane: 'interactive',
      policy: null,
      requestedModel: 'small',
      dispatch: 1,
      hints: null,
      route: null,
      body: JSON.stringify({ ...body, model: 'small' }),
      headers: { 'longhaul-schema': '1' },
    })
    expect(json.model).toBe('small')
  })

  it('sends long bodies by reference', async () => {
    const long = { messages: [{ role: 'user', content: 'é'.repeat(150_000) }] }
    const { json } = await submit({ body: long })
    const [message] = messageOf(json.id)
    expect(message?.body).toBeNull()
    expect(message?.bodyBytes).toBe(Buffer.byteLength(JSON.stringify(long)))
    expect(JSON.parse(String(await test.store.requestBodies.of(json.id, 0)))).toEqual(long)
  })

  it("carries the caller's trace on, or makes one of the job's id", async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const traced = await submit({ body }, { traceparent })
    expect(messageOf(traced.json.id)[0]?.headers.traceparent).toBe(traceparent)
    const untraced = await submit({ body }, { traceparent: 'nonsense' })
    const { id } = untraced.json
    expect(messageOf(id)[0]?.traceparent).toMatch(new RegExp(`^00-${id.slice(4)}-[0-9a-f]{16}-01$`))
  })

  it('holds back what is not due', async () => {
    const { json } = await submit({ body, not_before: '1h' })
    expect(json.status).toBe('pending')
    expect(messageOf(json.id)).toEqual([])
    const due = await submit({ body, not_before: '0s' })
    expect(due.json.status).toBe('queued')
  })

  it('tells the dispatcher of what it leaves in Postgres', async () => {
    const told = new Promise(resolve => {
      const end = test.coordination.broadcasts.on('work-pending', payload => {
        end()
        resolve(payload)
      })
    })
    await submit({ body, not_before: '1h', lane: 'bulk' })
    expect(await told).toEqual({ lane: 'bulk' })
  })

  it('counts what it accepts', async () => {
    const before = await acceptedInLane(test, 'bulk')
    await submitAll({ jobs: [{ body, lane: 'bulk' }, { body, lane: 'bulk' }, {}] })
    expect(await acceptedInLane(test, 'bulk')).toBe(before + 2)
  })

  it('takes a thousand at once, in order', async () => {
    const jobs = Array.from({ length: 1_000 }, (_, index) => ({
      body,
      metadata: { index: String(index) },
    }))
    const { status, json } = await submitAll({ jobs })
    expect(status).toBe(202)
    expect(json.object).toBe('list')
    expect(json.data.map(job => job.metadata?.index)).toEqual(jobs.map(job => job.metadata.index))
    expect(new Set(json.data.map(({ id }) => id)).size).toBe(1_000)
    expect(json.data.map(({ id }) => id)).toEqual(json.data.map(({ id }) => id).toSorted())
  })

  it('answers for each of a bulk request by itself', async () => {
    const { status, json } = await submitAll({
      jobs: [{ body }, { body: { messages: [{ role: 'usr' }] } }, 5, { body, lane: 'bulk' }],
    })
    expect(status).toBe(202)
    expect(json.data.map(item => item.error?.param ?? item.lane)).toEqual([
      'standard',
      'jobs[1].body.messages[0].role',
      'jobs[2]',
      'bulk',
    ])
    expect(json.data[1]).toEqual({
      error: {
        message: expect.stringContaining('did you mean "user"?'),
        type: 'invalid_request_error',
        param: 'jobs[1].body.messages[0].role',
        code: 'invalid_value',
      },
    })
  })

  it('refuses of a bulk request only what cannot be kept', async () => {
    const hello = '"messages":[{"role":"user","content":"hello"}]'
    const { status, json } = await submitAll(`{"jobs":[
      {"body":{${hello}}},
      {"body":{"messages":[{"role":"user","content":"see \\u0000 here"}]}},
      {"body":{${hello}},"metadata":{"customer":"\\ud800"}},
      {"body":{${hello},"x":${'['.repeat(300)}${']'.repeat(300)}}},
      {"body":{${hello},"max_tokens":1e400}},
      {"body":{${hello}}}]}`)
    expect(status).toBe(202)
    expect(json.data.map(({ object, error }) => error?.param ?? object)).toEqual([
      'job',
      'jobs[1].body.messages[0].content',
      'jobs[2].metadata.customer',
      'jobs[3]',
      'jobs[4].body.max_tokens',
      'job',
    ])
    expect(json.data[1]?.error).toMatchObject({
      code: 'invalid_text',
      message:
        '`jobs[1].body.messages[0].content` holds a NUL character ("see \\u0000 here"): remove it.',
    })
  })

  it.each([
    [{}, 'jobs', 'missing_field'],
    [{ jobs: [] }, 'jobs', 'invalid_value'],
    [{ jobs: { body } }, 'jobs', 'invalid_value'],
    [{ jobs: Array.from({ length: 1_001 }, () => ({ body })) }, 'jobs', 'invalid_value'],
    [{ jbs: [{ body }], jobs: [{ body }] }, 'jbs', 'unknown_field'],
    [[{ body }], null, 'invalid_value'],
  ])('refuses a bulk request that is none (%#)', async (value, param, code) => {
    const { status, json } = await test.call<ErrorEnvelope>('POST', '/v1/jobs/bulk', value)
    expect([status, json.error.param, json.error.code]).toEqual([400, param, code])
  })

  describe('with an idempotency key', () => {
    it('makes one job of one request, however often it comes', async () => {
      const key = { 'idempotency-key': 'once' }
      const answers = await Promise.all(Array.from({ length: 10 }, () => submit({ body }, key)))
      expect(new Set(answers.map(({ status, json }) => `${status} ${json.id}`)).size).toBe(1)
      const replayed = answers.filter(({ headers }) => headers.get('idempotency-replayed'))
      expect(replayed).toHaveLength(9)
      expect(messageOf(answers[0]?.json.id ?? '')).toHaveLength(1)
    })

    it('answers the job as it is by now', async () => {
      const key = { 'idempotency-key': 'later' }
      const { json } = await submit({ body }, key)
      await test.call('POST', `/v1/jobs/${json.id}/cancel`)
      const again = await submit({ body }, key)
      expect([again.status, again.json.id, again.json.status]).toEqual([202, json.id, 'cancelled'])
    })

    it('answers the job that was accepted, though it would be refused by now', async () => {
      const key = { 'idempotency-key': 'expired' }
      const job = { body, deadline: new Date(Date.now() + 3_600_000).toISOString() }
      const { json } = await submit(job, key)
      const past = jest.spyOn(test.clock, 'now').mockImplementation(() => Date.now() + 7_200_000)
      const again = await submit(job, key)
      past.mockRestore()
      expect([again.status, again.json.id]).toEqual([202, json.id])
    })

    it('refuses another body, and tells clients not to try again', async () => {
      const key = { 'idempotency-key': 'reused' }
      await submit({ body }, key)
      const { status, headers, text } = await submit({ body, lane: 'bulk' }, key)
      expect(status).toBe(409)
      expect(headers.get('x-should-retry')).toBe('false')
      expect(JSON.parse(text).error).toMatchObject({
        code: 'idempotency_key_reused',
        type: 'idempotency_error',
        param: 'Idempotency-Key',
      })
    })

    it.each(['', 'x'.repeat(256), 'é'])('refuses the key %p', async key => {
      const { status, text } = await submit({ body }, { 'idempotency-key': key })
      expect([status, JSON.parse(text).error.param]).toEqual([400, 'Idempotency-Key'])
    })

    it('makes the same jobs of the same bulk request', async () => {
      const key = { 'idempotency-key': 'bulk' }
      const jobs = [{ body }, { bdy: 1 }, { body, lane: 'bulk' }]
      const first = await submitAll({ jobs }, key)
      const again = await submitAll({ jobs }, key)
      expect(again.status).toBe(202)
      expect(again.json.data.map(({ id }) => id)).toEqual(first.json.data.map(({ id }) => id))
      expect(again.json.data[1]).toEqual(first.json.data[1])
    })

    it('refuses another bulk request whole', async () => {
      const key = { 'idempotency-key': 'bulk-reused' }
      await submitAll({ jobs: [{}, { body }] }, key)
      const before = messages.length
      const { status, headers } = await submitAll({ jobs: [{ body }, { body }, { body }] }, key)
      expect([status, headers.get('x-should-retry')]).toEqual([409, 'false'])
      expect(messages).toHaveLength(before)
    })
  })
})

describe('when the bus takes nothing', () => {
  let test: TestIngress
  let rejections: number

  beforeAll(async () => {
    rejections = 0
    test = await openTestIngress({
      replace: ({ bus }) => ({
        bus: Object.assign(Object.create(bus), {
          ensureTopics: (topics: string[]) => bus.ensureTopics(topics),
          room: () => 10_000,
          health: () => bus.health(),
          stop: () => bus.stop(),
          async publish() {
            rejections += 1
            throw new BusUnavailableError('away')
          },
        }),
      }),
    })
  })
  afterAll(() => test.close())

  it('accepts all the same, and puts the job back for the dispatcher', async () => {
    const putBack = new Promise(resolve =>
      test.coordination.broadcasts.on('job-changed', payload => resolve(payload)),
    )
    const { status, json } = await test.call('POST', '/v1/jobs', { body })
    expect(status).toBe(202)
    expect(await putBack).toEqual({ jobId: json.id, status: 'pending' })
    expect(await test.store.dispatch.dueKeys()).toEqual([
      { lane: 'standard', tenantId: test.tenantId, model: '', batchId: null },
    ])
  })

  it('leaves the next ones pending at once', async () => {
    const { json } = await test.call('POST', '/v1/jobs', { body, lane: 'bulk' })
    expect(json.status).toBe('pending')
    expect(rejections).toBe(1)
  })
})

describe('when the store takes nothing', () => {
  let test: TestIngress
  let failures: Error[]

  beforeAll(async () => {
    test = await openTestIngress()
    const { insert } = test.store.jobs
    jest.spyOn(test.store.jobs, 'insert').mockImplementation(job => {
      const failure = failures.shift()
      return failure ? Promise.reject(failure) : insert.call(test.store.jobs, job)
    })
  })
  afterAll(() => test.close())

  it.each([
    [new StoreUnavailableError(new Error('ECONNREFUSED 10.0.0.7')), 'store_unavailable', '2'],
    [new StoreBusyError('insert'), 'overloaded', '1'],
  ])('answers %p with 503 and when to come again', async (failure, code, retryAfter) => {
    failures = [failure, failure]
    for (const [path, value] of [
      ['/v1/jobs', { body }],
      ['/v1/jobs/bulk', { jobs: [{ body }] }],
    ] as const) {
      const { status, headers, json } = await test.call<ErrorEnvelope>('POST', path, value)
      expect([status, json.error.code, json.error.type]).toEqual([503, code, 'server_error'])
      expect(headers.get('retry-after')).toBe(retryAfter)
      expect(JSON.stringify(json)).not.toContain('10.0.0.7')
    }
    expect(await test.bus.lag(SUBMITTED_TOPIC, 'test')).toBe(0)
  })

  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  it.each([
    ['away', refused, 'nothing was accepted'],
    ['of several addresses, and away', { message: '', errors: [refused] }, 'nothing was accepted'],
    ['starting', { message: 'starting up', code: '57P03' }, 'nothing was accepted'],
    ['cut off', new Error('Connection terminated unexpectedly'), 'may have been accepted'],
    ['silent', new Error('Query read timeout'), 'may have been accepted'],
    ['reset', { message: 'reset', code: 'ECONNRESET' }, 'may have been accepted'],
  ])('says whether anything may have been accepted: the database is %s', async (_, cause, said) => {
    failures = [new StoreUnavailableError(cause)]
    const { json } = await test.call<ErrorEnvelope>('POST', '/v1/jobs', { body })
    expect(json.error.message).toContain(said)
  })

  it('tells which jobs of a bulk request were not accepted', async () => {
    failures = [new StoreUnavailableError(new Error('x'))]
    const { status, json } = await test.call<BulkAnswer>('POST', '/v1/jobs/bulk', {
      jobs: [{ body }, { body }],
    })
    expect(status).toBe(202)
    expect(json.data.map(item => item.error?.code ?? item.object)).toEqual([
      'store_unavailable',
      'job',
    ])
  })

  it('tells nothing of a fault of ours but where to look for it', async () => {
    failures = [new Error('relation "jobs" of password=hunter2')]
    const { status, headers, json } = await test.call<ErrorEnvelope>('POST', '/v1/jobs', { body })
    const requestId = headers.get('x-request-id')
    expect([status, json.error.code]).toEqual([500, 'internal_error'])
    expect(json.error.message).toBe(
      `Something went wrong on our side; the log has it under request id ${requestId}.`,
    )
  })
})

async function acceptedInLane(test: TestIngress, lane: string): Promise<number> {
  const line = new RegExp(`^longhaul_jobs_accepted_total\\{lane="${lane}"\\} (\\d+)$`, 'm')
  return Number(line.exec(await test.telemetry.scrape())?.[1] ?? 0)
}
