import { type Bus, type Message, openMemoryBus } from '@longhaul/bus'
import {
  type Config,
  configSchema,
  deploymentKey,
  encodeJobMessage,
  type JobMessage,
  lanes,
  modelTopic,
  newId,
  SUBMITTED_TOPIC,
  systemClock,
} from '@longhaul/contracts'
import { type Coordination, openMemoryCoordination } from '@longhaul/coordination'
import { openProviders } from '@longhaul/providers'
import { Router } from '@longhaul/router'
import {
  Conversations,
  ModelFigures,
  PolicyHoldings,
  SemanticRoutes,
  workerGroup,
} from '@longhaul/runtime'
import { startTelemetry } from '@longhaul/telemetry'
import { Decisions } from '../../packages/store/decisions.ts'
import { manyModels } from '../../training/many-models.ts'

const STOP_MS = 1_000
const WINDOW = 1_000

export interface RouterArenaOptions {
  /** Whether messages come and go as texts, as they do between processes. */
  asText: boolean
}

/** The router's service on ports that are all in memory. */
export class RouterArena {
  readonly #bus: Bus
  readonly #stops: Array<() => Promise<unknown>>
  readonly #options: RouterArenaOptions
  readonly #database: CountingDatabase
  readonly #tenantId = newId('tenant')
  #expected = 0
  #routed = 0
  #allRouted = () => {}

  static async open(options: RouterArenaOptions): Promise<RouterArena> {
    const clock = systemClock
    const config = configSchema.parse({ models: manyModels() })
    const telemetry = startTelemetry({ service: 'bench', logLevel: 'silent' })
    const bus = await openMemoryBus({ clock })
    const coordination = await openMemoryCoordination({ clock, breaker: BREAKER })
    letCallsHaveEnded(coordination, config)
    const provider = openProviders({ clock })
    const database = new CountingDatabase()
    const dispatch = { held: async () => [] }
    const decisions = new Decisions(database as never, (_, rows) => {
      database.rows += rows
    })
    const store = { decisions, dispatch, policyStates: { all: async () => [] } } as never
    const live = new ModelFigures({ coordination, bus, clock, dispatch }, config)
    const router = new Router(
      {
        ...{ bus, store, coordination, telemetry, clock, live, random: Math.random },
        semantics: new SemanticRoutes({ provider, coordination, telemetry, clock }, config),
        holdings: new PolicyHoldings({ coordination, store, live, telemetry, clock }, config),
        conversations: new Conversations({ coordination }, config),
      },
      config,
    )
    await router.start()
    await live.queues.look()
    const arena = new RouterArena(bus, database, options, [
      () => router.stop(STOP_MS),
      () => bus.stop(),
      () => coordination.stop(),
      () => provider.stop(),
      () => telemetry.stop(),
    ])
    await arena.#takeWhatIsRouted(config)
    return arena
  }

  private constructor(
    bus: Bus,
    database: CountingDatabase,
    options: RouterArenaOptions,
    stops: Array<() => Promise<unknown>>,
  ) {
    this.#bus = bus
    this.#database = database
    this.#options = options
    this.#stops = stops
  }

  /** Chat completions whose model is to be chosen. */
  messagesOf(texts: readonly string[]): Message[] {
    return texts.map(text => {
      const body = JSON.stringify({ messages: [{ role: 'user', content: text }], max_tokens: 500 })
      const message = encodeJobMessage(this.#jobOf(body))
      return this.#options.asText ? withText(message) : message
    })
  }

  /** Resolves once all are on the topics of their models. */
  async route(messages: readonly Message[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#routed = 0
    this.#expected = messages.length
    this.#allRouted = resolve
    for (const message of messages) await this.#bus.publish(SUBMITTED_TOPIC, message)
    await promise
  }

  get bytesPerDecision(): number {
    return this.#database.bytes / this.#database.rows
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) await stop()
  }

  async #takeWhatIsRouted({ models }: Config): Promise<void> {
    for (const model of Object.keys(models)) {
      await this.#bus.consume({
        topics: lanes.map(lane => modelTopic(model, lane)),
        group: workerGroup(model),
        window: WINDOW,
        versions: [1],
        handle: delivery => {
          if (this.#options.asText && delivery.message.value === '') throw new Error('no text')
          delivery.ack()
          this.#routed += 1
          if (this.#routed === this.#expected) this.#allRouted()
        },
      })
    }
  }

  #jobOf(body: string): JobMessage {
    return {
      jobId: newId('job'),
      tenantId: this.#tenantId,
      endpoint: '/v1/chat/completions',
      lane: 'standard',
      policy: null,
      requestedModel: null,
      metadata: null,
      deadlineAt: null,
      dispatch: 1,
      hints: null,
      options: null,
      traceparent: null,
      bodyBytes: Buffer.byteLength(body),
      body,
      route: null,
    }
  }
}

/** Answers at once. What it is sent is written already, which is the part of it that the router's process pays for. */
class CountingDatabase {
  rows = 0
  bytes = 0

  async lazy(_: unknown, columns: Buffer[]): Promise<never[]> {
    for (const { length } of columns) this.bytes += length
    return []
  }
}

const BREAKER = {
  failureRate: 0.5,
  minCalls: 10,
  windowMs: 30_000,
  openForMs: 10_000,
  maxOpenForMs: 300_000,
  probes: 2,
}

/** So that there are waits to be predicted. */
function letCallsHaveEnded({ live }: Coordination, { models }: Config): void {
  for (const [model, { deployments }] of Object.entries(models)) {
    for (const name of Object.keys(deployments)) {
      for (const latencyMs of [800, 900, 1_000]) {
        live.begin(deploymentKey(model, name), 'standard')({ ok: true, latencyMs })
      }
    }
  }
}

function withText({ key, value, headers }: Message): Message {
  return { key, value: structuredClone(value), headers }
}
