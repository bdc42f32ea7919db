import { randomUUID } from 'node:crypto'
import { afterEach, expect, it } from '@jest/globals'
import { openRedisCoordination } from '@longhaul/coordination'
import { alone } from '../alone.ts'
import { eventually } from '../conformance/eventually.ts'
import { Pipeline, simulated } from '../pipeline.ts'
import { describeOn } from '../servers.ts'

alone()

const WORKERS = 3
const PER_SECOND = 30
const JOBS = 30
const PATIENCE_MS = 60_000
const TEST_MS = 180_000
/** Long enough that all are told of it well before its end. */
const REST_MS = 5_000
/** More than all of them could call before that. */
const MANY_JOBS = 240

await describeOn(
  'redis',
  "a provider's limit, with several workers that each could use it up",
  url => {
    let pipeline: Pipeline | undefined
    afterEach(async () => {
      await pipeline?.close()
      pipeline = undefined
    })

    async function open(workers: number): Promise<Pipeline> {
      const keyPrefix = randomUUID()
      pipeline = await Pipeline.open({
        config: simulator => ({
          models: { limited: simulated(simulator, {}, { max_concurrency: 4 }) },
          retry: { base_delay: '10ms', max_delay: '50ms', max_attempts: 30 },
        }),
        openCoordination: options => openRedisCoordination({ ...options, url, keyPrefix }),
        workers,
      })
      return pipeline
    }

    async function runAll(p: Pipeline, jobs: number): Promise<void> {
      for (let number = 0; number < jobs; number += 1) await p.submit('hello')
      await eventually(
        () => p.query<{ status: string }>('SELECT DISTINCT status FROM jobs'),
        states => states.length === 1 && states[0]?.status === 'succeeded',
        PATIENCE_MS,
      )
    }

    it(
      'one Retry-After holds the calls of all, and what waits runs afterwards',
      async () => {
        const p = await open(WORKERS)
        const refusal = { kind: 'rate-limited', retryAfterSeconds: REST_MS / 1_000 } as const
        p.simulator.script('limited', { failures: [{ fault: refusal, times: 1 }], latencyMs: 100 })
        const told = p.coordinations.map(
          ({ breakers }) =>
            new Promise<number>(resolve => {
              breakers.onChange((_, { state }) => {
                if (state === 'open') resolve(Date.now())
              })
            }),
        )
        await runAll(p, MANY_JOBS)

        const refusedAt = p.simulator.log.find(({ status }) => status === 429)?.at ?? 0
        expect(refusedAt).toBeGreaterThan(0)
        const allTold = Math.max(...(await Promise.all(told)))
        expect(allTold).toBeLessThan(refusedAt + REST_MS)
        // As their workers have it: on a busy machine they may come late to the simulator.
        const during = await p.query(
          `SELECT FROM attempts WHERE extract(epoch FROM started_at) * 1000 BETWEEN $1 AND $2`,
          [allTold + 1, refusedAt + REST_MS - 1],
        )
        // Those that were on their way; two that know of nothing would make all the others.
        expect(during.length).toBeLessThanOrEqual(WORKERS)
      },
      TEST_MS,
    )

    it(
      'is not multiplied by the workers: few calls are refused, and each other one counts',
      async () => {
        const p = await open(WORKERS)
        const hiddenRateLimit = { requestsPerSecond: PER_SECOND, burst: 3 }
        p.simulator.script('limited', { hiddenRateLimit, latencyMs: 20 })
        await runAll(p, JOBS)

        const refused = p.simulator.log.filter(({ status }) => status === 429).length
        // Of the first second, before each worker has found its part of the limit.
        expect(refused).toBeLessThan(JOBS / 3)
        expect(p.simulator.log).toHaveLength(JOBS + refused)
      },
      TEST_MS,
    )
  },
)
