import { type Clock, type Config, systemClock } from '@longhaul/contracts'
import { Courier } from '@longhaul/courier'
import { Dispatcher } from '@longhaul/dispatcher'
import { Ingress } from '@longhaul/ingress'
import { Router } from '@longhaul/router'
import {
  createReceiverPolicy,
  type HealthPart,
  openDrivers,
  type Service,
  type SharedServers,
  startInOrder,
  stopInOrder,
} from '@longhaul/runtime'
import type { Store } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'
import { Worker } from '@longhaul/worker'

export interface SystemOptions {
  config: Config
  databaseUrl: string
  /** Default: none, everything stays within this process. */
  shared?: SharedServers
  telemetry: Telemetry
  host: string
  /** 0: any free one. */
  port: number
  /** Name of this life; leases are held under it. */
  owner: string
  /** Names of lives that are known to be over. */
  deadOwners: readonly string[]
  /** Told in `/readyz`: whether it runs with what is in the file. */
  configuration?: HealthPart
  /** PostgreSQL schemas of Longhaul and of the delivery queue. */
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
  /** Takes up a changed configuration in every service. */
  reconfigure(config: Config): Promise<void>
  /** Intake first. Safe to call twice. */
  stop(budgetMs: number): Promise<void>
}

/** Opens the embedded drivers and starts every service on them; the ingress last. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { config, telemetry, clock = systemClock, random = Math.random } = options
  const { shared: servers = { kafka: undefined, redisUrl: undefined } } = options
  const drivers = await openDrivers({ ...options, shared: servers, clock })
  const { store, blobs, bus, coordination, provider, live, semantics, holdings, conversations } =
    drivers
  const resumed = await store.dispatch.unfinished()
  const receiverPolicy = createReceiverPolicy(config.webhooks.allow)
  const shared = {
    store,
    blobs,
    bus,
    coordination,
    telemetry,
    clock,
    random,
    live,
    semantics,
    holdings,
    conversations,
    receiverPolicy,
  }

  const courier = new Courier({ ...shared, queueBackend: drivers.queueBackend }, config)
  const worker = new Worker({ ...shared, provider }, config, { owner: options.owner })
  const router = new Router(shared, config)
  const dispatcher = new Dispatcher(shared, config, {
    owner: options.owner,
    deadOwners: options.deadOwners,
  })
  const parts = [courier, worker, router, dispatcher]
  const address = { host: options.host, port: options.port }
  const asked = [
    // Without its queue webhooks wait in Postgres, and all else goes on.
    { name: courier.name, advisory: true, health: () => courier.health() },
    ...[worker, router, dispatcher],
    ...(options.configuration ? [options.configuration] : []),
  ]
  const ingress = new Ingress({ ...shared, parts: asked }, config, address)
  const services: Service[] = [...parts, ingress]
  await startInOrder(services, { stopMs: 5_000, logger: telemetry.logger })

  let stopped: Promise<void> | undefined
  return {
    name: 'system',
    store,
    url: ingress.url,
    resumed,
    async reconfigure(changed) {
      await drivers.reconfigure(changed)
      for (const service of services) await service.reconfigure?.(changed)
    },
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
        { name: 'files', stop: () => blobs.stop() },
        store,
      ]
      stopped ??= stopInOrder(intakeFirst, budgetMs, { clock, logger: telemetry.logger }).then(
        () => {},
      )
      return stopped
    },
  }
}
