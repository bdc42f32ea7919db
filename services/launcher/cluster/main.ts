import { join } from 'node:path'
import { describeEnvFaults, readLauncherEnv, stopOnSignal } from '@longhaul/runtime'
import { startTelemetry } from '@longhaul/telemetry'
import { isExpected } from '../expected-error.ts'
import { startCluster } from './cluster.ts'
import { readClusterOptions } from './options.ts'
import { describeCluster } from './start-message.ts'

const parsed = readLauncherEnv(process.env)
if (!parsed.ok) {
  console.error(describeEnvFaults(parsed.faults))
  process.exit(1)
}
const { env } = parsed
const options = readClusterOptions(process.argv.slice(2), {
  ...env,
  dataDir: join(env.dataDir, 'cluster'),
})
const telemetry = startTelemetry({ service: 'cluster', logLevel: env.logLevel })
try {
  const print = (line: string) => console.error(line)
  const cluster = await startCluster({ ...options, env, secrets: process.env, telemetry, print })
  console.log(describeCluster(cluster, env.apiKey))
  await stopOnSignal([cluster, telemetry], env.shutdownMs, { logger: telemetry.logger })
} catch (error) {
  if (!isExpected(error)) throw error
  console.error(error.message)
  process.exit(1)
}
