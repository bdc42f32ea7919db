import { resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import type { ServiceName } from './service-names.ts'

export interface ClusterOptions {
  /** Processes of each service. */
  counts: Record<ServiceName, number>
  /** Absolute. */
  dataDir: string
  configPath: string | undefined
  /** Of the first ingress, the others follow; 0: any that are free. */
  port: number
}

/** What the environment says, where the command line says nothing. */
export type ClusterDefaults = Omit<ClusterOptions, 'counts'>

export const defaultCounts: Readonly<Record<ServiceName, number>> = {
  ingress: 1,
  dispatcher: 1,
  router: 2,
  worker: 2,
  courier: 1,
}

/** Of each service: they need a port each, and PostgreSQL connections for each. */
const MOST_PROCESSES = 16
const MAX_PORT = 65_535

interface Values {
  ingresses: number
  dispatchers: number
  routers: number
  workers: number
  couriers: number
  dataDir: string
  config?: string
  port: number
}

/** Reads the command line; prints the help or what is wrong with it, and exits, where it is not to be run. */
export function readClusterOptions(
  words: readonly string[],
  defaults: ClusterDefaults,
): ClusterOptions {
  const count = wholeNumber(1, MOST_PROCESSES)
  const { ingress, dispatcher, router, worker, courier } = defaultCounts
  const program = new Command('npm run cluster --')
    .description('Runs each service in processes of its own, on Kafka, PostgreSQL and Redis')
    .option('--ingresses <count>', 'processes that take jobs, each on a port', count, ingress)
    .option('--routers <count>', 'processes that choose models', count, router)
    .option('--workers <count>', 'processes that call models', count, worker)
    .option('--dispatchers <count>', 'processes that release what waits', count, dispatcher)
    .option('--couriers <count>', 'processes that deliver webhooks', count, courier)
    .option('--data-dir <folder>', 'where the data is kept', defaults.dataDir)
    .option('--config <file>', 'a longhaul.yaml', defaults.configPath)
    .option(
      '--port <port>',
      'of the first ingress, the others follow; 0: any',
      wholeNumber(0, MAX_PORT),
      defaults.port,
    )
    .showHelpAfterError()
    .allowExcessArguments(false)
  program.parse([...words], { from: 'user' })
  const values = program.opts<Values>()
  return {
    counts: {
      ingress: values.ingresses,
      dispatcher: values.dispatchers,
      router: values.routers,
      worker: values.workers,
      courier: values.couriers,
    },
    dataDir: resolve(values.dataDir),
    configPath: values.config,
    port: values.port,
  }
}

function wholeNumber(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text)
    if (/^\d{1,5}$/.test(text) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`Write a whole number from ${least} to ${most}.`)
  }
}
