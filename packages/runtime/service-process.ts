import { type Clock, type Config, systemClock } from '@longhaul/contracts'
import { startTelemetry, type Telemetry } from '@longhaul/telemetry'
import { loadConfigFile } from './config/config-file.ts'
import { describeFault } from './config/fault.ts'
import { type Drivers, openDrivers } from './drivers.ts'
import { describeEnvFaults, type Env, readServiceEnv, type ServiceEnv } from './environment.ts'
import { readinessOf } from './health.ts'
import { type Service, type Stoppable, startInOrder } from './lifecycle.ts'
import { serveOperations } from './operations-server.ts'
import { stopOnSignal } from './stop-on-signal.ts'

/** What a service in a process of its own gets. */
export interface ServiceProcess extends Drivers {
  env: ServiceEnv
  config: Config
  telemetry: Telemetry
  clock: Clock
}

export interface ServiceProcessOptions {
  name: string
  /** It talks to services of other processes over the bus. */
  needsSharedBus: boolean
  /** It serves `/healthz`, `/readyz` and `/metrics` on a server of its own. */
  servesOperations: boolean
}

/**
 * Reads the environment, opens the drivers, starts the service that `wire`
 * makes, and stops it at a signal. Exits with 1 and every fault when it cannot
 * start.
 * @param variables `process.env`
 */
export async function runServiceProcess(
  options: ServiceProcessOptions,
  variables: Env,
  wire: (parts: ServiceProcess) => Service,
): Promise<void> {
  const env = readEnvOrExit(variables)
  const config = readConfigOrExit(env, variables)
  const telemetry = startTelemetry({ service: options.name, logLevel: env.logLevel })
  const clock = systemClock
  const drivers = await openDrivers({ config, databaseUrl: env.databaseUrl, telemetry, clock })
  if (options.needsSharedBus && !drivers.bus.durable) {
    exitWith(
      `a ${options.name} in a process of its own needs a bus that processes share; this version ` +
        'has the bus within one process only: run `npm start`, where all services share it',
    )
  }
  const service = wire({ ...drivers, env, config, telemetry, clock })
  const logger = telemetry.logger
  await startInOrder([service], { stopMs: env.shutdownMs, logger })
  const stoppables: Stoppable[] = [
    service,
    drivers.bus,
    drivers.coordination,
    drivers.provider,
    drivers.store,
  ]
  if (options.servesOperations) {
    const store = { name: 'store', health: () => drivers.store.health(800) }
    const operations = await serveOperations({
      host: env.host,
      port: env.port,
      health: readinessOf([service, store], { clock }),
      scrape: telemetry.scrape,
    })
    logger.info({ origin: operations.origin }, `${options.name} is ready`)
    stoppables.push(operations)
  }
  await stopOnSignal([...stoppables, telemetry], env.shutdownMs, { logger })
}

function readEnvOrExit(variables: Env): ServiceEnv {
  const result = readServiceEnv(variables)
  return result.ok ? result.env : exitWith(describeEnvFaults(result.faults))
}

function readConfigOrExit(env: ServiceEnv, variables: Env): Config {
  const { configPath } = env
  if (configPath === undefined) {
    return exitWith('LONGHAUL_CONFIG is missing — set it to the path of a longhaul.yaml')
  }
  const result = loadConfigFile(configPath, variables)
  return result.ok
    ? result.config
    : exitWith(result.faults.map(fault => describeFault(configPath, fault)).join('\n'))
}

function exitWith(message: string): never {
  console.error(message)
  process.exit(1)
}
