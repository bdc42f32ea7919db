import { openPostgresBlobs } from '@longhaul/blobs'
import { type MemoryBusOptions, openMemoryBus } from '@longhaul/bus'
import {
  type Clock,
  type Config,
  configSchema,
  isTerminal,
  type JobStatus,
  newId,
  systemClock,
  uuidOf,
} from '@longhaul/contracts'
import {
  type Coordination,
  type MemoryCoordinationOptions,
  openMemoryCoordination,
} from '@longhaul/coordination'
import { Dispatcher } from '@longhaul/dispatcher'
import { openProviders } from '@longhaul/providers'
import { Router } from '@longhaul/router'
import { Conversations, ModelFigures, PolicyHoldings, SemanticRoutes } from '@longhaul/runtime'
import { type Simulator, startSimulator } from '@longhaul/simulator'
import type { JobDetail, NewJob, Store } from '@longhaul/store'
import { startTelemetry, type Telemetry } from '@longhaul/telemetry'
import { Worker } from '@longhaul/worker'
import { openTestStore, type TestStore } from './database.ts'

type ConfigInput = Parameters<typeof configSchema.parse>[0] & object

export interface PipelineOptions {
  /** The configuration, given where the simulator is. */
  config: (simulator: Simulator) => ConfigInput
  clock?: Clock
  /** What the bus keeps; its clock is the pipeline's. */
  bus?: Omit<MemoryBusOptions, 'clock'>
  /** Default: in memory. */
  openCoordination?: (options: MemoryCoordinationOptions) => Promise<Coordination>
  /** Default 1. The others have a coordination and connections of their own, as in other processes. */
  workers?: number
}

/** Router, worker and dispatcher on the embedded drivers, a real Postgres and the simulator. */
export class Pipeline {
  readonly simulator: Simulator
  readonly config: Config
  readonly coordination: Coordination
  /** Of each worker; that of the first is the pipeline's. */
  readonly coordinations: readonly Coordination[]
  readonly worker: Worker
  readonly telemetry: Telemetry
  readonly live: ModelFigures
  readonly tenantId: string
  readonly #db: TestStore
  readonly #stops: Array<() => Promise<unknown>>

  private constructor(parts: {
    simulator: Simulator
    config: Config
    coordinations: readonly [Coordination, ...Coordination[]]
    worker: Worker
    telemetry: Telemetry
    live: ModelFigures
    tenantId: string
    db: TestStore
    stops: Array<() => Promise<unknown>>
  }) {
    this.simulator = parts.simulator
    this.config = parts.config
    this.coordination = parts.coordinations[0]
    this.coordinations = parts.coordinations
    this.worker = parts.worker
    this.telemetry = parts.telemetry
    this.live = parts.live
    this.tenantId = parts.tenantId
    this.#db = parts.db
    this.#stops = parts.stops
  }

  static async open({
    config: configOf,
    clock = systemClock,
    bus: busOptions = {},
    openCoordination = openMemoryCoordination,
    workers = 1,
  }: PipelineOptions): Promise<Pipeline> {
    const simulator = await startSimulator()
    const config = configSchema.parse(configOf(simulator))
    const db = await openTestStore(clock)
    const { store } = db
    const telemetry = startTelemetry({ service: 'test', logLevel: 'silent' })
    const bus = await openMemoryBus({ ...busOptions, clock })
    const { breaker } = config
    const breakerOptions = {
      failureRate: breaker.failure_rate,
      minCalls: breaker.min_calls,
      windowMs: breaker.window,
      openForMs: breaker.open_for,
      maxOpenForMs: breaker.max_open_for,
      probes: breaker.probes,
    }
    const coordination = await openCoordination({ clock, breaker: breakerOptions })
    const provider = openProviders({ clock })
    const live = new ModelFigures({ coordination, bus, clock, dispatch: store.dispatch }, config)
    const semantics = new SemanticRoutes({ provider, coordination, telemetry, clock }, config)
    const holdings = new PolicyHoldings({ coordination, store, live, telemetry, clock }, config)
    const conversations = new Conversations({ coordination }, config)
    const shared = {
      store,
      blobs: openPostgresBlobs(store),
      bus,
      coordination,
      provider,
      telemetry,
      clock,
      live,
      semantics,
      holdings,
      conversations,
      random: Math.random,
    }
    const worker = new Worker(shared, config, { owner: 'test-worker' })
    const router = new Router(shared, config)
    const dispatcher = new Dispatcher(shared, config)
    for (const service of [worker, router, dispatcher]) await service.start()
    const others: Array<() => Promise<unknown>> = []
    const coordinations: [Coordination, ...Coordination[]] = [coordination]
    for (let number = 2; number <= workers; number += 1) {
      const own = {
        coordination: await openCoordination({ clock, breaker: breakerOptions }),
        provider: openProviders({ clock }),
      }
      const other = new Worker({ ...shared, ...own }, config, { owner: `test-worker-${number}` })
      await other.start()
      coordinations.push(own.coordination)
      others.push(
        () => other.stop(1_000),
        () => own.coordination.stop(),
        () => own.provider.stop(),
      )
    }
    const tenantId = (await store.tenants.ensure('acme')).id
    const stops = [
      () => dispatcher.stop(1_000),
      () => router.stop(1_000),
      () => worker.stop(1_000),
      ...others,
      () => bus.stop(),
      () => coordination.stop(),
      () => provider.stop(),
      () => telemetry.stop(),
      () => db.close(),
      () => simulator.close(),
    ]
    return new Pipeline({
      simulator,
      config,
      coordinations,
      worker,
      telemetry,
      live,
      tenantId,
      db,
      stops,
    })
  }

  get store(): Store {
    return this.#db.store
  }

  async query<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    return this.#db.query(text, values) as Promise<Row[]>
  }

  /** Records a job as the ingress would leave it when the bus is full. */
  async submit(
    content: string,
    overrides: Partial<NewJob> & { model?: string } = {},
  ): Promise<string> {
    const { model, ...rest } = overrides
    const body = JSON.stringify({ ...(model && { model }), messages: [{ role: 'user', content }] })
    const job: NewJob = {
      id: newId('job'),
      tenantId: this.tenantId,
      status: 'pending',
      endpoint: '/v1/chat/completions',
      lane: 'standard',
      policy: null,
      requestedModel: model ?? null,
      metadata: null,
      notBefore: null,
      deadlineAt: null,
      webhook: null,
      traceparent: null,
      body,
      bodyBytes: body.length,
      idempotency: null,
      ...rest,
    }
    await this.store.jobs.insert(job)
    this.live.queues.accepted(job.id, job.lane)
    this.coordination.broadcasts.send('work-pending', { lane: job.lane })
    return job.id
  }

  async job(id: string): Promise<JobDetail> {
    const found = await this.store.reads.get(this.tenantId, id, new Set(['attempts', 'decision']))
    if (!found) throw new Error(`no job ${id}`)
    return found
  }

  /** Resolves once the job's status is `status`; asks again at every broadcast. */
  async untilStatus(
    id: string,
    wanted: (status: JobStatus, job: JobDetail) => boolean,
  ): Promise<JobDetail> {
    for (;;) {
      const changed = this.#nextChange(id)
      const job = await this.job(id)
      if (wanted(job.status, job)) return job
      await changed
    }
  }

  untilEnded(id: string): Promise<JobDetail> {
    return this.untilStatus(id, isTerminal)
  }

  /** One after another: so many that ask at once would wait for a connection too long. */
  async allEnded(ids: readonly string[]): Promise<JobDetail[]> {
    const jobs: JobDetail[] = []
    for (const id of ids) jobs.push(await this.untilEnded(id))
    return jobs
  }

  /** When the job falls due, in epoch milliseconds. */
  async dueAt(id: string): Promise<number> {
    const [row] = await this.query<{ due: number }>(
      'SELECT extract(epoch FROM due_at)::float8 * 1000 AS due FROM jobs WHERE id = $1::uuid',
      [uuidOf('job', id)],
    )
    if (!row) throw new Error(`no job ${id}`)
    return row.due
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) await stop()
  }

  #nextChange(id: string): Promise<void> {
    return new Promise(resolve => {
      const { broadcasts } = this.coordination
      const ends = [
        broadcasts.on('job-changed', ({ jobId }) => jobId === id && done()),
        broadcasts.on('job-finished', ({ jobId }) => jobId === id && done()),
      ]
      const done = () => {
        for (const end of ends) end()
        resolve()
      }
    })
  }
}

/** A model of the simulator with one deployment, unless more are given. */
export function simulated(simulator: Simulator, overrides: object = {}, deployment: object = {}) {
  return {
    context_window: 100_000,
    price: { input: 1, output: 2 },
    deployments: {
      main: { provider: 'openai-compatible', base_url: simulator.url, ...deployment },
    },
    ...overrides,
  }
}
