import { beforeEach, describe, expect, it } from '@jest/globals'
import type { JobStatus } from '@longhaul/contracts'
import { type Coordination, openMemoryCoordination } from '@longhaul/coordination'
import { startTelemetry } from '@longhaul/telemetry'
import { ManualClock } from '../../test/manual-clock.ts'
import { JobWatch } from './job-watch.ts'

const never = new AbortController().signal

describe('JobWatch', () => {
  const { logger } = startTelemetry({ service: 'test', logLevel: 'silent' })
  let clock: ManualClock
  let coordination: Coordination
  let statuses: Map<string, JobStatus>
  let asked: string[][]
  let watch: JobWatch

  beforeEach(async () => {
    clock = new ManualClock()
    coordination = await openMemoryCoordination({
      clock,
      breaker: {
        failureRate: 0.5,
        minCalls: 1,
        windowMs: 1,
        openForMs: 1,
        maxOpenForMs: 1,
        probes: 1,
      },
    })
    statuses = new Map()
    asked = []
    const reads = {
      async statuses(jobIds: readonly string[]) {
        asked.push([...jobIds])
        return statuses
      },
    }
    watch = new JobWatch({ broadcasts: coordination.broadcasts, reads, clock, logger })
    watch.start()
  })

  it.each(['job-finished', 'job-changed'] as const)(
    'wakes at %s, of that job alone',
    async channel => {
      const one = watch.open('job_1')
      const other = watch.open('job_2')
      const changed = one.changed(60_000, never)
      const unchanged = settledOf(other.changed(60_000, never))
      coordination.broadcasts.send(channel, { jobId: 'job_1', status: 'running' })
      await changed
      expect(await unchanged()).toBe(false)
    },
  )

  it('does not lose news that comes before the wait', async () => {
    const watcher = watch.open('job_1')
    coordination.broadcasts.send('job-finished', { jobId: 'job_1', status: 'failed' })
    await watcher.changed(60_000, never)
    const again = settledOf(watcher.changed(60_000, never))
    expect(await again()).toBe(false)
  })

  it('wakes for a job that is gone', async () => {
    const watcher = watch.open('job_1')
    watcher.seen = 'queued'
    const changed = watcher.changed(60_000, never)
    await clock.advanceAsync(1_000)
    await changed
    expect(watcher.told).toBeUndefined()
  })

  it('asks Postgres every second, once for all, for what the broadcasts lost', async () => {
    const one = watch.open('job_1')
    const another = watch.open('job_1')
    const other = watch.open('job_2')
    for (const watcher of [one, another, other]) watcher.seen = 'queued'
    const changed = Promise.all([one.changed(60_000, never), another.changed(60_000, never)])
    const unchanged = settledOf(other.changed(60_000, never))
    statuses = new Map([
      ['job_1', 'succeeded'],
      ['job_2', 'queued'],
    ])
    await clock.advanceAsync(1_000)
    await changed
    expect(asked).toEqual([['job_1', 'job_2']])
    expect(await unchanged()).toBe(false)
  })

  it('asks nothing while nobody waits', async () => {
    watch.open('job_1').close()
    await clock.advanceAsync(10_000)
    expect(asked).toEqual([])
    expect(clock.pending).toBe(0)
  })

  it('ends a wait when its time is up, its caller gone, or the process stops', async () => {
    const watcher = watch.open('job_1')
    const timedOut = watcher.changed(500, never)
    clock.advance(500)
    await timedOut

    const gone = new AbortController()
    const abandoned = watcher.changed(60_000, gone.signal)
    gone.abort()
    await abandoned

    const stopped = watcher.changed(60_000, never)
    watch.stop()
    await stopped
    expect(watch.stopping).toBe(true)
  })

  it('forgets who closed, however often', () => {
    const watcher = watch.open('job_1')
    watch.open('job_1')
    expect(watch.count).toBe(2)
    watcher.close()
    watcher.close()
    expect(watch.count).toBe(1)
  })

  it('bounds how many wait', () => {
    for (let index = 0; index < 10_000; index += 1) watch.open(`job_${index}`)
    expect(() => watch.open('job_more')).toThrow('Too many requests wait')
  })
})

/** Whether a promise has settled by the time it is asked. */
function settledOf(promise: Promise<void>): () => Promise<boolean> {
  let isSettled = false
  void promise.then(() => {
    isSettled = true
  })
  return async () => {
    await new Promise(resolve => setImmediate(resolve))
    return isSettled
  }
}
