import type { Bus } from '@longhaul/bus'
import { type Clock, type Config, deploymentKey, sleep } from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'
import type { Provider } from '@longhaul/providers'
import { type Conversations, type Pause, workerGroup } from '@longhaul/runtime'
import type { Store } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'
import { Leases } from './leases.ts'
import { ModelPool, type PoolDependencies } from './pool.ts'
import { PromptRoom } from './prompt-room.ts'
import { Recorder } from './recorder.ts'

export interface WorkerDependencies {
  bus: Bus
  store: Store
  coordination: Coordination
  provider: Provider
  conversations: Conversations
  telemetry: Telemetry
  clock: Clock
  random: () => number
  pause?: Pause | undefined
}

export interface WorkerOptions {
  /** Written into leases: unique among the workers that run at a time. */
  owner: string
  /** Of the configuration, those that this worker serves; default: all. */
  models?: readonly string[] | undefined
}

/** Share of the time to stop that calls in flight get to end by themselves. */
const PATIENCE = 0.75
const CHECK_MS = 20
/** How long the calls of a model that was removed may still settle their messages. */
const REMOVED_MODEL_MS = 300_000

/** Calls the models: one pool per model, one set of leases for all. */
export class Worker {
  readonly name = 'worker'
  readonly #dependencies: WorkerDependencies
  readonly #options: WorkerOptions
  readonly #leases: Leases
  readonly #poolDependencies: PoolDependencies
  readonly #pools = new Map<string, ModelPool>()
  #config: Config
  /** Ends the intake and the beginning of new calls. */
  readonly #stopping = new AbortController()
  /** Ends the patience with a store that is away. */
  readonly #givingUp = new AbortController()
  readonly #unsubscribe: Array<() => void> = []

  constructor(dependencies: WorkerDependencies, config: Config, options: WorkerOptions) {
    this.#dependencies = dependencies
    this.#leases = new Leases(dependencies, config.lease)
    this.#options = options
    this.#config = config
    this.#poolDependencies = {
      ...dependencies,
      leases: this.#leases,
      recorder: new Recorder(dependencies, this.#givingUp.signal),
      owner: options.owner,
      promptRoom: new PromptRoom(),
    }
  }

  async start(): Promise<void> {
    this.#leases.start()
    const { broadcasts } = this.#dependencies.coordination
    this.#unsubscribe.push(
      broadcasts.on('job-cancelled', ({ jobId, fence }) =>
        fence === undefined ? this.#leases.cancel(jobId) : this.#leases.lose(jobId, fence),
      ),
    )
    this.#announce()
    await this.#open(this.#served)
  }

  /** Models that came get a pool, those that went lose theirs; the others keep theirs, calls in flight included. */
  async reconfigure(config: Config): Promise<void> {
    this.#config = config
    this.#announce()
    const served = this.#served
    for (const [model, pool] of this.#pools) {
      if (served.includes(model)) await pool.reconfigure(config)
      else this.#close(model, pool)
    }
    await this.#open(served.filter(model => !this.#pools.has(model)))
  }

  /** Calls under way and results not yet recorded. */
  get inFlight(): number {
    return this.#leases.size
  }

  health(): { ok: boolean; detail: string } {
    const idle = this.#served.filter(model => !this.#pools.get(model)?.consuming)
    if (idle.length > 0) return { ok: false, detail: `not consuming for ${idle.join(', ')}` }
    const absent = this.#absent
    const unknown = absent.length > 0 ? `; not in the configuration: ${absent.join(', ')}` : ''
    const detail = `consuming for ${this.#pools.size} models${unknown}`
    return { ok: this.#pools.size > 0 || absent.length === 0, detail }
  }

  /** Calls in flight may end by themselves for most of the budget; then they are aborted and their jobs put back. */
  async stop(budgetMs: number): Promise<void> {
    this.#stopping.abort()
    const stopped = Promise.all([...this.#pools.values()].map(pool => pool.stop(budgetMs)))
    await this.#untilIdle(budgetMs * PATIENCE)
    this.#leases.abortAll('shutdown')
    await this.#untilIdle(budgetMs * (1 - PATIENCE))
    this.#givingUp.abort()
    await stopped
    for (const end of this.#unsubscribe.splice(0)) end()
    this.#leases.stop()
  }

  get #served(): string[] {
    const { models = Object.keys(this.#config.models) } = this.#options
    return models.filter(model => Object.hasOwn(this.#config.models, model))
  }

  /** Models that it is to serve and that are not there (yet). */
  get #absent(): string[] {
    return (this.#options.models ?? []).filter(model => !Object.hasOwn(this.#config.models, model))
  }

  /** Says what it is to serve and cannot, and starts the counters of what it serves. */
  #announce(): void {
    const { logger, metrics } = this.#dependencies.telemetry
    const models = this.#absent
    if (models.length > 0) {
      logger.warn(
        { models },
        'LONGHAUL_WORKER_MODELS names models that are not in the configuration',
      )
    }
    // At zero: a rate misses the first event of a series that begins with it.
    for (const model of this.#served) {
      metrics.jobsFinished.add(0, { status: 'failed', model })
      for (const name of Object.keys(this.#config.models[model]?.deployments ?? {})) {
        metrics.repeatedProviderCalls.add(0, { deployment: deploymentKey(model, name) })
      }
    }
  }

  /** A pool that cannot start is left out, to be tried again. */
  async #open(models: readonly string[]): Promise<void> {
    await Promise.all(
      models.map(async model => {
        const pool = new ModelPool(
          this.#poolDependencies,
          this.#config,
          model,
          this.#stopping.signal,
        )
        try {
          await pool.start(workerGroup(model))
        } catch (error) {
          await pool.stop(0)
          throw error
        }
        this.#pools.set(model, pool)
      }),
    )
  }

  /** Calls in flight end by themselves, or are put back when the worker stops. */
  #close(model: string, pool: ModelPool): void {
    this.#pools.delete(model)
    pool.stop(REMOVED_MODEL_MS).catch(error => {
      this.#dependencies.telemetry.logger.warn({ err: error, model }, 'its pool did not stop')
    })
  }

  async #untilIdle(budgetMs: number): Promise<void> {
    const { clock } = this.#dependencies
    const deadline = clock.now() + budgetMs
    while (this.#leases.size > 0 && clock.now() < deadline) await sleep(clock, CHECK_MS)
  }
}
