import { randomUUID } from 'node:crypto'
import { afterEach, expect, it } from '@jest/globals'
import { openRedisCoordination } from '@longhaul/coordination'
import { Pipeline, simulated } from '../pipeline.ts'
import { describeOn } from '../servers.ts'

await describeOn('redis', 'a worker whose breakers are on Redis', url => {
  let pipeline: Pipeline | undefined
  afterEach(async () => {
    await pipeline?.close()
    pipeline = undefined
  })

  async function open(breaker: object): Promise<Pipeline> {
    pipeline = await Pipeline.open({
      config: simulator => ({
        models: { flaky: simulated(simulator) },
        retry: { base_delay: '10ms', max_delay: '50ms', max_attempts: 30 },
        breaker,
      }),
      openCoordination: options =>
        openRedisCoordination({ ...options, url, keyPrefix: randomUUID() }),
    })
    return pipeline
  }

  it('delays jobs of a provider that fails half of its calls, and loses none', async () => {
    const p = await open({
      min_calls: 4,
      failure_rate: 0.4,
      open_for: '50ms',
      max_open_for: '100ms',
    })
    const states = new Set<string>()
    p.coordination.breakers.onChange((_, { state }) => states.add(state))
    p.simulator.script('flaky', {
      failures: [{ fault: { kind: 'status', status: 500 }, rate: 0.5 }],
    })
    const ids = await Promise.all(Array.from({ length: 40 }, () => p.submit('hello')))
    const jobs = await p.allEnded(ids)

    expect(new Set(jobs.map(({ status }) => status))).toEqual(new Set(['succeeded']))
    expect([...states].sort()).toEqual(['closed', 'half-open', 'open'])
  })

  it('goes on by single probes after a hold, though nothing else wakes it', async () => {
    const p = await open({ probes: 1 })
    p.coordination.breakers.holdUntil('flaky/main', Date.now() + 500, 'Retry-After: 0.5')
    const job = await p.untilEnded(await p.submit('hello'))

    expect(job.status).toBe('succeeded')
    expect(p.coordination.breakers.view('flaky/main').state).toBe('closed')
  })
})
