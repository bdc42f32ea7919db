import { describeEnvFaults, letHeapGrow, readLauncherEnv, stopOnSignal } from '@longhaul/runtime'
import { startTelemetry } from '@longhaul/telemetry'
import { isExpected } from './expected-error.ts'
import { launch } from './launch.ts'
import { describeStart } from './start-message.ts'

/** In MiB. All services share one heap here: less than what each takes by itself. */
const HEAP_GROWTH = 60

letHeapGrow(HEAP_GROWTH)
const parsed = readLauncherEnv(process.env)
if (!parsed.ok) {
  console.error(describeEnvFaults(parsed.faults))
  process.exit(1)
}
const telemetry = startTelemetry({ service: 'longhaul', logLevel: parsed.env.logLevel })
try {
  const launched = await launch({ env: parsed.env, secrets: process.env, telemetry })
  console.log(describeStart(launched, parsed.env.apiKey))
  await stopOnSignal([launched, telemetry], parsed.env.shutdownMs, { logger: telemetry.logger })
} catch (error) {
  if (!isExpected(error)) throw error
  console.error(error.message)
  process.exit(1)
}
