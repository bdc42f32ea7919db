import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { endPostgres } from '../postgres-kill.ts'
import type { ClusterSurroundings } from './surroundings.ts'
import { type ClusterScenario, type Trial, underLoad } from './trial.ts'

/** A client that waits longer for an answer gives up on the service. */
const LONGEST_ANSWER_MS = 10_000
/** Jobs per second while something is away: few enough for this machine, so that what piles up is seen. */
const STEADY_RATE = 40
const RECOVERY_MS = 10_000
const POLL_MS = 50

/** The broker stops in order; its clients are told, and find nobody. */
export const stopKafka: ClusterScenario = (surroundings, options) =>
  withoutKafka('Kafka is stopped', 'kafka-stop', surroundings, options, async kafka => {
    await kafka.stop()
    await delay(options.outageMs)
    await kafka.start()
  })

/** The broker is killed with SIGKILL, and started again at once. */
export const killKafka: ClusterScenario = (surroundings, options) =>
  withoutKafka('Kafka is killed', 'kafka-kill', surroundings, options, async kafka => {
    await kafka.kill()
    await kafka.start()
  })

function withoutKafka(
  title: string,
  name: string,
  surroundings: ClusterSurroundings,
  { jobs, seed, outageMs }: Parameters<ClusterScenario>[1],
  outage: (kafka: ClusterSurroundings['cluster']['kafka']) => Promise<void>,
) {
  return underLoad(surroundings, {
    title,
    name,
    seed,
    load: { jobs: steadily(jobs, outageMs), perSecond: STEADY_RATE },
    async disturb(trial) {
      const { load, figures } = trial
      await load.reached(STEADY_RATE)
      const before = load.accepted.size
      await outage(surroundings.cluster.kafka)
      figures['accepted while it was away'] = load.accepted.size - before
      figures['ms until nothing waits'] = await untilCaughtUp(surroundings, name, trial)
      const { answers } = load
      trial.expect(load.accepted.size > before, 'nothing was accepted while it was away')
      trial.expect(Object.keys(answers.counts).join() === 'POST 202', 'a submit was not accepted')
      trial.expect(answers.slowestMs < LONGEST_ANSWER_MS, `an answer took ${answers.slowestMs} ms`)
      trial.expect(allRun(surroundings), 'a service did not survive')
    },
  })
}

/** Redis forgets everything: what it held is in PostgreSQL. */
export const flushRedis: ClusterScenario = (surroundings, { jobs, seed, outageMs }) =>
  underLoad(surroundings, {
    title: 'Redis is flushed',
    name: 'redis-flush',
    seed,
    load: { jobs: steadily(jobs, outageMs), perSecond: STEADY_RATE },
    async disturb(trial) {
      await trial.load.reached(STEADY_RATE)
      const redis = new Redis(surroundings.cluster.redis.url)
      await redis.flushall()
      await redis.quit()
      await expectRecovery(surroundings, 'redis-flush', trial)
    },
  })

/** Redis is away, and comes back empty. */
export const stopRedis: ClusterScenario = (surroundings, { jobs, seed, outageMs }) =>
  underLoad(surroundings, {
    title: 'Redis is stopped',
    name: 'redis-stop',
    seed,
    load: { jobs: steadily(jobs, outageMs), perSecond: STEADY_RATE },
    async disturb(trial) {
      const { redis } = surroundings.cluster
      await trial.load.reached(STEADY_RATE)
      const finishedBefore = await finished(surroundings, 'redis-stop')
      await redis.stop()
      await delay(outageMs)
      const finishedAway = (await finished(surroundings, 'redis-stop')) - finishedBefore
      trial.figures['finished while it was away'] = finishedAway
      trial.expect(finishedAway > 0, 'nothing was finished while it was away')
      await redis.start()
      await expectRecovery(surroundings, 'redis-stop', trial)
      trial.expect(allRun(surroundings), 'a service did not survive')
    },
  })

/** PostgreSQL is restarted in order, and killed: the truth itself is away for a moment. */
export const restartPostgres: ClusterScenario = (surroundings, { jobs, seed }) =>
  underLoad(surroundings, {
    title: 'PostgreSQL is restarted, and killed',
    name: 'postgres',
    seed,
    load: { jobs, readers: 2 },
    async disturb(trial) {
      const { database } = surroundings.cluster
      const { load, figures } = trial
      for (const [number, signal] of (['SIGINT', 'SIGKILL'] as const).entries()) {
        await load.reached(Math.floor((jobs * (number + 1)) / 4))
        figures[`ms from ${signal} to the next 202`] = Math.round(
          await endPostgres(database, load, signal),
        )
      }
      const { slowestMs } = load.answers
      trial.expect(slowestMs < LONGEST_ANSWER_MS, `an answer took ${slowestMs} ms`)
      trial.expect(allRun(surroundings), 'a service did not survive')
    },
  })

/** As many as are submitted at the steady rate while the outage lasts, and for a time before and after. */
function steadily(jobs: number, outageMs: number): number {
  return Math.min(jobs, Math.ceil((STEADY_RATE * (outageMs + RECOVERY_MS)) / 1_000))
}

async function expectRecovery(
  surroundings: ClusterSurroundings,
  name: string,
  trial: Trial,
): Promise<void> {
  const ms = await untilCaughtUp(surroundings, name, trial)
  trial.figures['ms until nothing waits'] = ms
  trial.expect(ms <= RECOVERY_MS, `the rate recovered after ${ms} ms`)
}

/** Until no more jobs are open than come in a second; @returns how long that took */
async function untilCaughtUp(
  surroundings: ClusterSurroundings,
  name: string,
  { load }: Trial,
): Promise<number> {
  const startedAt = performance.now()
  while (load.accepted.size - (await finished(surroundings, name)) > STEADY_RATE) {
    if (performance.now() - startedAt > 2 * RECOVERY_MS) break
    await delay(POLL_MS)
  }
  return Math.round(performance.now() - startedAt)
}

async function finished({ cluster }: ClusterSurroundings, name: string): Promise<number> {
  const [row] = await cluster.database.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM jobs
     WHERE finished_at IS NOT NULL AND metadata->>'marker' LIKE $1`,
    [`${name}-%`],
  )
  return row?.count ?? 0
}

export function allRun({ cluster }: ClusterSurroundings): boolean {
  return cluster.all.every(process => process.running)
}
