import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { type Blobs, openPostgresBlobs, openS3Blobs } from '@longhaul/blobs'
import { type Bus, openKafkaBus, openMemoryBus } from '@longhaul/bus'
import { type Clock, type Config, lanes, modelTopic, SUBMITTED_TOPIC } from '@longhaul/contracts'
import {
  type BreakerOptions,
  type Coordination,
  openMemoryCoordination,
  openRedisCoordination,
} from '@longhaul/coordination'
import { bullmqOnPostgres, bullmqOnRedis, type QueueBackend } from '@longhaul/delivery-queue'
import { openProviders, type Provider, type ProviderDeployment } from '@longhaul/providers'
import { openStore, type Store } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'

import { Conversations } from './conversations.ts'
import { observeGauges } from './gauges.ts'
import { PolicyHoldings } from './holdings/policy-holdings.ts'
import { ModelFigures } from './model-figures.ts'
import { providerDeploymentsOf } from './provider-deployments.ts'
import { SemanticRoutes, type Semantics } from './semantics/semantics.ts'
import type { SharedServers } from './shared-servers.ts'
import { readTlsFiles } from './tls-files.ts'

export interface DriverOptions {
  config: Config
  databaseUrl: string
  shared: SharedServers
  telemetry: Telemetry
  clock: Clock
  /** PostgreSQL schemas of Longhaul and of the delivery queue. */
  schema?: string
  queueSchema?: string
}

/** What the services of a process stand on. This is the one place that knows which drivers there are. */
export interface Drivers {
  store: Store
  blobs: Blobs
  bus: Bus
  coordination: Coordination
  provider: Provider
  queueBackend: QueueBackend
  live: ModelFigures
  semantics: Semantics
  holdings: PolicyHoldings
  conversations: Conversations
  /** Takes up the models of a changed configuration, their topics included; how the drivers were opened stays. */
  reconfigure(config: Config): Promise<void>
}

/** What one process holds on the bus: enough to keep every worker busy, and little beside the waiting jobs. */
const BUS_BOUNDS = { maxMessagesPerTopic: 10_000, maxBytesPerTopic: 6 * 1024 * 1024 }

/** Opens the store first: without it nothing else is of use. */
export async function openDrivers(options: DriverOptions): Promise<Drivers> {
  const { config, telemetry, clock } = options
  const store = await openObservedStore(options)
  const blobs = await openBlobs(options, store)
  const bus = await openBus(options)
  await bus.ensureTopics(topicsOf(config))
  const coordination = await openCoordination(options)
  const provider = openProviders({ clock }, { deployments: deploymentsOf(config) })
  const live = new ModelFigures({ coordination, bus, clock, dispatch: store.dispatch }, config)
  const semantics = new SemanticRoutes({ provider, coordination, telemetry, clock }, config)
  semantics.reconfigure(config)
  const holdings = new PolicyHoldings({ coordination, store, live, telemetry, clock }, config)
  const conversations = new Conversations({ coordination }, config)
  let current = config
  observeGauges(
    { store, bus, coordination, telemetry, queues: live.queues, holdings },
    () => current,
  )
  return {
    store,
    blobs,
    bus,
    coordination,
    provider,
    queueBackend: queueBackendOf(options),
    live,
    semantics,
    holdings,
    conversations,
    async reconfigure(changed) {
      await bus.ensureTopics(topicsOf(changed))
      current = changed
      live.reconfigure(changed)
      semantics.reconfigure(changed)
      holdings.reconfigure(changed)
      conversations.reconfigure(changed)
    },
  }
}

async function openBlobs({ shared }: DriverOptions, store: Store): Promise<Blobs> {
  return shared.s3 ? openS3Blobs(shared.s3) : openPostgresBlobs(store)
}

function openBus({ config, shared, telemetry, clock }: DriverOptions): Promise<Bus> {
  const { logger, metrics } = telemetry
  if (!shared.kafka) return openMemoryBus({ ...BUS_BOUNDS, clock, logger })
  const { brokers, tls, sasl } = shared.kafka
  return openKafkaBus({
    brokers,
    clientId: `longhaul-${hostname()}-${randomUUID().slice(0, 8)}`,
    ...(tls && { tls: readTlsFiles(tls) }),
    ...(sasl && { sasl }),
    topicPrefix: config.kafka.topic_prefix,
    partitions: config.kafka.partitions,
    replication: config.kafka.replication,
    sessionTimeoutMs: config.kafka.session_timeout,
    stragglerAfterMs: config.kafka.straggler_after,
    clock,
    logger,
    metrics,
  })
}

function openCoordination(options: DriverOptions): Promise<Coordination> {
  const { config, shared, telemetry, clock } = options
  const { logger } = telemetry
  const breaker = breakerOf(config)
  const { redisUrl, redisTls } = shared
  if (redisUrl === undefined) return openMemoryCoordination({ clock, logger, breaker })
  return openRedisCoordination({
    url: redisUrl,
    ...(redisTls && { tls: readTlsFiles(redisTls) }),
    keyPrefix: config.redis.key_prefix,
    ...{ clock, logger, breaker },
  })
}

/** On Redis where there is one: on PostgreSQL an attempt costs a dozen statements. */
function queueBackendOf({ config, databaseUrl, shared, queueSchema }: DriverOptions): QueueBackend {
  const { redisUrl, redisTls } = shared
  if (redisUrl === undefined) {
    return bullmqOnPostgres({
      databaseUrl,
      ...(queueSchema !== undefined && { schema: queueSchema }),
    })
  }
  return bullmqOnRedis({
    redisUrl,
    ...(redisTls && { tls: readTlsFiles(redisTls) }),
    keyPrefix: config.redis.key_prefix,
  })
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

function breakerOf({ breaker }: Config): BreakerOptions {
  return {
    failureRate: breaker.failure_rate,
    minCalls: breaker.min_calls,
    windowMs: breaker.window,
    openForMs: breaker.open_for,
    maxOpenForMs: breaker.max_open_for,
    probes: breaker.probes,
  }
}

/** All that services publish to and consume from under a configuration. */
function topicsOf(config: Config): string[] {
  const models = Object.keys(config.models)
  return [SUBMITTED_TOPIC, ...models.flatMap(model => lanes.map(lane => modelTopic(model, lane)))]
}

function deploymentsOf(config: Config): ProviderDeployment[] {
  return Object.entries(config.models).flatMap(([model, settings]) =>
    providerDeploymentsOf(model, settings),
  )
}
