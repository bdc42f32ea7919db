/** The fault tests at any size: `npm run test:fault -- --jobs 20000 [--seed 7] [--only plug,cluster-kill] [--logs DIR]`. */
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { killBrokers } from './broker-kill.ts'
import { clusterScenarios } from './cluster/scenarios.ts'
import { type ClusterSurroundings, surroundCluster } from './cluster/surroundings.ts'
import { stopOrderly } from './orderly-stop.ts'
import { pullThePlug } from './plug.ts'
import { killPostgres } from './postgres-kill.ts'
import type { FaultOptions, FaultReport } from './report.ts'

const OUTAGE_MS = 20_000
const STRAGGLER_MS = 300_000
const MOST_SHOWN = 20

let cluster: Promise<ClusterSurroundings> | undefined

const scenarios: Record<string, (options: FaultOptions) => Promise<FaultReport>> = {
  plug: pullThePlug,
  postgres: killPostgres,
  stop: stopOrderly,
  brokers: killBrokers,
  ...Object.fromEntries(
    Object.entries(clusterScenarios).map(([name, run]) => [
      name,
      async (options: FaultOptions) => {
        cluster ??= surroundCluster()
        return run(await cluster, { ...options, outageMs: OUTAGE_MS, stragglerMs: STRAGGLER_MS })
      },
    ]),
  ),
}

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    logs: { type: 'string' },
    only: { type: 'string', multiple: true, default: Object.keys(scenarios) },
  },
})

// Children die with this process: it must end by `exit`, not by a signal.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

try {
  for (const name of values.only.flatMap(names => names.split(','))) {
    const run = scenarios[name]
    if (!run) throw new Error(`no scenario ${name}: choose of ${Object.keys(scenarios).join(', ')}`)
    const report = await run({
      jobs: Number(values.jobs),
      seed: Number(values.seed),
      log: line => console.log(`  ${line}`),
    })
    print(report)
    if (report.violations.length > 0) process.exitCode = 1
  }
} finally {
  await endCluster(await cluster)
}

async function endCluster(surroundings: ClusterSurroundings | undefined): Promise<void> {
  if (surroundings && values.logs !== undefined) keepLogs(surroundings.folder, values.logs)
  await surroundings?.end()
}

function keepLogs(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  const logs = readdirSync(from).filter(name => name.endsWith('.log'))
  for (const name of logs) copyFileSync(join(from, name), join(to, name))
}

function print({ name, seed, violations, figures }: FaultReport): void {
  console.log(`\n${name} (seed ${seed}): ${violations.length === 0 ? 'all is well' : 'BROKEN'}`)
  for (const [what, figure] of Object.entries(figures)) console.log(`  ${what}: ${figure}`)
  for (const violation of violations.slice(0, MOST_SHOWN)) console.log(`  ✗ ${violation}`)
  if (violations.length > MOST_SHOWN) console.log(`  … and ${violations.length - MOST_SHOWN} more`)
}
