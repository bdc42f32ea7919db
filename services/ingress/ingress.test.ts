import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { eventually } from '../../test/conformance/eventually.ts'
import { callApi, openTestIngress, type TestIngress } from '../../test/ingress.ts'

const body = { messages: [{ role: 'user', content: 'hello' }] }

describe('an ingress', () => {
  let test: TestIngress
  beforeAll(async () => {
    test = await openTestIngress()
  })
  afterAll(() => test.close())

  const submit = async () => (await test.call('POST', '/v1/jobs', { body })).json.id

  it('names every answer, by the name that the caller gave if it is sane', async () => {
    const id = async (given?: string) => {
      const headers = given === undefined ? {} : { 'x-request-id': given }
      return (await test.call('GET', '/healthz', undefined, headers)).headers.get('x-request-id')
    }
    expect(await id('my-request.1')).toBe('my-request.1')
    expect(await id()).toMatch(/^req_[0-9a-f]{32}$/)
    expect(await id('a b')).toMatch(/^req_/)
    expect(await id('x'.repeat(200))).toMatch(/^req_/)
  })

  it('tells little of what it is made of', async () => {
    const { headers } = await test.call('GET', '/v1/models')
    expect(headers.get('x-powered-by')).toBeNull()
    expect(headers.get('etag')).toBeNull()
  })

  it('counts requests by route, not by path', async () => {
    await test.call('GET', `/v1/jobs/${await submit()}`)
    await test.call('GET', '/nowhere/secret')
    await test.call('GET', '/healthz?secret')
    const metrics = (await test.call('GET', '/metrics')).text
    expect(metrics).toContain(
      'longhaul_http_requests_total{route="/v1/jobs/{id}",method="GET",status="200"} 1',
    )
    expect(metrics).toContain(
      'longhaul_http_requests_total{route="unmatched",method="GET",status="404"} 1',
    )
    expect(metrics).toMatch(
      /longhaul_http_requests_total\{route="\/healthz",method="GET",status="200"\} [1-9]/,
    )
    expect(metrics).not.toContain('secret')
  })

  it('is ready when its parts are', async () => {
    const { text } = await eventually(
      () => callApi(`${test.url}/readyz`, 'GET'),
      ({ status }) => status === 200,
    )
    expect(Object.keys(JSON.parse(text).parts)).toEqual([
      'store',
      'files',
      'bus',
      'coordination',
      'models',
      'ingress',
    ])
  })

  it('lists what a request may name: auto, the policies, and the models with what is known of them', async () => {
    const { text } = await test.call('GET', '/v1/models')
    const { data } = JSON.parse(text) as { data: Array<{ id: string }> }
    const names = ['auto', 'frugal', 'small', 'vendor/large', 'embedder']
    expect(data.map(({ id }) => id)).toEqual(names)
    for (const { id } of data) {
      for (const path of [id, encodeURIComponent(id)]) {
        const one = await test.call('GET', `/v1/models/${path}`)
        expect(JSON.parse(one.text)).toEqual(data.find(model => model.id === id))
      }
    }
    const unknown = await test.call('GET', '/v1/models/vendor/larg')
    expect([unknown.status, unknown.text]).toEqual([
      404,
      expect.stringContaining('Did you mean \\"vendor/large\\"?'),
    ])
  })

  it('shows when a deployment is out', async () => {
    const until = test.clock.now() + 60_000
    test.coordination.breakers.holdUntil('embedder/main', until, 'told to wait')
    const { text } = await test.call('GET', '/v1/models/embedder')
    expect(JSON.parse(text).longhaul.deployments[0]).toMatchObject({
      state: 'open',
      open_until: new Date(until).toISOString(),
    })
  })

  it('decides without running, also when no model qualifies', async () => {
    const before = await test.testStore.query('SELECT id FROM jobs')
    const decide = async (value: unknown) =>
      JSON.parse((await test.call('POST', '/v1/route', value)).text)
    expect(await decide({ body })).toMatchObject({
      object: 'decision',
      model: 'small',
      error: null,
    })
    const long = { messages: [{ role: 'user', content: 'word '.repeat(300_000) }] }
    expect(await decide({ body: long })).toMatchObject({
      object: 'decision',
      model: null,
      error: { code: 'context_length_exceeded' },
    })
    expect(await test.testStore.query('SELECT id FROM jobs')).toEqual(before)
  })

  it('keeps and renews the secret that signs webhooks', async () => {
    const secrets = async (method: string, path: string) =>
      JSON.parse((await test.call(method, path)).text).secrets as string[]
    const [first] = await secrets('GET', '/v1/webhook-secret')
    const rotated = await secrets('POST', '/v1/webhook-secret/rotate')
    expect(rotated).toEqual([expect.stringMatching(/^whsec_/), first])
    expect(await secrets('GET', '/v1/webhook-secret')).toEqual(rotated)
  })

  it('forgets a client that goes away in the middle of its body', async () => {
    const before = await test.testStore.query('SELECT id FROM jobs')
    const connection = await connectTo(test.url)
    connection.write(`${head(test, 'POST', 1_000)}{"body":`)
    await requestBegun(test)
    connection.destroy()
    await until(() => test.ingress.requestsUnderWay === 0)
    expect(await test.testStore.query('SELECT id FROM jobs')).toEqual(before)
    const metrics = (await test.call('GET', '/metrics')).text
    expect(metrics).toContain('{route="/v1/jobs",method="POST",status="499"} 1')
  })
})

describe('an ingress that stops', () => {
  let test: TestIngress
  beforeEach(async () => {
    test = await openTestIngress()
  })
  afterEach(() => test.close())

  it('lets long-polls answer what there is, and streams end', async () => {
    const { id } = (await test.call('POST', '/v1/jobs', { body })).json
    const waiting = test.call('GET', `/v1/jobs/${id}?wait=60`)
    const stream = test.call('GET', `/v1/jobs/${id}/events`)
    await untilWatched(test, 2)
    await test.ingress.stop(10_000)
    expect((await waiting).json.status).toBe('queued')
    expect((await stream).text).toContain('"status":"queued"')
    await expect(test.call('GET', '/healthz')).rejects.toThrow('fetch failed')
    expect(test.ingress.health().ok).toBe(false)
  })

  it('finishes what was begun, and refuses what comes after it on the same connection', async () => {
    const connection = await connectTo(test.url)
    const text = JSON.stringify({ body })
    connection.write(head(test, 'POST', text.length) + text.slice(0, 5))
    await requestBegun(test)
    const stopped = test.ingress.stop(10_000)
    connection.write(`${text.slice(5)}${head(test, 'GET', 0)}`)
    await stopped
    const answers = await connection.closed
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 202', 'HTTP/1.1 503'])
    expect(answers).toContain('"code":"shutting_down"')
    expect(answers).toContain('connection: close')
  })

  it('cuts what takes longer than it may', async () => {
    const connection = await connectTo(test.url)
    connection.write(head(test, 'POST', 10))
    await requestBegun(test)
    await test.ingress.stop(50)
    expect(await connection.closed).toBe('')
  })

  it('may be told twice', async () => {
    await Promise.all([test.ingress.stop(1_000), test.ingress.stop(1_000)])
  })
})

/** The head of a request to `/v1/jobs`, as text. */
function head(test: TestIngress, method: string, length: number): string {
  return [
    `${method} /v1/jobs HTTP/1.1`,
    'host: longhaul',
    `authorization: Bearer ${test.key}`,
    'content-type: application/json',
    `content-length: ${length}`,
    '\r\n',
  ].join('\r\n')
}

const untilWatched = (test: TestIngress, count: number) =>
  until(() => test.ingress.waiting === count)

/** A request is under way: its first bytes have been looked at. */
const requestBegun = (test: TestIngress) => until(() => test.ingress.requestsUnderWay > 0)

async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; !isSo(); turn += 1) {
    if (turn > 60_000) throw new Error('it never came to pass')
    await new Promise(resolve => setTimeout(resolve, 1))
  }
}

async function connectTo(url: string) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  await once(socket, 'connect')
  let text = ''
  socket.setEncoding('utf8')
  socket.on('data', chunk => {
    text += chunk
  })
  const closed = new Promise<string>(resolve => {
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
  return {
    closed,
    write: (bytes: string) => socket.write(bytes),
    destroy: () => socket.destroy(),
  }
}
