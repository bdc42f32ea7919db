import { openMemoryBus } from '@longhaul/bus'
import { type Clock, type Config, deploymentKey, systemClock } from '@longhaul/contracts'
import { openMemoryCoordination } from '@longhaul/coordination'
import { bullmqOnPostgres, Courier } from '@longhaul/courier'
import { Dispatcher } from '@longhaul/dispatcher'
import { Ingress } from '@longhaul/ingress'
import { openProviders, type ProviderDeployment } from '@longhaul/providers'
import { Router } from '@longhaul/router'
import {
  createReceiverPolicy,
  ModelFigures,
  type Service,
  startInOrder,
  stopInOrder,
} from '@longhaul/runtime'
import { openStore, type Store } from '@longhaul/store'
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

/** What one process holds on the bus: enough to keep every worker busy, and little beside the waiting jobs. */
const BUS_BOUNDS = { maxMessagesPerTopic: 10_000, maxBytesPerTopic: 16 * 1024 * 1024 }

/** Opens the embedded drivers and starts every service on them; the ingress last. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { config, telemetry, clock = systemClock, random = Math.random } = options
  const store = await openStore({
    databaseUrl: options.databaseUrl,
    clock,
    observe: (statement, rows, seconds) => {
      telemetry.metrics.storeBatchRows.record(rows, { statement })
      telemetry.metrics.storeStatementDuration.record(seconds, { statement })
    },
    ...(options.schema && { schema: options.schema }),
  })
  const resumed = await store.dispatch.unfinished()
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

function deploymentsOf(config: Config): ProviderDeployment[] {
  return Object.entries(config.models).flatMap(
    ([model, { deployments, price, max_output_tokens }]) =>
      Object.entries(deployments).map(([name, deployment]) => ({
        key: deploymentKey(model, name),
        model,
        config: deployment,
        price: deployment.price ?? price,
        maxOutputTokens: max_output_tokens,
      })),
  )
}
