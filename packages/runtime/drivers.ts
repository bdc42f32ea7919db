import { type Bus, openMemoryBus } from '@longhaul/bus'
import { type Clock, type Config, deploymentKey } from '@longhaul/contracts'
import { type Coordination, openMemoryCoordination } from '@longhaul/coordination'
import { openProviders, type Provider, type ProviderDeployment } from '@longhaul/providers'
import { openStore, type Store } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'
import { observeGauges } from './gauges.ts'

export interface DriverOptions {
  config: Config
  databaseUrl: string
  telemetry: Telemetry
  clock: Clock
  /** PostgreSQL schema; default `longhaul`. */
  schema?: string
}

/** What the services of a process stand on. This is the one place that knows which drivers there are. */
export interface Drivers {
  store: Store
  bus: Bus
  coordination: Coordination
  provider: Provider
}

/** What one process holds on the bus: enough to keep every worker busy, and little beside the waiting jobs. */
const BUS_BOUNDS = { maxMessagesPerTopic: 10_000, maxBytesPerTopic: 16 * 1024 * 1024 }

/** Opens the store first: without it nothing else is of use. */
export async function openDrivers(options: DriverOptions): Promise<Drivers> {
  const { config, telemetry, clock } = options
  const store = await openObservedStore(options)
  const bus = await openMemoryBus({ ...BUS_BOUNDS, clock, logger: telemetry.logger })
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
  const provider = openProviders({ clock }, { deployments: deploymentsOf(config) })
  observeGauges({ store, bus, coordination, telemetry }, config)
  return { store, bus, coordination, provider }
}

function openObservedStore({
  databaseUrl,
  schema,
  telemetry,
  clock,
}: DriverOptions): Promise<Store> {
  const { metrics } = telemetry
  return openStore({
    databaseUrl,
    clock,
    observe: (statement, rows, seconds) => {
      metrics.storeBatchRows.record(rows, { statement })
      metrics.storeStatementDuration.record(seconds, { statement })
    },
    ...(schema !== undefined && { schema }),
  })
}

function deploymentsOf(config: Config): ProviderDeployment[] {
  return Object.entries(config.models).flatMap(([model, settings]) =>
    Object.entries(settings.deployments).map(([name, deployment]) => ({
      key: deploymentKey(model, name),
      model,
      config: deployment,
      price: deployment.price ?? settings.price,
      maxOutputTokens: settings.max_output_tokens,
    })),
  )
}
