import { configSchema, deploymentKey, type Lane, lanes } from '@longhaul/contracts'
import { type Coordination, openMemoryCoordination } from '@longhaul/coordination'
import type { Prediction } from '@longhaul/routing'
import { ModelFigures } from '@longhaul/runtime'
import { seededRandom } from '../../training/metrics.ts'
import { ManualClock } from '../manual-clock.ts'

export interface Load {
  /** Jobs that come, per second and lane. */
  arrivals: Partial<Record<Lane, number>>
  /** Jobs that come at once, after so many seconds. */
  burst?: { lane: Lane; jobs: number; atSeconds: number }
  /** Calls at a time. */
  servers: number
  /** Of a call, drawn from a log-normal distribution. */
  callMs: number
  /** Standard deviation, as a share of the mean. */
  variation: number
  /** Least time between the beginnings of two calls, as a provider's limit has it. */
  leastGapMs?: number
  seconds: number
  seed: number
}

export interface Wait {
  lane: Lane
  predicted: Prediction
  measuredMs: number
}

interface Waiting {
  lane: Lane
  at: number
  predicted: Prediction | undefined
}

const MODEL = 'small'
const KEY = deploymentKey(MODEL, 'main')
const LOOK_MS = 500
/** Until then the figures know too little. */
const WARM_UP_MS = 20_000
const BREAKER = {
  failureRate: 0.5,
  minCalls: 10,
  windowMs: 30_000,
  openForMs: 10_000,
  maxOpenForMs: 60_000,
  probes: 1,
}

/**
 * What the services' own figures predict of a scripted queue when a job comes,
 * and how long the job then waits. Time is the queue's own; lanes are drained
 * by smooth weighted round robin, as in the worker's pool.
 */
export async function waitsUnder(load: Load): Promise<Wait[]> {
  const clock = new ManualClock()
  const coordination = await openMemoryCoordination({ clock, breaker: BREAKER })
  const queue = new ScriptedQueue(load, clock, coordination)
  const figures = new ModelFigures(
    {
      coordination,
      clock,
      bus: { lag: async topic => queue.unsettled(topic) },
      dispatch: { held: async () => [] },
    },
    queue.config,
  )
  queue.begin(lane => {
    const predicted = figures.of(MODEL).waits?.[lane]
    figures.sent(MODEL, lane)
    return predicted
  })
  const end = clock.now() + load.seconds * 1_000
  while (clock.now() < end) {
    await figures.queues.look()
    clock.advance(LOOK_MS)
  }
  return queue.waits
}

class ScriptedQueue {
  readonly waits: Wait[] = []
  readonly config
  readonly #load: Load
  readonly #clock: ManualClock
  readonly #coordination: Coordination
  readonly #random: () => number
  readonly #waiting: Record<Lane, Waiting[]> = { interactive: [], standard: [], bulk: [] }
  readonly #credit: Record<Lane, number> = { interactive: 0, standard: 0, bulk: 0 }
  readonly #inFlight: Record<Lane, number> = { interactive: 0, standard: 0, bulk: 0 }
  #predict: (lane: Lane) => Prediction | undefined = () => undefined
  readonly #countsFrom: number
  #nextBeginAt = Number.NEGATIVE_INFINITY

  constructor(load: Load, clock: ManualClock, coordination: Coordination) {
    this.#load = load
    this.#clock = clock
    this.#coordination = coordination
    this.#random = seededRandom(load.seed)
    this.#countsFrom = clock.now() + WARM_UP_MS
    const main = {
      provider: 'openai-compatible',
      base_url: 'http://127.0.0.1:9/v1',
      max_concurrency: load.servers,
    }
    this.config = configSchema.parse({
      models: {
        [MODEL]: {
          context_window: 8_000,
          price: { input: 1, output: 1 },
          deployments: { main },
        },
      },
    })
  }

  unsettled(topic: string): number {
    const lane = lanes.find(name => topic.endsWith(`.${name}`)) ?? 'standard'
    return this.#waiting[lane].length + this.#inFlight[lane]
  }

  begin(predict: (lane: Lane) => Prediction | undefined): void {
    this.#predict = predict
    const { arrivals, burst } = this.#load
    for (const lane of lanes) {
      if (arrivals[lane]) this.#comeFrom(lane, arrivals[lane])
    }
    if (!burst) return
    this.#clock.schedule(burst.atSeconds * 1_000, () => {
      for (let job = 0; job < burst.jobs; job += 1) this.#come(burst.lane, false)
    })
  }

  #comeFrom(lane: Lane, perSecond: number): void {
    const gapMs = (-Math.log(1 - this.#random()) * 1_000) / perSecond
    this.#clock.schedule(gapMs, () => {
      this.#come(lane, true)
      this.#comeFrom(lane, perSecond)
    })
  }

  #come(lane: Lane, asks: boolean): void {
    const now = this.#clock.now()
    const predicted = this.#predict(lane)
    const counts = asks && now >= this.#countsFrom
    this.#waiting[lane].push({ lane, at: now, predicted: counts ? predicted : undefined })
    this.#pump()
  }

  #pump(): void {
    const { servers, leastGapMs = 0 } = this.#load
    const now = this.#clock.now()
    while (lanes.reduce((sum, lane) => sum + this.#inFlight[lane], 0) < servers) {
      if (lanes.every(lane => this.#waiting[lane].length === 0)) return
      if (now < this.#nextBeginAt) {
        this.#clock.schedule(this.#nextBeginAt - now, () => this.#pump())
        return
      }
      this.#nextBeginAt = Math.max(now, this.#nextBeginAt) + leastGapMs
      this.#start(this.#pop())
    }
  }

  #start(job: Waiting | undefined): void {
    if (!job) return
    const { lane, at, predicted } = job
    if (predicted) this.waits.push({ lane, predicted, measuredMs: this.#clock.now() - at })
    const latencyMs = this.#drawCall()
    const end = this.#coordination.live.begin(KEY, lane)
    this.#inFlight[lane] += 1
    this.#clock.schedule(latencyMs, () => {
      end({ ok: true, latencyMs })
      this.#inFlight[lane] -= 1
      this.#pump()
    })
  }

  #pop(): Waiting | undefined {
    let total = 0
    let next: Lane | undefined
    for (const lane of lanes) {
      if (this.#waiting[lane].length === 0) continue
      const { weight } = this.config.lanes[lane]
      total += weight
      this.#credit[lane] += weight
      if (next === undefined || this.#credit[lane] > this.#credit[next]) next = lane
    }
    if (next === undefined) return undefined
    this.#credit[next] -= total
    return this.#waiting[next].shift()
  }

  #drawCall(): number {
    const { callMs, variation } = this.#load
    const variance = Math.log(1 + variation ** 2)
    const normal =
      Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random())
    return callMs * Math.exp(Math.sqrt(variance) * normal - variance / 2)
  }
}
