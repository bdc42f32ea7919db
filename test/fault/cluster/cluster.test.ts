import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { leftOut, serverAddress } from '../../servers.ts'
import { clusterScenarios } from './scenarios.ts'
import { type ClusterSurroundings, surroundCluster } from './surroundings.ts'

const START_MS = 300_000
const SCENARIO_MS = 240_000
/** Shorter and smaller than `npm run test:fault` has it, but long enough for every time-out to pass. */
const OPTIONS = { jobs: 1_000, outageMs: 12_000, stragglerMs: 40_000 }
const KILL_JOBS = 2_000

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

    it.each(Object.entries(clusterScenarios))(
      '%s: loses nothing, and records nothing twice',
      async (name, run) => {
        const jobs = name === 'cluster-kill' ? KILL_JOBS : OPTIONS.jobs
        const seed = Date.now() % 1_000_000
        const report = await run(surroundings, { ...OPTIONS, jobs, seed })

        expect(report).toMatchObject({ violations: [] })
      },
      SCENARIO_MS,
    )
  })
}
