import type { ServerResponse } from 'node:http'
import { createServer } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import { type Clock, systemClock } from '@longhaul/contracts'
import { openSimulator } from '../../test/simulator/test-client.ts'
import { bodyArrives } from '../../test/undici-signals.ts'
import {
  answerJson,
  chatRequest,
  completion,
  never,
  openServer,
  openTestProvider,
  testDeployment,
} from './test-deployment.ts'

const hanging = async () => {
  const simulator = await openSimulator({
    models: { small: { failures: [{ fault: { kind: 'hang' }, times: 'always' }] } },
  })
  return { simulator, deployment: testDeployment(simulator.url) }
}

/** A clock whose timers fire when told. */
function handDrivenClock(): Clock & { fireAll(): void; pending: number } {
  const timers = new Set<() => void>()
  return {
    now: () => 0,
    schedule(_, fire) {
      timers.add(fire)
      return () => timers.delete(fire)
    },
    fireAll() {
      for (const fire of timers) fire()
    },
    get pending() {
      return timers.size
    },
  }
}

describe('aborting a call', () => {
  it('closes the connection at once and ends the call as aborted', async () => {
    const { simulator, deployment } = await hanging()
    const controller = new AbortController()
    const call = openTestProvider().complete(chatRequest(), deployment, controller.signal)
    await simulator.waitFor(calls => calls.inFlight === 1)
    controller.abort()
    expect(await call).toMatchObject({ ok: false, kind: 'aborted' })
    await simulator.waitFor(calls => calls.aborted === 1)
  })

  it('ends a call that still waits for a connection, and never sends it', async () => {
    const { simulator, deployment } = await hanging()
    const provider = openTestProvider()
    const narrow = { ...deployment, config: { ...deployment.config, max_concurrency: 1 } }
    const first = new AbortController()
    const second = new AbortController()
    const running = provider.complete(chatRequest(), narrow, first.signal)
    await simulator.waitFor(calls => calls.inFlight === 1)
    const waiting = provider.complete(chatRequest(), narrow, second.signal)
    second.abort()
    expect(await waiting).toMatchObject({ kind: 'aborted' })
    first.abort()
    expect(await running).toMatchObject({ kind: 'aborted' })
    expect(simulator.calls.total).toBe(1)
  })

  it('ends a stream in the middle', async () => {
    const simulator = await openSimulator({
      models: { small: { failures: [{ fault: { kind: 'stall-mid-stream', afterTokens: 1 } }] } },
    })
    const controller = new AbortController()
    const chunks: string[] = []
    const result = await openTestProvider().complete(
      chatRequest(),
      testDeployment(simulator.url),
      controller.signal,
      chunk => {
        chunks.push(chunk)
        if (chunk.includes('"content":"') && chunks.length > 1) controller.abort()
      },
    )
    expect(result).toMatchObject({ kind: 'aborted' })
    await simulator.waitFor(calls => calls.aborted === 1)
  })

  it('sends nothing when the signal is aborted already', async () => {
    const server = await openServer(answerJson(200, completion))
    const deployment = testDeployment(server.origin)
    const result = await openTestProvider().complete(chatRequest(), deployment, AbortSignal.abort())
    expect(result).toMatchObject({ kind: 'aborted' })
    expect(server.calls).toHaveLength(0)
  })

  it('leaves no listener and no timer behind', async () => {
    const server = await openServer(answerJson(200, completion))
    const clock = handDrivenClock()
    const provider = openTestProvider(clock)
    const { signal } = new AbortController()
    let listeners = 0
    signal.addEventListener = new Proxy(signal.addEventListener, {
      apply: (target, self, args) => {
        listeners += 1
        return Reflect.apply(target, self, args)
      },
    })
    signal.removeEventListener = new Proxy(signal.removeEventListener, {
      apply: (target, self, args) => {
        listeners -= 1
        return Reflect.apply(target, self, args)
      },
    })
    for (let call = 0; call < 3; call += 1) {
      await provider.complete(chatRequest(), testDeployment(server.origin), signal)
    }
    expect({ listeners, timers: clock.pending }).toEqual({ listeners: 0, timers: 0 })
  })
})

describe("a deployment's time-out", () => {
  it('ends a call that was not answered, as unavailable', async () => {
    const { simulator, deployment } = await hanging()
    const clock = handDrivenClock()
    const call = openTestProvider(clock).complete(chatRequest(), deployment, never)
    await simulator.waitFor(calls => calls.inFlight === 1)
    clock.fireAll()
    expect(await call).toEqual({
      ok: false,
      kind: 'unavailable',
      detail: 'no whole answer within 10000 ms',
      status: undefined,
      retryAfterMs: undefined,
    })
    await simulator.waitFor(calls => calls.aborted === 1)
  })

  it.each(['whole', 'streamed'])('ends a call whose %s answer stalls half-way', async form => {
    const simulator = await openSimulator({
      models: { small: { failures: [{ fault: { kind: 'stall-mid-stream', afterTokens: 1 } }] } },
    })
    const deployment = testDeployment(simulator.url)
    const onChunk = form === 'streamed' ? () => {} : undefined
    const clock = handDrivenClock()
    const arrived = bodyArrives()
    const call = openTestProvider(clock).complete(chatRequest(), deployment, never, onChunk)
    await arrived
    clock.fireAll()
    expect(await call).toMatchObject({
      kind: 'unavailable',
      detail: 'no whole answer within 10000 ms',
    })
    await simulator.waitFor(calls => calls.aborted === 1)
  })

  it.each(['whole', 'streamed'])(
    'leaves what status and headers say of an error that stalls half-way: %s',
    async form => {
      const server = await openServer(response => {
        response
          .writeHead(429, { 'retry-after': '60', 'content-length': '1000' })
          .write('{"error":')
      })
      const onChunk = form === 'streamed' ? () => {} : undefined
      const clock = handDrivenClock()
      const arrived = bodyArrives()
      const deployment = testDeployment(server.origin)
      const call = openTestProvider(clock).complete(chatRequest(), deployment, never, onChunk)
      await arrived
      clock.fireAll()
      expect(await call).toMatchObject({ kind: 'rate-limited', status: 429, retryAfterMs: 60_000 })
    },
  )
})

describe('a broken connection', () => {
  it.each([
    ['reset', /ECONNRESET|UND_ERR_SOCKET/],
    ['cut-mid-stream', /UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH/],
    ['malformed-json', /not JSON/],
  ] as const)('is unavailable: %s', async (kind, detail) => {
    const simulator = await openSimulator({
      models: { small: { failures: [{ fault: { kind }, times: 'always' }] } },
    })
    const deployment = testDeployment(simulator.url)
    const result = await openTestProvider().complete(chatRequest(), deployment, never)
    expect(result).toMatchObject({ kind: 'unavailable', detail: expect.stringMatching(detail) })
    expect(simulator.calls.total).toBe(1)
  })

  it('in the middle of an error leaves what status and headers say', async () => {
    const server = await openServer(response => {
      response.writeHead(429, { 'retry-after': '60', 'content-length': '1000' })
      response.write('{"error":', () => response.destroy())
    })
    const deployment = testDeployment(server.origin)
    expect(await openTestProvider().complete(chatRequest(), deployment, never)).toEqual({
      ok: false,
      kind: 'rate-limited',
      retryAfterMs: 60_000,
      status: 429,
      detail: 'status 429 without a word',
    })
  })

  it('is unavailable when nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    await new Promise(resolve => server.close(resolve))
    const deployment = testDeployment(`http://127.0.0.1:${port}`)
    const result = await openTestProvider().complete(chatRequest(), deployment, never)
    expect(result).toMatchObject({
      kind: 'unavailable',
      detail: expect.stringMatching(/^ECONNREFUSED: /),
    })
  })

  it('sends no call twice when a kept connection turns out dead', async () => {
    let answered = 0
    const server = await openServer((response, call) => {
      answered += 1
      if (answered === 1) answerJson(200, completion)(response, call)
      else response.socket?.resetAndDestroy()
    })
    const provider = openTestProvider()
    const deployment = testDeployment(server.origin, { max_concurrency: 1 })
    expect(await provider.complete(chatRequest(), deployment, never)).toMatchObject({ ok: true })
    expect(await provider.complete(chatRequest(), deployment, never)).toMatchObject({
      kind: 'unavailable',
    })
    expect({ calls: server.calls.length, connections: server.connections }).toEqual({
      calls: 2,
      connections: 1,
    })
  })

  it('is unavailable above 64 MiB, without taking it all in', async () => {
    let written = 0
    const megabyte = 'x'.repeat(1024 * 1024)
    const server = await openServer(response => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = () => {
        while (!response.destroyed && written < 500) {
          written += 1
          if (!response.write(megabyte)) return void response.once('drain', more)
        }
      }
      more()
    })
    const result = await openTestProvider().complete(
      chatRequest(),
      testDeployment(server.origin),
      never,
    )
    expect(result).toMatchObject({
      kind: 'unavailable',
      detail: 'the answer is larger than 64 MiB',
    })
    expect(written).toBeLessThan(120)
  })
})

describe('connections', () => {
  it('are kept and reused', async () => {
    const server = await openServer(answerJson(200, completion))
    const provider = openTestProvider()
    for (let call = 0; call < 20; call += 1) {
      await provider.complete(chatRequest(), testDeployment(server.origin), never)
    }
    // undici frees a connection a moment after its answer, so that two take turns.
    expect(server.connections).toBeLessThanOrEqual(2)
  })

  it('are as many as all deployments of an origin may use together', async () => {
    const together = 6
    const held: ServerResponse[] = []
    const server = await openServer((response, call) => {
      held.push(response)
      // Fewer than these would wait for ever.
      if (server.calls.length < together) return
      for (const each of held.splice(0)) answerJson(200, completion)(each, call)
    })
    const provider = openTestProvider()
    const deployments = ['a', 'b', 'c'].map(name =>
      testDeployment(server.origin, { max_concurrency: 2 }, { key: `small/${name}` }),
    )
    const calls = [...deployments, ...deployments, ...deployments].map(deployment =>
      provider.complete(chatRequest(), deployment, never),
    )
    const results = await Promise.all(calls)
    expect(results.every(result => result.ok)).toBe(true)
    expect(server.connections).toBeGreaterThanOrEqual(together)
  })

  it('end with the provider; calls in flight are aborted, later ones not made', async () => {
    const { simulator, deployment } = await hanging()
    const provider = openTestProvider()
    const call = provider.complete(chatRequest(), deployment, never)
    await simulator.waitFor(calls => calls.inFlight === 1)
    // A second deployment widens the pool: the call in flight is on the retired one then.
    const second = provider.complete(chatRequest(), { ...deployment, key: 'small/second' }, never)
    await simulator.waitFor(calls => calls.inFlight === 2)
    await provider.stop()
    await provider.stop()
    expect(await call).toMatchObject({ kind: 'aborted' })
    expect(await second).toMatchObject({ kind: 'aborted' })
    expect(await provider.complete(chatRequest(), deployment, never)).toMatchObject({
      kind: 'aborted',
    })
    expect(simulator.calls.total).toBe(2)
  })
})

describe('secrets', () => {
  const key = 'my-very-secret-key-0123456789'

  it.each([
    ['the key itself', `Incorrect API key provided: ${key}.`],
    ['a masked key of a known form', 'Incorrect API key provided: sk-proj-***********wxyz.'],
    ['a header', 'Bad token header-secret-123'],
    ['the query of the base URL', 'No route for ?code=query-secret-123'],
  ])('do not show: %s', async (_, message) => {
    const server = await openServer(answerJson(401, { error: { message } }))
    const deployment = testDeployment(`${server.origin}/v1?code=query-secret-123`, {
      api_key: key,
      headers: { 'x-token': 'header-secret-123' },
    })
    const result = await openTestProvider().complete(chatRequest(), deployment, never)
    expect(result).toMatchObject({
      kind: 'credentials',
      detail: expect.stringContaining('[redacted]'),
    })
    expect(JSON.stringify(result)).not.toMatch(/secret|sk-proj/)
  })

  it('do not show when they cannot be sent', async () => {
    const server = await openServer(answerJson(200, completion))
    const deployment = testDeployment(server.origin, { api_key: 'secret\nkey-0123456789' })
    const result = await openTestProvider().complete(chatRequest(), deployment, never)
    expect(result).toMatchObject({ kind: 'credentials' })
    expect(JSON.stringify(result)).not.toContain('secret')
  })

  it('are cut with the detail at 2,000 characters', async () => {
    const server = await openServer(answerJson(500, { error: { message: 'x'.repeat(10_000) } }))
    const result = await openTestProvider().complete(
      chatRequest(),
      testDeployment(server.origin),
      never,
    )
    expect(result).toMatchObject({ detail: 'x'.repeat(2_000) })
  })
})

describe('a fault of the caller', () => {
  it('is thrown, not blamed on the provider', async () => {
    const simulator = await openSimulator()
    const call = openTestProvider(systemClock).complete(
      chatRequest(),
      testDeployment(simulator.url),
      never,
      () => {
        throw new Error('a bug in onChunk')
      },
    )
    await expect(call).rejects.toThrow('a bug in onChunk')
  })
})
