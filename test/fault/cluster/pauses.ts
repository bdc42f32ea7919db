import type { PausePoint } from '@longhaul/runtime'
import { type ServiceName, services } from '../../processes/cluster-processes.ts'
import type { FaultReport } from '../report.ts'
import { killAndStart } from './kill.ts'
import type { ClusterSurroundings } from './surroundings.ts'
import { type ClusterScenario, underLoad } from './trial.ts'

/** Services take turns, so that each is up again when its next point is due. */
export const pausePoints: readonly PausePoint[] = [
  'ingress-before-insert',
  'router-before-publish',
  'worker-after-claim',
  'dispatcher-before-publish',
  'courier-before-record',
  'ingress-after-insert',
  'router-before-ack',
  'worker-before-settle',
  'ingress-after-publish',
  'worker-before-ack',
]

const JOBS = 5
const REACHED_TIMEOUT_MS = 20_000

/** A process is held at each step of a job's life at which it could lose or repeat something, and killed there. */
export const killAtPausePoints: ClusterScenario = async (surroundings, options) => {
  const reports: FaultReport[] = []
  for (const point of pausePoints) {
    options.log?.(point)
    reports.push(await killAt(surroundings, point, options.seed))
  }
  const sum = (figure: string) =>
    reports.reduce((total, { figures }) => total + Number(figures[figure]), 0)
  return {
    name: 'a process is killed at each pause point',
    seed: options.seed,
    violations: reports.flatMap(({ name, violations }) =>
      violations.map(violation => `${name}: ${violation}`),
    ),
    figures: {
      points: pausePoints.length,
      jobs: sum('jobs'),
      'calls repeated': sum('calls repeated'),
      'seconds from kill to the last end': reports
        .map(({ name, figures }) => `${name} ${figures.seconds}`)
        .join(', '),
    },
  }
}

function killAt(
  surroundings: ClusterSurroundings,
  point: PausePoint,
  seed: number,
): Promise<FaultReport> {
  const service = serviceOf(point)
  const processes = surroundings.cluster.of(service)
  const reached = processes.map(process => process.hold(point).then(() => process))
  return underLoad(surroundings, {
    title: point,
    name: point,
    seed,
    // What waits in PostgreSQL is the dispatcher's to publish.
    load: { jobs: JOBS, fields: service === 'dispatcher' ? { not_before: '500ms' } : {} },
    async disturb(trial) {
      const { promise: late, reject } = Promise.withResolvers<never>()
      const timer = setTimeout(
        () => reject(new Error(`nobody came to ${point}`)),
        REACHED_TIMEOUT_MS,
      )
      const victim = await Promise.race([...reached, late])
      clearTimeout(timer)
      const restarted = killAndStart(surroundings, trial, victim)
      for (const process of processes) if (process !== victim) process.release(point)
      await restarted
    },
  })
}

function serviceOf(point: PausePoint): ServiceName {
  const service = services.find(name => point.startsWith(`${name}-`))
  if (!service) throw new Error(`no service has ${point}`)
  return service
}
