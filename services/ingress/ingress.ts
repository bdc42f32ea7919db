import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Blobs } from '@longhaul/blobs'
import type { Bus } from '@longhaul/bus'
import { type Clock, type Config, SUBMITTED_TOPIC } from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'
import { SubmissionReader } from '@longhaul/intake'
import { createRouter } from '@longhaul/routing'
import {
  type Conversations,
  type HealthPart,
  type ModelFigures,
  operationsHandler,
  type Pause,
  type PolicyHoldings,
  type ReceiverPolicy,
  readinessOf,
  type Semantics,
} from '@longhaul/runtime'
import type { Store } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'
import { Admission } from './acceptance/admission.ts'
import { Submitter } from './acceptance/submitter.ts'
import { authenticated, createApp, type Handlers, type TenantHandler } from './app.ts'
import { Arrivals } from './arrivals.ts'
import { Authenticator } from './auth.ts'
import { BodyIntake } from './body-intake.ts'
import { JobWatch } from './job-watch.ts'
import { answerMalformed } from './malformed.ts'
import { modelsHealth } from './models-out.ts'
import { FrontRoutes } from './openai/front.ts'
import { LiveResponses } from './openai/live-responses.ts'
import { ResponseRoutes } from './openai/responses.ts'
import { SynchronousJobs } from './openai/synchronous-jobs.ts'
import { setRateHeaders } from './rate-headers.ts'
import { BatchRoutes } from './routes/batches.ts'
import { docsHandlers } from './routes/docs.ts'
import { FileRoutes } from './routes/files.ts'
import { JobRoutes } from './routes/jobs.ts'
import { ModelRoutes } from './routes/models.ts'
import { decideRoute } from './routes/route.ts'
import { SubmissionRoutes } from './routes/submissions.ts'
import { WebhookSecretRoutes } from './routes/webhook-secret.ts'

export interface IngressDependencies {
  store: Store
  blobs: Blobs
  bus: Bus
  coordination: Coordination
  telemetry: Telemetry
  clock: Clock
  /** Uniform, in [0, 1). */
  random: () => number
  live: ModelFigures
  semantics: Semantics
  holdings: PolicyHoldings
  conversations: Conversations
  receiverPolicy: ReceiverPolicy
  /** What `/readyz` asks beside store, bus, coordination and the ingress itself. */
  parts?: readonly HealthPart[]
  pause?: Pause | undefined
}

export interface IngressOptions {
  host: string
  /** 0: any that is free. */
  port: number
  /** Default: true. False where nobody else reads the bus: all jobs wait for a dispatcher elsewhere. */
  publishes?: boolean
  /** Of one request; default 10 MiB. */
  maxBodyBytes?: number
  /** Of all requests under way; default 128 MiB. */
  maxTotalBodyBytes?: number
}

const MIB = 1024 * 1024
/** Above the 60 s of common load balancers, so that they, not we, close idle connections. */
const KEEP_ALIVE_MS = 75_000
/** A whole request, body included, or of an upload each byte; slower ones are cut with 408. */
const REQUEST_TIMEOUT_MS = 120_000
const HEADERS_TIMEOUT_MS = 60_000
const UPLOADS = '/v1/files'
const STORE_HEALTH_MS = 800

/**
 * The native API over HTTP. It accepts jobs by recording them, hands those that
 * may run at once to the bus, and tells callers how their jobs fare.
 */
export class Ingress {
  readonly name = 'ingress'
  readonly #dependencies: IngressDependencies
  readonly #options: IngressOptions
  readonly #server: Server
  readonly #admission: Admission
  readonly #submitter: Submitter
  readonly #watch: JobWatch
  readonly #arrivals: Arrivals
  readonly #synchronous: SynchronousJobs
  readonly #live: LiveResponses
  readonly #authenticator: Authenticator
  readonly #intake: BodyIntake
  #config: Config
  #handlers: Handlers
  readonly #ending = new AbortController()
  #requestsUnderWay = 0
  #stopping: Promise<void> | undefined

  constructor(dependencies: IngressDependencies, config: Config, options: IngressOptions) {
    const { store, bus, coordination, telemetry, clock } = dependencies
    this.#dependencies = dependencies
    this.#config = config
    this.#options = options
    this.#admission = new Admission(
      {
        dispatch: store.dispatch,
        room: () => (options.publishes === false ? 0 : bus.room(SUBMITTED_TOPIC)),
        clock,
        logger: telemetry.logger,
      },
      { publishedPerKey: config.dispatch.published_per_key },
    )
    this.#submitter = new Submitter({ ...dependencies, admission: this.#admission })
    this.#watch = new JobWatch({
      broadcasts: coordination.broadcasts,
      reads: store.reads,
      clock,
      logger: telemetry.logger,
    })
    this.#synchronous = new SynchronousJobs({
      ...dependencies,
      submitter: this.#submitter,
      watch: this.#watch,
    })
    this.#live = new LiveResponses({ coordination, telemetry, jobs: this.#synchronous })
    this.#authenticator = new Authenticator({ tenants: store.tenants, clock })
    this.#intake = new BodyIntake({
      maxBodyBytes: options.maxBodyBytes ?? 10 * MIB,
      maxTotalBytes: options.maxTotalBodyBytes ?? 128 * MIB,
    })
    this.#handlers = this.#handlersFor(config)
    const app = createApp({
      handlers: () => this.#handlers,
      operations: operationsHandler({ health: this.#readiness(), scrape: telemetry.scrape }),
      telemetry,
      setHeaders: response =>
        setRateHeaders(response, { watch: this.#watch, intake: this.#intake }),
      stopping: () => this.#stopping !== undefined,
      onOpen: () => {
        this.#requestsUnderWay += 1
      },
      onClose: () => {
        this.#requestsUnderWay -= 1
        this.#closeIdle()
      },
    })
    this.#arrivals = new Arrivals(clock, {
      timeoutMs: REQUEST_TIMEOUT_MS,
      mayTakeLong: ({ method, url }) => method === 'POST' && url?.split('?')[0] === UPLOADS,
    })
    this.#server = createServer(
      // Bodies are watched by `Arrivals`.
      { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: 0 },
      (request, response) => {
        this.#arrivals.watch(request, response)
        app(request, response)
      },
    )
    this.#server.on('clientError', answerMalformed)
  }

  /**
   * Resolves once it listens.
   * @throws {Error} with Node's `code`, such as EADDRINUSE
   */
  async start(): Promise<void> {
    await this.#dependencies.bus.ensureTopics([SUBMITTED_TOPIC])
    await this.#admission.refresh()
    this.#watch.start()
    await listen(this.#server, this.#options)
  }

  /** Requests from now on are read by the new configuration. */
  reconfigure(config: Config): void {
    this.#admission.reconfigure({ publishedPerKey: config.dispatch.published_per_key })
    this.#config = config
    this.#handlers = this.#handlersFor(config)
  }

  /** `http://127.0.0.1:8787`; empty while it does not listen. */
  get url(): string {
    const address = this.#server.address() as AddressInfo | null
    if (!address) return ''
    const { host } = this.#options
    return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`
  }

  /** Requests that are not answered yet, long-polls and streams included. */
  get requestsUnderWay(): number {
    return this.#requestsUnderWay
  }

  /** Long-polls and event streams that are open. */
  get waiting(): number {
    return this.#watch.count
  }

  health(): { ok: boolean; detail: string } {
    if (this.#stopping) return { ok: false, detail: 'stopping' }
    return this.#server.listening
      ? { ok: true, detail: `listening on ${this.url}` }
      : { ok: false, detail: 'not listening' }
  }

  /**
   * Takes no more connections and refuses new requests; long-polls answer with
   * what there is, streams end, and what was begun is finished within
   * `budgetMs`. Safe to call twice.
   */
  stop(budgetMs: number): Promise<void> {
    this.#stopping ??= this.#stop(budgetMs)
    return this.#stopping
  }

  async #stop(budgetMs: number): Promise<void> {
    const { clock } = this.#dependencies
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    this.#watch.stop()
    this.#arrivals.stop()
    this.#ending.abort()
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const cancel = clock.schedule(budgetMs, resolve)
    await Promise.race([closed.then(() => this.#submitter.settled()), late])
    cancel()
    this.#server.closeAllConnections()
  }

  /** Connections that are kept alive after their last answer would hold up a stop. */
  #closeIdle(): void {
    if (this.#stopping) setImmediate(() => this.#server.closeIdleConnections())
  }

  #readiness() {
    const { store, blobs, bus, coordination, clock, parts = [] } = this.#dependencies
    return readinessOf(
      [
        { name: 'store', health: () => store.health(STORE_HEALTH_MS) },
        // Without it jobs are accepted, and batches that are validated run.
        { name: 'files', advisory: true, health: () => blobs.health() },
        // Without it jobs are accepted all the same, and wait in Postgres.
        { name: 'bus', advisory: true, health: () => bus.health() },
        { name: 'coordination', health: () => coordination.health() },
        modelsHealth(() => this.#config, coordination.breakers),
        ...parts,
        this,
      ],
      { clock },
    )
  }

  #handlersFor(config: Config): Handlers {
    const { store, receiverPolicy, coordination } = this.#dependencies
    const withKey = (handler: TenantHandler) => authenticated(this.#authenticator, handler)
    const reader = new SubmissionReader({ config, receiverPolicy, live: coordination.live })
    const shared = { ...this.#dependencies, config, intake: this.#intake, reader }
    const submissions = new SubmissionRoutes({ ...shared, submitter: this.#submitter })
    const jobs = new JobRoutes({ ...shared, watch: this.#watch })
    const files = new FileRoutes(shared)
    const batches = new BatchRoutes({ ...shared, stopping: this.#ending.signal })
    const models = new ModelRoutes(shared)
    const secrets = new WebhookSecretRoutes(store)
    const waiting = { ...shared, jobs: this.#synchronous }
    const front = new FrontRoutes(waiting)
    const responses = new ResponseRoutes({
      ...waiting,
      submitter: this.#submitter,
      live: this.#live,
    })
    const routing = { ...shared, router: createRouter(config) }
    return {
      submitJob: withKey((...call) => submissions.submitJob(...call)),
      submitJobs: withKey((...call) => submissions.submitJobs(...call)),
      listJobs: withKey((...call) => jobs.listJobs(...call)),
      getJob: withKey((...call) => jobs.getJob(...call)),
      cancelJob: withKey((...call) => jobs.cancelJob(...call)),
      streamJobEvents: withKey((...call) => jobs.streamJobEvents(...call)),
      uploadFile: withKey((...call) => files.uploadFile(...call)),
      listFiles: withKey((...call) => files.listFiles(...call)),
      getFile: withKey((...call) => files.getFile(...call)),
      getFileContent: withKey((...call) => files.getFileContent(...call)),
      deleteFile: withKey((...call) => files.deleteFile(...call)),
      createBatch: withKey((...call) => batches.createBatch(...call)),
      listBatches: withKey((...call) => batches.listBatches(...call)),
      getBatch: withKey((...call) => batches.getBatch(...call)),
      cancelBatch: withKey((...call) => batches.cancelBatch(...call)),
      pauseBatch: withKey((...call) => batches.pauseBatch(...call)),
      resumeBatch: withKey((...call) => batches.resumeBatch(...call)),
      retryBatch: withKey((...call) => batches.retryBatch(...call)),
      streamBatchResults: withKey((...call) => batches.streamBatchResults(...call)),
      listModels: withKey((request, response) => models.listModels(request, response)),
      getModel: withKey((request, response) => models.getModel(request, response)),
      decideRoute: withKey((request, response, tenant) =>
        decideRoute(routing, { request, response, tenant }),
      ),
      getWebhookSecret: withKey((...call) => secrets.getWebhookSecret(...call)),
      rotateWebhookSecret: withKey((...call) => secrets.rotateWebhookSecret(...call)),
      createChatCompletion: withKey((...call) => front.createChatCompletion(...call)),
      createResponse: withKey((...call) => responses.createResponse(...call)),
      getResponse: withKey((...call) => responses.getResponse(...call)),
      deleteResponse: withKey((...call) => responses.deleteResponse(...call)),
      cancelResponse: withKey((...call) => responses.cancelResponse(...call)),
      listInputItems: withKey((...call) => responses.listInputItems(...call)),
      createCompletion: withKey((...call) => front.createCompletion(...call)),
      createEmbedding: withKey((...call) => front.createEmbedding(...call)),
      ...docsHandlers(),
    }
  }
}

function listen(server: Server, { port, host }: IngressOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
