import { openPostgresBlobs } from '@longhaul/blobs'
import { openMemoryBus } from '@longhaul/bus'
import {
  type Clock,
  type Config,
  configSchema,
  type JobIncludes,
  type JobView,
  systemClock,
} from '@longhaul/contracts'
import { openMemoryCoordination } from '@longhaul/coordination'
import { Ingress, type IngressDependencies, type IngressOptions } from '@longhaul/ingress'
import { openProviders } from '@longhaul/providers'
import {
  Conversations,
  createReceiverPolicy,
  ModelFigures,
  PolicyHoldings,
  SemanticRoutes,
} from '@longhaul/runtime'
import { startTelemetry } from '@longhaul/telemetry'
import { openTestStore, type TestStore } from './database.ts'

const deployments = {
  main: { provider: 'openai-compatible', base_url: 'http://127.0.0.1:9/v1' },
}

export const ingressConfig: Config = configSchema.parse({
  models: {
    small: {
      context_window: 8_000,
      price: { input: 0.1, output: 0.4 },
      capabilities: ['tools', 'json'],
      endpoints: ['/v1/chat/completions', '/v1/responses'],
      deployments,
    },
    'vendor/large': { context_window: 200_000, price: { input: 3, output: 15 }, deployments },
    embedder: {
      context_window: 8_000,
      price: { input: 0.02, output: 0 },
      endpoints: ['/v1/embeddings'],
      deployments,
    },
  },
  policies: { frugal: { strategy: 'cheapest', models: ['small'] } },
})

export interface TestIngress extends Omit<IngressDependencies, 'parts'> {
  ingress: Ingress
  url: string
  testStore: TestStore
  tenantId: string
  key: string
  /** With the key; a body that is no text is sent as JSON. */
  call<T = JobView & JobIncludes>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<TestAnswer<T>>
  close(): Promise<void>
}

export interface TestAnswer<T> {
  status: number
  headers: Headers
  text: string
  /** Parsed, when it is JSON. */
  json: T
}

export interface TestIngressOptions {
  config?: Config
  clock?: Clock
  options?: Partial<IngressOptions>
  /** Puts others in the place of what is opened here. */
  replace?: (dependencies: IngressDependencies) => Partial<IngressDependencies>
}

/** An ingress on a store of its own, with the memory drivers, and a key to it. */
export async function openTestIngress(test: TestIngressOptions = {}): Promise<TestIngress> {
  const { config = ingressConfig, clock = systemClock } = test
  const testStore = await openTestStore(clock)
  const bus = await openMemoryBus({ clock })
  const { failure_rate, min_calls, window, open_for, max_open_for, probes } = config.breaker
  const coordination = await openMemoryCoordination({
    clock,
    breaker: {
      failureRate: failure_rate,
      minCalls: min_calls,
      windowMs: window,
      openForMs: open_for,
      maxOpenForMs: max_open_for,
      probes,
    },
  })
  const telemetry = startTelemetry({ service: 'test', logLevel: 'silent' })
  const provider = openProviders({ clock })
  const live = new ModelFigures(
    { coordination, bus, clock, dispatch: testStore.store.dispatch },
    config,
  )
  const holding = { coordination, store: testStore.store, live, telemetry, clock }
  const opened: IngressDependencies = {
    store: testStore.store,
    blobs: openPostgresBlobs(testStore.store),
    bus,
    coordination,
    telemetry,
    clock,
    random: () => 0.5,
    live,
    semantics: new SemanticRoutes({ provider, coordination, telemetry, clock }, config),
    holdings: new PolicyHoldings(holding, config),
    conversations: new Conversations({ coordination }, config),
    receiverPolicy: createReceiverPolicy(config.webhooks.allow),
  }
  const dependencies = { ...opened, ...test.replace?.(opened) }
  const ingress = new Ingress(dependencies, config, { host: '127.0.0.1', port: 0, ...test.options })
  await ingress.start()
  const tenant = await testStore.store.tenants.ensure('default')
  const key = await testStore.store.tenants.createKey(tenant.id, 'test')
  const { url } = ingress
  return {
    ...dependencies,
    ingress,
    url,
    testStore,
    tenantId: tenant.id,
    key,
    call: (method, path, body, headers) =>
      callApi(url + path, method, body, { authorization: `Bearer ${key}`, ...headers }),
    async close() {
      await ingress.stop(1_000)
      await Promise.all([bus.stop(), coordination.stop(), provider.stop(), telemetry.stop()])
      await testStore.close()
    },
  }
}

/** What an API answers; `json` is undefined when it is no JSON. */
export async function callApi<T>(
  url: string,
  method: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<TestAnswer<T>> {
  const isText = typeof body === 'string' || body instanceof Uint8Array
  const isForm = body instanceof FormData
  const response = await fetch(url, {
    method,
    headers: {
      ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: isText || isForm ? (body as string) : JSON.stringify(body) }),
    redirect: 'manual',
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') && text
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: (isJson ? JSON.parse(text) : undefined) as T,
  }
}
