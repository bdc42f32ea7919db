import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { leftOut, serverAddress } from '../../servers.ts'
import { clusterScenarios } from './scenarios.ts'
import { type ClusterSurroundings, surroundCluster } from './surroundings.ts'

const START_MS = 300_000
const SCENARIO_MS = 480_000
/** Shorter and smaller than `npm run test:fault` has it, but long enough for every time-out to pass. */
const OPTIONS = { jobs: 800, outageMs: 8_000, stragglerMs: 32_000 }
/** Of the scenarios that want more. */
const JOBS: Partial<Record<string, number>> = { 'cluster-kill': 2_000, 'cluster-batch': 5_000 }
/** What fits into a run of all tests; the other scenarios, outages of half a minute, are `npm run test:fault`'s. */
const SHORT = ['cluster-kill', 'cluster-batch'] as const

const title = 'a cluster, two processes of each service'
const servers = [await serverAddress('local-kafka'), await serverAddress('local-redis')]
if (servers.includes(undefined)) leftOut('local-kafka', title)
else {
  describe(title, () => {
    let surroundings: ClusterSurroundings
    beforeAll(async () => {
      surroundings = await surroundCluster()
    }, START_MS)
    afterAll(async () => {
      await surroundings?.end()
    }, START_MS)

    it.each(SHORT)(
      '%s: loses nothing, and records nothing twice',
      async name => {
        const jobs = JOBS[name] ?? OPTIONS.jobs
        const seed = Date.now() % 1_000_000
        const report = await clusterScenarios[name](surroundings, { ...OPTIONS, jobs, seed })

        expect(report).toMatchObject({ violations: [] })
      },
      SCENARIO_MS,
    )
  })
}
