import { setTimeout as delay } from 'node:timers/promises'
import { modelTopic } from '@longhaul/contracts'
import { markerOf } from '../load.ts'
import { type ClusterSurroundings, SLOW_MODEL, STRAGGLER_AFTER_MS } from './surroundings.ts'
import { type ClusterScenario, type Trial, underLoad } from './trial.ts'

const NAME = 'long-work'
const JOBS = 200
/** One in so many asks the model that takes longer than a session may be silent. */
const SLOW_EVERY = 10
/** Submitted alone. */
const STRAGGLER = markerOf(21, NAME)
const STRAGGLER_MODEL = 'alpha'
/** Behind the bound: a commit, and the look at it. */
const TOLERANCE_MS = 5_000
const POLL_MS = 200

/**
 * Calls that take longer than a consumer may be silent cause no rebalance, and
 * one that takes minutes does not hold back the commits of those behind it.
 */
export const longWork: ClusterScenario = async (surroundings, { seed, stragglerMs }) => {
  const { simulator } = surroundings
  await simulator.script({ marker: STRAGGLER, behaviour: { latencyMs: stragglerMs } })
  return underLoad(surroundings, {
    title: 'calls take longer than a session, and one takes minutes',
    name: NAME,
    seed,
    load: {
      jobs: JOBS,
      modelOf: index => (index % SLOW_EVERY === 0 ? SLOW_MODEL : STRAGGLER_MODEL),
    },
    async disturb(trial) {
      const before = await rebalances(surroundings)
      while (((await simulator.calls()).byMarker[STRAGGLER] ?? 0) === 0) await delay(POLL_MS)
      const calledAt = performance.now()
      await trial.load.reached(JOBS)
      await trial.receipts.until(() => trial.receipts.delivered.size === JOBS - 1, stragglerMs)
      const heldMs = await untilCommitted(surroundings, trial, calledAt)
      trial.figures['ms that the straggler held commits back'] = heldMs
      trial.expect(heldMs < STRAGGLER_AFTER_MS + TOLERANCE_MS, `commits waited for ${heldMs} ms`)
      await trial.receipts.until(() => trial.receipts.delivered.size === JOBS, stragglerMs)
      trial.figures.rebalances = (await rebalances(surroundings)) - before
      trial.expect(trial.figures.rebalances === 0, `${trial.figures.rebalances} rebalances`)
    },
  })
}

/** Until all that was published to the straggler's topic is committed, while it is still under way. */
async function untilCommitted(
  { cluster }: ClusterSurroundings,
  { receipts, expect }: Trial,
  since: number,
): Promise<number> {
  const [router] = cluster.of('router')
  const topic = `topic="${modelTopic(STRAGGLER_MODEL, 'standard')}"`
  while ((await router?.metric('longhaul_bus_lag', topic)) !== 0) {
    if (performance.now() - since > 2 * STRAGGLER_AFTER_MS) break
    await delay(POLL_MS)
  }
  expect(receipts.delivered.size < JOBS, 'the straggler ended before its commit was seen')
  return Math.round(performance.now() - since)
}

async function rebalances({ cluster }: ClusterSurroundings): Promise<number> {
  const consumers = [...cluster.of('worker'), ...cluster.of('router')]
  const counts = consumers.map(process => process.metric('longhaul_bus_rebalances_total'))
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
}
