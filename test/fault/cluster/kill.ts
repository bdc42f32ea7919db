import { setTimeout as delay } from 'node:timers/promises'
import { services } from '../../processes/cluster-processes.ts'
import { seededRandom } from '../../simulator/random.ts'
import { describeTimes } from '../report.ts'
import type { ClusterSurroundings } from './surroundings.ts'
import { type ClusterScenario, claimed, type Trial, underLoad } from './trial.ts'

const JITTER_MS = 40
const AWAY_MS = 2_000

/** One of each kind is killed with SIGKILL under load, one after another, and started again after two seconds. */
export const killEachKind: ClusterScenario = (surroundings, options) => {
  const { jobs, seed, log = () => {} } = options
  const random = seededRandom(seed)
  return underLoad(surroundings, {
    title: 'one of each service is killed',
    name: 'kill',
    seed,
    load: { jobs, readers: 2 },
    async disturb(trial) {
      const restarts: Array<Promise<number>> = []
      for (const [number, service] of services.entries()) {
        const moment = Math.floor((jobs * (number + random())) / (services.length + 1))
        await trial.load.reached(moment)
        await delay(random() * JITTER_MS)
        const [one, other] = surroundings.cluster.of(service)
        const victim = random() < 0.5 ? one : other
        if (!victim) throw new Error(`no ${service} to kill`)
        log(`kill -9 of ${victim.name} after ${trial.load.accepted.size} accepted`)
        restarts.push(killAndStart(surroundings, trial, victim))
      }
      const times = await Promise.all(restarts)
      trial.figures['claimed when the worker was killed'] = trial.inFlight.flat().length
      trial.figures['ms from start to ready'] = describeTimes(times)
    },
  })
}

type Victim = ClusterSurroundings['cluster']['all'][number]

/** @returns how long the new process took to be ready */
export async function killAndStart(
  surroundings: ClusterSurroundings,
  trial: Trial,
  victim: Victim,
): Promise<number> {
  await victim.kill()
  if (victim.service === 'worker') trial.inFlight.push(await claimed(surroundings))
  await delay(AWAY_MS)
  const startedAt = performance.now()
  await victim.start()
  return performance.now() - startedAt
}
