import { afterEach, describe, expect, it } from '@jest/globals'
import type { Prediction } from '@longhaul/routing'
import { alone } from '../alone.ts'
import { Pipeline, simulated } from '../pipeline.ts'
import { RunningTime } from '../running-time.ts'

alone()

let pipeline: Pipeline | undefined

async function close(): Promise<void> {
  await pipeline?.close()
  pipeline = undefined
}

afterEach(close)

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

const MOST_ROUNDS = 5

interface Answered {
  expected: Prediction
  tookMs: number
}

/**
 * What was expected of jobs that wait, and what came; undefined if the machine
 * paused meanwhile. Jobs of one burst overtake one another while the router
 * warms up, so the first answer is beside the first that was expected, and so on.
 */
async function answersOfWaiting(): Promise<Answered[] | undefined> {
  const p = await open({
    config: simulator => ({
      models: { small: simulated(simulator, {}, { max_concurrency: 8 }) },
    }),
  })
  const time = new RunningTime()
  p.simulator.script('small', { latencyMs: { distribution: 'uniform', min: 600, max: 1_400 } })
  const ids = await submitMany(p, 'small', 80)
  await p.simulator.waitFor(calls => calls.total >= 20)
  await p.live.queues.look()

  const askedAt = performance.now()
  const asked = await Promise.all(ids.filter((_, n) => n % 4 === 3).map(id => p.job(id)))
  const awaited = asked.flatMap(job => {
    const expected = job.status === 'queued' ? p.live.answerOf(job) : undefined
    return expected ? [{ id: job.id, expected }] : []
  })
  const endings = awaited.map(async ({ id }) => {
    await p.untilEnded(id)
    return performance.now() - askedAt
  })
  const came = (await Promise.all(endings)).sort((a, b) => a - b)
  time.stop()
  await close()
  if (time.pausedMs > 0) return undefined
  return awaited
    .sort((a, b) => a.expected.ms - b.expected.ms)
    .map(({ expected }, place) => ({ expected, tookMs: came[place] as number }))
}

describe('the answer of a job that waits', () => {
  it('is expected within 30% of when it comes', async () => {
    // The pace before a pause is not that after it: what such a round says is of the machine.
    let answers: Answered[] | undefined
    for (let round = 1; !answers && round <= MOST_ROUNDS; round += 1) {
      answers = await answersOfWaiting()
    }
    if (!answers) throw new Error(`paused in each of ${MOST_ROUNDS} rounds: nothing was measured`)
    expect(answers.length).toBeGreaterThan(10)

    let error = 0
    let total = 0
    let covered = 0
    for (const { expected, tookMs } of answers) {
      error += Math.abs(expected.ms - tookMs)
      total += tookMs
      covered += Number(tookMs >= expected.earliestMs && tookMs <= expected.latestMs)
    }
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
