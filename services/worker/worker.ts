import type { Bus } from '@longhaul/bus'
import { type Clock, type Config, sleep } from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'
import type { Provider } from '@longhaul/providers'
import { workerGroup } from '@longhaul/runtime'
import type { Store } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'
import { Leases } from './leases.ts'
import { ModelPool } from './pool.ts'
import { Recorder } from './recorder.ts'

export interface WorkerDependencies {
  bus: Bus
  store: Store
  coordination: Coordination
  provider: Provider
  telemetry: Telemetry
  clock: Clock
  random: () => number
}

export interface WorkerOptions {
  /** Written into leases: unique among the workers that run at a time. */
  owner: string
  /** Default: all of the configuration. */
  models?: readonly string[]
}

/** Share of the time to stop that calls in flight get to end by themselves. */
const PATIENCE = 0.75
const CHECK_MS = 20

/** Calls the models: one pool per model, one set of leases for all. */
export class Worker {
  readonly name = 'worker'
  readonly #dependencies: WorkerDependencies
  readonly #leases: Leases
  readonly #pools: Array<{ model: string; pool: ModelPool }>
  /** Ends the intake and the beginning of new calls. */
  readonly #stopping = new AbortController()
  /** Ends the patience with a store that is away. */
  readonly #givingUp = new AbortController()
  readonly #unsubscribe: Array<() => void> = []

  constructor(dependencies: WorkerDependencies, config: Config, options: WorkerOptions) {
    this.#dependencies = dependencies
    this.#leases = new Leases(dependencies, config.lease)
    const recorder = new Recorder(dependencies, this.#givingUp.signal)
    const shared = { ...dependencies, leases: this.#leases, recorder, owner: options.owner }
    const models = options.models ?? Object.keys(config.models)
    this.#pools = models.map(model => ({
      model,
      pool: new ModelPool(shared, config, model, this.#stopping.signal),
    }))
  }

  async start(): Promise<void> {
    this.#leases.start()
    const { broadcasts } = this.#dependencies.coordination
    this.#unsubscribe.push(
      broadcasts.on('job-cancelled', ({ jobId, fence }) =>
        fence === undefined ? this.#leases.cancel(jobId) : this.#leases.lose(jobId, fence),
      ),
    )
    await Promise.all(this.#pools.map(({ model, pool }) => pool.start(workerGroup(model))))
  }

  /** Calls under way and results not yet recorded. */
  get inFlight(): number {
    return this.#leases.size
  }

  health(): { ok: boolean; detail: string } {
    const idle = this.#pools.filter(({ pool }) => !pool.consuming).map(({ model }) => model)
    return idle.length === 0
      ? { ok: true, detail: `consuming for ${this.#pools.length} models` }
      : { ok: false, detail: `not consuming for ${idle.join(', ')}` }
  }

  /** Calls in flight may end by themselves for most of the budget; then they are aborted and their jobs put back. */
  async stop(budgetMs: number): Promise<void> {
    this.#stopping.abort()
    const stopped = Promise.all(this.#pools.map(({ pool }) => pool.stop(budgetMs)))
    await this.#untilIdle(budgetMs * PATIENCE)
    this.#leases.abortAll('shutdown')
    await this.#untilIdle(budgetMs * (1 - PATIENCE))
    this.#givingUp.abort()
    await stopped
    for (const end of this.#unsubscribe.splice(0)) end()
    this.#leases.stop()
  }

  async #untilIdle(budgetMs: number): Promise<void> {
    const { clock } = this.#dependencies
    const deadline = clock.now() + budgetMs
    while (this.#leases.size > 0 && clock.now() < deadline) await sleep(clock, CHECK_MS)
  }
}
