import { describe, expect, it, jest } from '@jest/globals'
import type { Simulator } from './index.ts'
import { openSimulator, post, postChat } from './test-client.ts'

function words(count: number): string {
  return Array.from({ length: count }, () => 'word').join(' ')
}

async function statuses(simulator: Simulator, prompts: string[]): Promise<number[]> {
  const seen: number[] = []
  for (const prompt of prompts) seen.push((await postChat(simulator, prompt)).status)
  return seen
}

describe('counting', () => {
  it('counts calls by marker and by model', async () => {
    const simulator = await openSimulator()
    await statuses(simulator, ['one [[job-1]]', 'two [[job-2]]', 'again [[job-1]]', 'none'])
    expect(simulator.callsOf('job-1')).toBe(2)
    expect(Object.fromEntries(simulator.calls.byMarker)).toEqual({ 'job-1': 2, 'job-2': 1 })
    expect(simulator.calls).toMatchObject({ total: 4, inFlight: 0, maxInFlight: 1 })
    expect(simulator.calls.byModel.get('m')).toBe(4)
  })

  it('knows how many calls were in flight at once', async () => {
    const simulator = await openSimulator({
      models: { m: { failures: [{ fault: { kind: 'hang' }, times: 'always' }] } },
    })
    const leaving = new AbortController()
    const left = Promise.allSettled(
      Array.from({ length: 20 }, (_, job) =>
        postChat(simulator, `[[job-${job}]]`, { signal: leaving.signal }),
      ),
    )
    await simulator.waitFor(({ inFlight }) => inFlight === 20)
    leaving.abort()
    await simulator.waitFor(({ inFlight }) => inFlight === 0)
    await left
    expect(simulator.calls).toMatchObject({ total: 20, maxInFlight: 20, inFlight: 0 })
  })

  it('logs recent calls with the headers that tell attempts apart', async () => {
    const simulator = await openSimulator({ logLimit: 2 })
    const headers = { 'Idempotency-Key': 'k1', Cookie: 'no' }
    await statuses(simulator, ['[[a]]', '[[b]]'])
    await postChat(simulator, '[[c]]', { headers })
    expect(simulator.log.map(({ marker }) => marker)).toEqual(['b', 'c'])
    expect(simulator.log[1]).toMatchObject({ status: 200, path: '/v1/chat/completions' })
    expect(simulator.log[1]?.headers).toEqual({ 'idempotency-key': 'k1' })
  })

  it('forgets everything at a reset but the behaviours of the start', async () => {
    const simulator = await openSimulator({
      models: { m: { failures: [{ fault: { kind: 'rate-limited' } }] } },
    })
    await statuses(simulator, ['[[a]]', '[[a]]'])
    simulator.script('m', { failures: [{ fault: { kind: 'unauthorized' }, times: 'always' }] })
    simulator.reset()
    expect(simulator.calls.total).toBe(0)
    expect(await statuses(simulator, ['[[a]]', '[[a]]'])).toEqual([429, 200])
  })
})

describe('waitFor', () => {
  it('rejects when its signal aborts', async () => {
    const simulator = await openSimulator()
    const waiting = simulator.waitFor(() => false, AbortSignal.timeout(10))
    await expect(waiting).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it('rejects when the simulator closes', async () => {
    const simulator = await openSimulator()
    const waiting = simulator.waitFor(() => false)
    await simulator.close()
    await expect(waiting).rejects.toThrow('closed')
  })
})

describe('failures', () => {
  const twoKinds = [
    { fault: { kind: 'status', status: 503 }, times: 2 },
    { fault: { kind: 'none' } },
    { fault: { kind: 'rate-limited' } },
  ] as const

  it('strike in call order, then the model answers', async () => {
    const simulator = await openSimulator({ models: { m: { failures: [...twoKinds] } } })
    const prompts = ['a', 'b', 'c', 'd', 'e']
    expect(await statuses(simulator, prompts)).toEqual([503, 503, 200, 429, 200])
  })

  it('count the calls of each marker by itself when told to', async () => {
    const failures = [{ fault: { kind: 'status', status: 500 } as const }]
    const simulator = await openSimulator({ models: { m: { failures, failuresPer: 'marker' } } })
    const prompts = ['[[a]]', '[[b]]', '[[a]]', '[[b]]']
    expect(await statuses(simulator, prompts)).toEqual([500, 500, 200, 200])
  })

  it('strike at a rate, alike for the same seed', async () => {
    const failures = [{ fault: { kind: 'status', status: 500 } as const, rate: 0.3 }]
    const run = async (seed: number) => {
      const simulator = await openSimulator({ seed, models: { m: { failures } } })
      return statuses(
        simulator,
        Array.from({ length: 200 }, () => 'x'),
      )
    }
    const [first, second, other] = [await run(7), await run(7), await run(8)]
    expect(first).toEqual(second)
    expect(first).not.toEqual(other)
    const failed = first.filter(status => status === 500).length
    expect(failed).toBeGreaterThan(35)
    expect(failed).toBeLessThan(85)
  })

  it('of a marker win over the model, whose other settings stay', async () => {
    const simulator = await openSimulator({ models: { '*': { answer: 'from the model' } } })
    simulator.scriptMarker('job-1', { failures: [{ fault: { kind: 'rate-limited' } }] })
    expect(await statuses(simulator, ['[[job-1]]', '[[job-2]]'])).toEqual([429, 200])
    expect((await postChat(simulator, '[[job-1]]')).text).toContain('from the model')
  })
})

describe('limits', () => {
  it('answers 429 above the hidden rate, with the time to wait', async () => {
    const hiddenRateLimit = { requestsPerSecond: 1 / 3_600, burst: 2 }
    const simulator = await openSimulator({ models: { m: { hiddenRateLimit } } })
    const startedAt = performance.now()
    expect(await statuses(simulator, ['a', 'b'])).toEqual([200, 200])
    const third = await postChat(simulator, 'c')
    const passedSeconds = Math.ceil((performance.now() - startedAt) / 1_000)
    expect(third.status).toBe(429)
    const waitSeconds = Number(third.headers['retry-after'])
    expect(waitSeconds).toBeLessThanOrEqual(3_600)
    expect(waitSeconds).toBeGreaterThanOrEqual(3_600 - passedSeconds)
  })

  it('answers 429 above the concurrency', async () => {
    const simulator = await openSimulator({
      models: { m: { maxConcurrency: 1, failures: [{ fault: { kind: 'hang' } }] } },
    })
    const leaving = new AbortController()
    const first = postChat(simulator, 'a', { signal: leaving.signal })
    await simulator.waitFor(({ inFlight }) => inFlight === 1)
    expect((await postChat(simulator, 'b')).status).toBe(429)
    leaving.abort()
    await expect(first).rejects.toThrow()
    await simulator.waitFor(({ inFlight }) => inFlight === 0)
    expect((await postChat(simulator, 'c')).status).toBe(200)
  })

  it('refuses a prompt that does not fit the context window', async () => {
    const simulator = await openSimulator({ models: { m: { contextWindow: 100 } } })
    // With the seven that frame it.
    expect(await statuses(simulator, [words(93), words(94)])).toEqual([200, 400])
  })

  it('asks for its key', async () => {
    const simulator = await openSimulator({ models: { m: { requireKey: ['old', 'new'] } } })
    const headers = { authorization: 'Bearer new' }
    expect((await postChat(simulator, 'a')).status).toBe(401)
    expect((await postChat(simulator, 'a', { headers })).status).toBe(200)
  })
})

describe('markers with an inline script', () => {
  it('fail as often as they say, and count under their name', async () => {
    const simulator = await openSimulator()
    const prompt = 'Do it. [[job-17?status=503&times=2&latency=5]]'
    expect(await statuses(simulator, [prompt, prompt, prompt])).toEqual([503, 503, 200])
    expect(simulator.callsOf('job-17')).toBe(3)
  })

  it('set the answer, its length and the usage', async () => {
    const simulator = await openSimulator()
    const said = await postChat(simulator, '[[a?answer=hello+there&cached=1&reasoning=4]]')
    expect(said.json()).toMatchObject({
      choices: [{ message: { content: 'hello there' } }],
      usage: {
        prompt_tokens_details: { cached_tokens: 1 },
        completion_tokens_details: { reasoning_tokens: 4 },
      },
    })
  })

  it('name any fault', async () => {
    const answer = await postChat(await openSimulator(), '[[a?fault=rate-limited&retryAfter=3]]')
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '3' } })
  })

  it.each(['[[a?colour=red]]', '[[a?latency=soon]]', '[[a?fault=unheard-of]]'])(
    '%s is answered with 400',
    async prompt => {
      expect((await postChat(await openSimulator(), prompt)).status).toBe(400)
    },
  )
})

describe('control over HTTP', () => {
  it('scripts, counts and resets', async () => {
    const simulator = await openSimulator()
    const behaviour = { failures: [{ fault: { kind: 'unauthorized' } }] }
    const scripted = await post(simulator, '/__sim/script', { marker: 'job-1', behaviour })
    expect(scripted.status).toBe(200)
    expect(await statuses(simulator, ['[[job-1]]', '[[job-1]]'])).toEqual([401, 200])

    const counts = await fetch(`${simulator.origin}/__sim/calls?markers=1`)
    expect(await counts.json()).toMatchObject({ total: 2, byMarker: { 'job-1': 2 }, aborted: 0 })
    await post(simulator, '/__sim/reset', {})
    expect(simulator.calls.total).toBe(0)
  })

  it('refuses a behaviour with an unknown key', async () => {
    const simulator = await openSimulator()
    const script = { model: 'm', behaviour: { latency: 5 } }
    expect((await post(simulator, '/__sim/script', script)).status).toBe(400)
    expect(() => simulator.script('m', script.behaviour as object)).toThrow(/latency/)
  })
})

describe('latency', () => {
  it('holds an answer back, and paces its tokens', async () => {
    const behaviour = { latencyMs: 40, outputTokens: 30, tokensPerSecond: 500 }
    const simulator = await openSimulator({ models: { m: behaviour } })
    const timers = jest.spyOn(globalThis, 'setTimeout')
    await postChat(simulator, 'Why?')
    const waitsMs = timers.mock.calls.map(([, ms]) => ms)
    timers.mockRestore()
    // 40 ms to the first token, and 30 of them at 500 a second.
    expect(waitsMs).toContain(100)
    const [call] = simulator.log
    expect((call?.endedAt ?? 0) - (call?.at ?? 0)).toBeGreaterThanOrEqual(99)
  })
})
