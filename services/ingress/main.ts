import { openMemoryBus } from '@longhaul/bus'
import { systemClock as clock } from '@longhaul/contracts'
import { openMemoryCoordination } from '@longhaul/coordination'
import {
  createReceiverPolicy,
  describeEnvFaults,
  describeFault,
  loadConfigFile,
  ModelFigures,
  readServiceEnv,
  stopOnSignal,
} from '@longhaul/runtime'
import { openStore } from '@longhaul/store'
import { startTelemetry } from '@longhaul/telemetry'
import { Ingress } from './ingress.ts'

const parsed = readServiceEnv(process.env)
if (!parsed.ok) {
  console.error(describeEnvFaults(parsed.faults))
  process.exit(1)
}
const { env } = parsed
const path = env.configPath ?? 'longhaul.yaml'
const loaded = loadConfigFile(path, process.env)
if (!loaded.ok) {
  console.error(loaded.faults.map(fault => describeFault(path, fault)).join('\n'))
  process.exit(1)
}
const { config } = loaded

const telemetry = startTelemetry({ service: 'ingress', logLevel: env.logLevel })
const store = await openStore({ databaseUrl: env.databaseUrl })
// A bus of this process alone reaches no router: one without room leaves every
// job in Postgres, for the dispatcher to publish on its own.
const bus = await openMemoryBus({ maxMessagesPerTopic: 1, logger: telemetry.logger })
const coordination = await openMemoryCoordination({
  clock,
  logger: telemetry.logger,
  breaker: {
    failureRate: config.breaker.failure_rate,
    minCalls: config.breaker.min_calls,
    windowMs: config.breaker.window,
    openForMs: config.breaker.open_for,
    maxOpenForMs: config.breaker.max_open_for,
    probes: config.breaker.probes,
  },
})
const ingress = new Ingress(
  {
    store,
    bus,
    coordination,
    telemetry,
    clock,
    random: Math.random,
    live: new ModelFigures({ coordination, bus, clock }, config),
    receiverPolicy: createReceiverPolicy(config.webhooks.allow),
  },
  config,
  { host: env.host, port: env.port },
)

await ingress.start()
telemetry.logger.info({ url: ingress.url }, 'accepting jobs')
await stopOnSignal([ingress, bus, coordination, store, telemetry], env.shutdownMs, {
  logger: telemetry.logger,
})
