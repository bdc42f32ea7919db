import { systemClock } from '@longhaul/contracts'
import { describeEnvFaults, readLauncherEnv } from '@longhaul/runtime'
import { isExpected } from '../expected-error.ts'
import { withCluster } from './cluster.ts'
import { withEmbedded } from './embedded.ts'
import { abortOnSignal } from './interruption.ts'
import { describeModels, introduce } from './introduction.ts'
import { readOptions } from './options.ts'
import { runDemo } from './run.ts'

const options = readOptions(process.argv.slice(2))
// Log lines would tear the progress bar; what failed is in the report.
const parsed = readLauncherEnv({ LOG_LEVEL: 'error', ...process.env })
if (!parsed.ok) {
  console.error(describeEnvFaults(parsed.faults))
  process.exit(1)
}
const signal = abortOnSignal(systemClock)
const terminal = { input: process.stdin, output: process.stdout, signal }
const print = (line: string) => console.log(line)
print(introduce(options.cluster))
const onSystem = options.cluster ? withCluster : withEmbedded
try {
  const ok = await onSystem({ env: parsed.env, secrets: process.env }, async target => {
    signal.throwIfAborted()
    print(describeModels(target))
    return runDemo({ options, target, clock: systemClock, terminal, print })
  })
  process.exit(ok ? 0 : 1)
} catch (error) {
  if (signal.aborted) console.error(String(signal.reason.message))
  else if (isExpected(error)) console.error(error.message)
  else throw error
  process.exit(signal.aborted ? 130 : 1)
}
