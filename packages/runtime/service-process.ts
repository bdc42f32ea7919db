import { type Clock, type Config, systemClock } from '@longhaul/contracts'
import { StoreUnavailableError } from '@longhaul/store'
import { startTelemetry, type Telemetry } from '@longhaul/telemetry'
import { loadConfigFile } from './config/config-file.ts'
import { ConfigWatch } from './config/config-watch.ts'
import { describeFault } from './config/fault.ts'
import { type Drivers, openDrivers } from './drivers.ts'
import type { Env } from './env.ts'
import { describeEnvFaults, readServiceEnv, type ServiceEnv } from './environment.ts'
import { type HealthPart, readinessOf } from './health.ts'
import { letHeapGrow } from './heap.ts'
import { type Service, type Stoppable, startInOrder } from './lifecycle.ts'
import { checkListenAddress, ListenAddressError } from './listen-address.ts'
import { serveOperations } from './operations-server.ts'
import { openPausePoints, type Pause } from './pause-points.ts'
import { stopOnSignal } from './stop-on-signal.ts'

/** What a service in a process of its own gets. */
export interface ServiceProcess extends Omit<Drivers, 'reconfigure'> {
  env: ServiceEnv
  config: Config
  telemetry: Telemetry
  clock: Clock
  /** Whether it runs with what is in the file. */
  configuration: HealthPart
  /** Undefined outside of fault tests. */
  pause: Pause | undefined
}

export interface ServiceProcessOptions {
  name: string
  /** It talks to services of other processes over the bus. */
  needsSharedBus: boolean
  /** It serves `/healthz`, `/readyz` and `/metrics` on a server of its own. */
  servesOperations: boolean
}

/** In MiB, of a service by itself; its memory stays below 400 MB under full load. */
const HEAP_GROWTH = 96

/**
 * Reads the environment, opens the drivers, starts the service that `wire`
 * makes, and stops it at a signal. Exits with 1 and every fault when it cannot
 * start.
 * @param variables `process.env`
 */
export async function runServiceProcess(
  options: ServiceProcessOptions,
  variables: Env,
  wire: (parts: ServiceProcess) => Service | Promise<Service>,
): Promise<void> {
  letHeapGrow(HEAP_GROWTH)
  const env = readEnvOrExit(variables)
  const config = readConfigOrExit(env, variables)
  const telemetry = startTelemetry({ service: options.name, logLevel: env.logLevel })
  const clock = systemClock
  if (options.needsSharedBus && !env.shared.kafka) {
    exitWith(
      `a ${options.name} in a process of its own needs a bus that processes share: ` +
        'set KAFKA_BROKERS, or run `npm start`, where all services share one process',
    )
  }
  await checkListenAddress(env, { host: 'HOST', port: 'PORT' }).catch(exitExplained)
  const drivers = await openDrivers({ ...env, config, telemetry, clock }).catch(exitExplained)
  const pause = openPausePoints(variables, process)
  const { logger } = telemetry
  const watch = new ConfigWatch(
    { clock, logger },
    {
      path: env.configPath,
      env: variables,
      config,
      async apply(changed) {
        await drivers.reconfigure(changed)
        await service.reconfigure?.(changed)
      },
    },
  )
  const service = await wire({
    ...{ ...drivers, env, config, telemetry, clock, pause },
    configuration: watch,
  })
  await startInOrder([service, watch], { stopMs: env.shutdownMs, logger })
  const { bus, coordination, provider, blobs, store } = drivers
  const files = { name: 'files', stop: () => blobs.stop() }
  const stoppables: Stoppable[] = [watch, service, bus, coordination, provider, files, store]
  if (options.servesOperations) {
    const operations = await serveOperations({
      host: env.host,
      port: env.port,
      health: readinessOf([service, ...partsOf(drivers), watch], { clock }),
      scrape: telemetry.scrape,
    })
    logger.info({ origin: operations.origin }, `${options.name} is ready`)
    stoppables.push(operations)
  }
  await stopOnSignal([...stoppables, telemetry], env.shutdownMs, { logger })
}

const STORE_HEALTH_MS = 800

function partsOf({ store, blobs, bus, coordination }: Drivers): HealthPart[] {
  return [
    { name: 'store', health: () => store.health(STORE_HEALTH_MS) },
    { name: 'files', health: () => blobs.health() },
    { name: 'bus', health: () => bus.health() },
    { name: 'coordination', health: () => coordination.health() },
  ]
}

function readEnvOrExit(variables: Env): ServiceEnv {
  const result = readServiceEnv(variables)
  return result.ok ? result.env : exitWith(describeEnvFaults(result.faults))
}

function readConfigOrExit(env: ServiceEnv, variables: Env): Config {
  const { configPath } = env
  const result = loadConfigFile(configPath, variables)
  return result.ok
    ? result.config
    : exitWith(result.faults.map(fault => describeFault(configPath, fault)).join('\n'))
}

/** What the message explains in full; a stack would only hide it. */
function exitExplained(error: unknown): never {
  if (error instanceof StoreUnavailableError || error instanceof ListenAddressError) {
    exitWith(error.message)
  }
  throw error
}

function exitWith(message: string): never {
  console.error(message)
  process.exit(1)
}
