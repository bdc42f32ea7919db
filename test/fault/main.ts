/** The fault tests at any size: `npm run test:fault -- --jobs 20000 [--seed 7] [--only plug]`. */
import { parseArgs } from 'node:util'
import { stopOrderly } from './orderly-stop.ts'
import { pullThePlug } from './plug.ts'
import { killPostgres } from './postgres-kill.ts'
import type { FaultOptions, FaultReport } from './report.ts'

const scenarios: Record<string, (options: FaultOptions) => Promise<FaultReport>> = {
  plug: pullThePlug,
  postgres: killPostgres,
  stop: stopOrderly,
}
const MOST_SHOWN = 20

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string', multiple: true, default: Object.keys(scenarios) },
  },
})

// Children die with this process: it must end by `exit`, not by a signal.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

for (const name of values.only) {
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

function print({ name, seed, violations, figures }: FaultReport): void {
  console.log(`\n${name} (seed ${seed}): ${violations.length === 0 ? 'all is well' : 'BROKEN'}`)
  for (const [what, figure] of Object.entries(figures)) console.log(`  ${what}: ${figure}`)
  for (const violation of violations.slice(0, MOST_SHOWN)) console.log(`  ✗ ${violation}`)
  if (violations.length > MOST_SHOWN) console.log(`  … and ${violations.length - MOST_SHOWN} more`)
}
