import { type Clock, type Config, systemClock } from '@longhaul/contracts'
import { bullmqOnPostgres, Courier } from '@longhaul/courier'
import { Dispatcher } from '@longhaul/dispatcher'
import { Ingress } from '@longhaul/ingress'
import { Router } from '@longhaul/router'
import {
  createReceiverPolicy,
  ModelFigures,
  openDrivers,
  type Service,
  startInOrder,
  stopInOrder,
} from '@longhaul/runtime'
import type { Store } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'
import { Worker } from '@longhaul/worker'

export interface SystemOptions {
  config: Config
  databaseUrl: string
  telemetry: Telemetry
  host: string
  /** 0: any free one. */
  port: number
  /** Name of this life; leases are held under it. */
  owner: string
  /** Names of lives that are known to be over. */
  deadOwners: readonly string[]
  /** PostgreSQL schemas of Longhaul and of BullMQ. */
  schema?: string
  queueSchema?: string
  clock?: Clock
  random?: () => number
}

/** All services in one process. */
export interface System {
  readonly name: 'system'
  readonly store: Store
  /** `http://127.0.0.1:8787` */
  readonly url: string
  /** What was unfinished when it started. */
  readonly resumed: { pending: number; queued: number; running: number }
  /** Intake first. Safe to call twice. */
  stop(budgetMs: number): Promise<void>
}

/** Opens the embedded drivers and starts every service on them; the ingress last. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { config, telemetry, clock = systemClock, random = Math.random } = options
  const { store, bus, coordination, provider } = await openDrivers({ ...options, clock })
  const resumed = await store.dispatch.unfinished()
  const live = new ModelFigures({ coordination, bus, clock }, config)
  const receiverPolicy = createReceiverPolicy(config.webhooks.allow)
  const shared = { store, bus, coordination, telemetry, clock, random, live, receiverPolicy }

  const queueBackend = bullmqOnPostgres({
    databaseUrl: options.databaseUrl,
    ...(options.queueSchema && { schema: options.queueSchema }),
  })
  const courier = new Courier({ ...shared, queueBackend }, config)
  const worker = new Worker({ ...shared, provider }, config, { owner: options.owner })
  const router = new Router(shared, config)
  const dispatcher = new Dispatcher(shared, config, { deadOwners: options.deadOwners })
  const parts = [courier, worker, router, dispatcher]
  const address = { host: options.host, port: options.port }
  const ingress = new Ingress({ ...shared, parts }, config, address)
  const services: Service[] = [...parts, ingress]
  await startInOrder(services, { stopMs: 5_000, logger: telemetry.logger })

  let stopped: Promise<void> | undefined
  return {
    name: 'system',
    store,
    url: ingress.url,
    resumed,
    stop(budgetMs) {
      const intakeFirst = [
        ingress,
        dispatcher,
        router,
        worker,
        courier,
        bus,
        coordination,
        provider,
        store,
      ]
      stopped ??= stopInOrder(intakeFirst, budgetMs, { clock, logger: telemetry.logger }).then(
        () => {},
      )
      return stopped
    },
  }
}
