import { afterEach, describe, expect, it } from '@jest/globals'
import { alone } from '../alone.ts'
import { Pipeline, simulated } from '../pipeline.ts'
import { RunningTime } from '../running-time.ts'

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

/** In waves of ten: of jobs that come in one moment none is before another. */
async function submitMany(p: Pipeline, model: string, jobs: number): Promise<string[]> {
  const ids: string[] = []
  while (ids.length < jobs) {
    const wave = Array.from({ length: 10 }, (_, n) => `[[job-${ids.length + n}]]`)
    ids.push(...(await Promise.all(wave.map(content => p.submit(content, { model })))))
  }
  return ids
}

describe('the answer of a job that waits', () => {
  it('is expected within 30% of when it comes', async () => {
    const p = await open({
      config: simulator => ({
        models: { small: simulated(simulator, {}, { max_concurrency: 8 }) },
      }),
    })
    p.simulator.script('small', { latencyMs: { distribution: 'uniform', min: 600, max: 1_400 } })
    const ids = await submitMany(p, 'small', 80)
    await p.simulator.waitFor(calls => calls.total >= 20)
    await p.live.queues.look()

    const time = new RunningTime()
    const askedAt = performance.now()
    const asked = await Promise.all(ids.filter((_, n) => n % 4 === 3).map(id => p.job(id)))
    const awaited = asked.flatMap(job => {
      const expected = job.status === 'queued' ? p.live.answerOf(job) : undefined
      return expected ? [{ id: job.id, expected }] : []
    })
    expect(awaited.length).toBeGreaterThan(10)

    let error = 0
    let total = 0
    let covered = 0
    const endings = awaited.map(async ({ id, expected }) => {
      await p.untilEnded(id)
      return { expected, tookMs: performance.now() - askedAt - time.pausedMs }
    })
    for (const { expected, tookMs } of await Promise.all(endings)) {
      error += Math.abs(expected.ms - tookMs)
      total += tookMs
      covered += Number(tookMs >= expected.earliestMs && tookMs <= expected.latestMs)
    }
    time.stop()
    expect(error / total).toBeLessThan(0.3)
    expect(covered).toBeGreaterThan(0)
  })

  it('is not told of before its model was called', async () => {
    const p = await open({ config: simulator => ({ models: { small: simulated(simulator) } }) })
    await p.live.queues.look()
    const id = await p.submit('[[first]]', { model: 'small', notBefore: Date.now() + 600_000 })
    expect(p.live.answerOf(await p.job(id))).toBeUndefined()
  })
})

describe('a model with a queue of a minute', () => {
  it('loses a job that has twenty seconds to one that is free, and no other', async () => {
    const p = await open({
      config: simulator => ({
        models: {
          best: simulated(simulator, { quality: 0.95 }, { max_concurrency: 2 }),
          middle: simulated(simulator, { quality: 0.7 }),
        },
        policies: { finest: { strategy: 'predictive', prefer: 'quality' } },
      }),
    })
    p.simulator.script('best', { latencyMs: 1_000 })
    await submitMany(p, 'best', 140)
    await p.simulator.waitFor(calls => calls.total >= 5)
    await p.live.queues.look()

    const text = 'Prove that every finite integral domain is a field.'
    const deadlineAt = Date.now() + 20_000
    const hurried = await p.submit(text, { policy: 'finest', deadlineAt })
    const patient = await p.submit(text, { policy: 'finest' })

    const { decision } = await p.untilEnded(hurried)
    expect(decision?.model).toBe('middle')
    const ofBest = decision?.candidates.find(({ model }) => model === 'best')
    expect(ofBest?.estimated_wait_ms).toBeGreaterThan(40_000)
    const routed = await p.untilStatus(patient, (_, job) => job.decision !== null)
    expect(routed.decision?.model).toBe('best')
  })
})
