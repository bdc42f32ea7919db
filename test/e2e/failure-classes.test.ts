import { afterEach, describe, expect, it } from '@jest/globals'
import { uuidOf } from '@longhaul/contracts'
import { alone } from '../alone.ts'
import { eventually } from '../conformance/eventually.ts'
import { Pipeline, simulated } from '../pipeline.ts'
import { runningMs } from '../running-time.ts'
import { TravelClock } from '../travel-clock.ts'

alone()

let pipeline: Pipeline | undefined
afterEach(async () => {
  await pipeline?.close()
  pipeline = undefined
})

async function open(options: Parameters<typeof Pipeline.open>[0]): Promise<Pipeline> {
  pipeline = await Pipeline.open(options)
  return pipeline
}

const quickRetry = { base_delay: '10ms', max_delay: '50ms' }

describe('a provider that fails half of its calls', () => {
  it('delays jobs, loses none, and its breaker opens and closes', async () => {
    const p = await open({
      config: simulator => ({
        models: { flaky: simulated(simulator) },
        retry: { ...quickRetry, max_attempts: 30 },
        breaker: { min_calls: 4, failure_rate: 0.4, open_for: '20ms', max_open_for: '50ms' },
      }),
    })
    const states = new Set<string>()
    p.coordination.breakers.onChange((_, { state }) => states.add(state))
    p.simulator.script('flaky', {
      failures: [{ fault: { kind: 'status', status: 500 }, rate: 0.5 }],
    })
    const ids = await Promise.all(Array.from({ length: 60 }, (_, n) => p.submit(`[[half-${n}]]`)))
    const jobs = await p.allEnded(ids)
    expect(new Set(jobs.map(({ status }) => status))).toEqual(new Set(['succeeded']))
    expect([...states].sort()).toEqual(['closed', 'half-open', 'open'])
    for (const job of jobs) {
      expect(job.attemptRecords?.map(({ number }) => number)).toEqual(
        job.attemptRecords?.map((_, index) => index + 1),
      )
      expect(p.simulator.callsOf(`half-${jobs.indexOf(job)}`)).toBe(job.attempts)
    }
  })
})

describe('a provider that hangs', () => {
  it('is given up at its timeout, as often as the policy allows', async () => {
    const clock = new TravelClock()
    const p = await open({
      clock,
      config: simulator => ({
        models: { slow: simulated(simulator, {}, { timeout: '10s' }) },
        retry: { ...quickRetry, max_attempts: 3 },
      }),
    })
    p.simulator.script('slow', { failures: [{ fault: { kind: 'hang' }, times: 'always' }] })
    const id = await p.submit('[[hang]]')
    for (const call of [1, 2, 3]) {
      await p.simulator.waitFor(calls => calls.of('hang') === call)
      clock.travel(10_000)
    }
    expect(await p.untilEnded(id)).toMatchObject({
      status: 'failed',
      error: { code: 'attempts_exhausted' },
      attempts: 3,
    })
    expect(p.simulator.callsOf('hang')).toBe(3)
  })
})

describe('a provider that answers 429 with Retry-After: 90', () => {
  it('is not called before the 90 seconds are over, and no attempt is spent', async () => {
    const clock = new TravelClock()
    const p = await open({
      clock,
      config: simulator => ({
        models: { limited: simulated(simulator) },
        retry: { max_attempts: 1 },
      }),
    })
    p.simulator.script('limited', {
      failures: [{ fault: { kind: 'rate-limited', retryAfterSeconds: 90 }, times: 1 }],
    })
    const told = clock.now()
    const id = await p.submit('[[limited]]')
    const waiting = await p.untilStatus(
      id,
      status => status === 'pending' && p.simulator.callsOf('limited') === 1,
    )
    expect(waiting.attemptRecords).toMatchObject([{ outcome: 'rate-limited', httpStatus: 429 }])
    expect(await p.dueAt(id)).toBeGreaterThanOrEqual(told + 90_000)
    // Another job for the same deployment must not be called either.
    const second = await p.submit('[[second]]', { model: 'limited' })
    await eventually(
      () => p.dueAt(second),
      due => due >= told + 90_000,
    )
    clock.travel(80_000)
    expect([p.simulator.callsOf('limited'), p.simulator.callsOf('second')]).toEqual([1, 0])
    clock.travel(10_500)
    const [first, other] = await Promise.all([p.untilEnded(id), p.untilEnded(second)])
    expect([first.status, other.status]).toEqual(['succeeded', 'succeeded'])
    expect(p.simulator.callsOf('limited')).toBe(2)
  })
})

describe('a provider that answers 429 with Retry-After: 1', () => {
  it('is waited for by the worker: jobs that come meanwhile are not put back', async () => {
    const p = await open({ config: simulator => ({ models: { limited: simulated(simulator) } }) })
    p.simulator.script('limited', {
      failures: [{ fault: { kind: 'rate-limited', retryAfterSeconds: 1 }, times: 1 }],
    })
    const first = await p.submit('[[limited]]', { model: 'limited' })
    await p.simulator.waitFor(calls => calls.of('limited') === 1)
    await p.untilStatus(first, (_, job) => job.attemptRecords?.length === 1)
    const second = await p.submit('[[second]]', { model: 'limited' })
    expect(await p.untilEnded(second)).toMatchObject({ status: 'succeeded', attempts: 1 })
    const [row] = await p.query<{ dispatches: number }>(
      `SELECT dispatches FROM jobs WHERE id = '${uuidOf('job', second)}'`,
    )
    expect(row?.dispatches).toBe(1)
    expect(await p.untilEnded(first)).toMatchObject({ status: 'succeeded' })
  })
})

describe('another deployment', () => {
  it.each([
    ['wrong credentials', { kind: 'unauthorized' as const }, 'credentials'],
    ['a rate limit', { kind: 'rate-limited' as const, retryAfterSeconds: 60 }, 'rate-limited'],
    ['an error of the server', { kind: 'status' as const, status: 503 }, 'unavailable'],
  ])('takes over at once after %s', async (_name, fault, outcome) => {
    const p = await open({
      config: simulator => {
        const { deployments, ...model } = simulated(simulator, {}, { weight: 1_000 })
        const spare = { provider: 'openai-compatible', base_url: simulator.url, model: 'spare' }
        return { models: { m: { ...model, deployments: { ...deployments, spare } } } }
      },
    })
    p.simulator.script('m', { failures: [{ fault, times: 'always' }] })
    const job = await p.untilEnded(await p.submit('hello'))
    expect(job).toMatchObject({
      status: 'succeeded',
      attemptRecords: [
        { number: 1, deployment: 'm/main', outcome },
        { number: 2, deployment: 'm/spare', outcome: 'succeeded' },
      ],
    })
  })
})

describe('the decision’s next model', () => {
  const twoModels = (simulator: Parameters<typeof simulated>[0]) => ({
    models: {
      small: simulated(simulator, { price: { input: 1, output: 1 } }),
      large: simulated(simulator, { price: { input: 9, output: 9 }, context_window: 200_000 }),
    },
    retry: { ...quickRetry, max_attempts: 6, attempts_per_model: 2 },
  })

  it('takes over when one keeps failing, and the second decision says why', async () => {
    const p = await open({ config: twoModels })
    p.simulator.script('small', {
      failures: [{ fault: { kind: 'status', status: 500 }, times: 'always' }],
    })
    const job = await p.untilEnded(await p.submit('hello'))
    expect(job).toMatchObject({ status: 'succeeded', model: 'large', attempts: 3 })
    expect(job.decision).toMatchObject({
      model: 'large',
      filtered: [{ model: 'small', reason: 'excluded' }],
    })
  })

  it('takes over when the window was too small', async () => {
    const p = await open({ config: twoModels })
    p.simulator.script('small', {
      failures: [{ fault: { kind: 'context-overflow' }, times: 'always' }],
    })
    const job = await p.untilEnded(await p.submit('hello'))
    expect(job).toMatchObject({ status: 'succeeded', model: 'large', attempts: 2 })
  })

  it('gets the backlog when every deployment of one is out', async () => {
    const p = await open({ config: twoModels })
    p.coordination.breakers.holdUntil('small/main', Date.now() + 600_000, 'test')
    const ids = await Promise.all(Array.from({ length: 20 }, () => p.submit('hello')))
    const jobs = await p.allEnded(ids)
    expect(new Set(jobs.map(({ model }) => model))).toEqual(new Set(['large']))
    expect(p.simulator.calls.byModel.get('small')).toBeUndefined()
  })
})

describe('what the caller got wrong', () => {
  it.each([
    ['an invalid request', { kind: 'status' as const, status: 400 }, 'provider_rejected'],
    ['refused content', { kind: 'content-policy' as const }, 'content_refused'],
    [
      'a context that no model holds',
      { kind: 'context-overflow' as const },
      'context_length_exceeded',
    ],
  ])('%s fails at once, after one call, with its reasons stored', async (_name, fault, code) => {
    const p = await open({ config: simulator => ({ models: { m: simulated(simulator) } }) })
    p.simulator.script('m', { failures: [{ fault, times: 'always' }] })
    const job = await p.untilEnded(await p.submit('[[wrong]]'))
    expect(job).toMatchObject({ status: 'failed', error: { code } })
    expect(job.decision).not.toBeNull()
    expect(p.simulator.callsOf('wrong')).toBe(1)
  })

  it('an answer that does not meet the schema fails, and is kept', async () => {
    const p = await open({
      config: simulator => ({ models: { m: simulated(simulator, { capabilities: ['json'] }) } }),
    })
    p.simulator.script('m', { answer: 'no JSON at all' })
    const body = JSON.stringify({
      messages: [{ role: 'user', content: 'JSON, please' }],
      response_format: { type: 'json_object' },
    })
    const job = await p.untilEnded(await p.submit('', { body, bodyBytes: body.length }))
    expect(job).toMatchObject({ status: 'failed', error: { code: 'response_unusable' } })
    expect(job.resultBody).toContain('no JSON at all')
  })
})

describe('cancel', () => {
  const one = (simulator: Parameters<typeof simulated>[0]) => ({
    models: { m: simulated(simulator) },
  })

  it('aborts a call in flight within 200 ms, and leaves one terminal state', async () => {
    const p = await open({ config: one })
    p.simulator.script('m', { failures: [{ fault: { kind: 'hang' }, times: 'always' }] })
    const id = await p.submit('[[inflight]]')
    await p.simulator.waitFor(calls => calls.inFlight === 1)
    const tookMs = await runningMs(async () => {
      expect(await p.store.jobs.cancel(p.tenantId, id)).toEqual({
        status: 'cancelled',
        changed: true,
      })
      p.coordination.broadcasts.send('job-cancelled', { jobId: id })
      await p.simulator.waitFor(calls => calls.aborted === 1)
    })
    expect(tookMs).toBeLessThan(200)
    expect(await p.store.jobs.cancel(p.tenantId, id)).toEqual({
      status: 'cancelled',
      changed: false,
    })
    expect(await p.job(id)).toMatchObject({ status: 'cancelled', error: { code: 'job_cancelled' } })
  })

  it.each([
    ['of a cancellation that never was', undefined],
    ['that its claim was taken back', 1],
  ])('hearsay %s ends no job: the row decides, and the job is run again', async (_what, fence) => {
    const p = await open({ config: one })
    p.simulator.script('m', { failures: [{ fault: { kind: 'hang' }, times: 1 }] })
    const id = await p.submit('[[rumoured]]')
    await p.simulator.waitFor(calls => calls.inFlight === 1)
    p.coordination.broadcasts.send('job-cancelled', {
      jobId: id,
      ...(fence !== undefined && { fence }),
    })
    expect(await p.untilEnded(id)).toMatchObject({ status: 'succeeded' })
    expect(p.simulator.callsOf('rumoured')).toBe(2)
  })

  it('word of an earlier claim leaves a later one alone', async () => {
    const p = await open({ config: one })
    p.simulator.script('m', {
      failures: [{ fault: { kind: 'status', status: 503 } }, { fault: { kind: 'hang' } }],
    })
    const id = await p.submit('[[later]]')
    await p.simulator.waitFor(calls => calls.of('later') === 2)
    p.coordination.broadcasts.send('job-cancelled', { jobId: id, fence: 1 })
    expect(await p.untilEnded(await p.submit('hello'))).toMatchObject({ status: 'succeeded' })
    expect(p.simulator.calls).toMatchObject({ inFlight: 1, aborted: 0 })

    p.coordination.broadcasts.send('job-cancelled', { jobId: id, fence: 2 })
    expect(await p.untilEnded(id)).toMatchObject({ status: 'succeeded' })
    expect(p.simulator.callsOf('later')).toBe(3)
  })

  it('of a job that waits means that it is never called', async () => {
    const p = await open({ config: one })
    const id = await p.submit('[[held]]', { notBefore: Date.now() + 600_000 })
    await p.store.jobs.cancel(p.tenantId, id)
    await p.untilEnded(await p.submit('[[next]]'))
    expect(p.simulator.callsOf('held')).toBe(0)
  })
})

describe('a deadline', () => {
  it('ends a call in flight', async () => {
    const clock = new TravelClock()
    const p = await open({ clock, config: simulator => ({ models: { m: simulated(simulator) } }) })
    p.simulator.script('m', { failures: [{ fault: { kind: 'hang' }, times: 'always' }] })
    const id = await p.submit('[[late]]', { deadlineAt: clock.now() + 600_000 })
    await p.simulator.waitFor(calls => calls.inFlight === 1)
    clock.travel(600_000)
    const job = await p.untilEnded(id)
    expect(job).toMatchObject({ status: 'expired', error: { code: 'deadline_exceeded' } })
    await p.simulator.waitFor(calls => calls.aborted === 1)
  })
})

describe('an orderly stop', () => {
  it('puts back the jobs whose calls do not end in time, unspent', async () => {
    const clock = new TravelClock()
    const p = await open({ clock, config: simulator => ({ models: { m: simulated(simulator) } }) })
    p.simulator.script('m', { failures: [{ fault: { kind: 'hang' }, times: 'always' }] })
    const id = await p.submit('[[stopped]]')
    await p.simulator.waitFor(calls => calls.inFlight === 1)
    const stopping = p.worker.stop(80_000)
    expect(p.simulator.calls.aborted).toBe(0)
    clock.travel(60_000)
    await stopping
    expect(await p.job(id)).toMatchObject({
      attemptRecords: [{ outcome: 'released' }],
      finishedAt: null,
    })
  })
})

describe('a lost lease', () => {
  it('aborts the call of the one who lost it, and the job is called again', async () => {
    const clock = new TravelClock()
    const p = await open({ clock, config: simulator => ({ models: { m: simulated(simulator) } }) })
    p.simulator.script('m', { failures: [{ fault: { kind: 'hang' }, times: 1 }] })
    const id = await p.submit('[[lost]]')
    await p.simulator.waitFor(calls => calls.inFlight === 1)
    await p.query(`UPDATE jobs SET lease_expires_at = now() - interval '1 minute'`)
    const job = await p.untilEnded(id)
    expect(job).toMatchObject({ status: 'succeeded', attempts: 2 })
    expect(p.simulator.callsOf('lost')).toBe(2)
  })
})

describe('prompts that bring their provider down', () => {
  it('come back after those that have not failed, and are not the first probes', async () => {
    const clock = new TravelClock()
    const p = await open({
      clock,
      config: simulator => ({
        models: { shaky: simulated(simulator) },
        retry: { ...quickRetry, max_attempts: 10 },
        breaker: { min_calls: 4, failure_rate: 0.4, open_for: '30s' },
      }),
    })
    const opened = new Promise<void>(resolve => {
      p.coordination.breakers.onChange((_, { state }) => {
        if (state === 'open') resolve()
      })
    })
    const fault = { kind: 'status', status: 500 } as const
    const poison = ['poison-0', 'poison-1', 'poison-2', 'poison-3']
    for (const marker of poison) {
      p.simulator.scriptMarker(marker, { failures: [{ fault, times: 'always' }] })
    }
    const submitAll = (markers: string[]) =>
      Promise.all(markers.map(marker => p.submit(`[[${marker}]]`, { model: 'shaky' })))
    const poisoned = await submitAll(poison)
    await opened
    const sound = await submitAll(['sound-0', 'sound-1'])
    const putBack = (id: string) =>
      eventually(
        () => p.dueAt(id),
        at => at > clock.now() + 10_000,
      )
    const [end] = await Promise.all(sound.map(putBack))
    for (const id of poisoned) expect(await putBack(id)).toBe(Number(end) + 2_000)

    const callsBefore = p.simulator.log.length
    clock.travel(30_000)
    const jobs = await p.allEnded(sound)
    expect(jobs.map(({ status, attempts }) => [status, attempts])).toEqual([
      ['succeeded', 1],
      ['succeeded', 1],
    ])
    const probes = p.simulator.log.slice(callsBefore, callsBefore + 2)
    expect(probes.map(({ marker }) => marker).sort()).toEqual(['sound-0', 'sound-1'])
  })
})
