import {
  type Catalog,
  type Config,
  configSchema,
  type DecisionRecord,
  type RoutingRequest,
} from '@longhaul/contracts'
import type { DecideOptions, Decision } from '../decide.ts'
import type { LiveView, ModelLive } from '../live-view.ts'
import { createRouter } from '../router.ts'

type ModelInput = Partial<Omit<Config['models'][string], 'deployments'>>
type PolicyInput = Record<string, unknown> & { strategy: string }

export const NOW = Date.UTC(2026, 0, 1)

/** A catalogue that the configuration's own schema has accepted; models cost $1 / $2 unless they say otherwise. */
export function catalogOf(
  models: Record<string, ModelInput>,
  policies: Record<string, PolicyInput> = {},
  defaultPolicy = 'auto',
): Catalog {
  const deployments = {
    main: { provider: 'openai-compatible', base_url: 'http://127.0.0.1:9/v1' },
  }
  const whole = Object.entries(models).map(([name, model]) => [
    name,
    { context_window: 128_000, price: { input: 1, output: 2 }, deployments, ...model },
  ])
  return configSchema.parse({
    models: Object.fromEntries(whole),
    policies,
    default_policy: defaultPolicy,
  })
}

export function requestOf(fields: Partial<RoutingRequest> = {}): RoutingRequest {
  const body = fields.body ?? { messages: [{ role: 'user', content: 'What is a monad?' }] }
  return {
    endpoint: '/v1/chat/completions',
    body,
    bodyBytes: 100,
    lane: 'standard',
    tenantId: 'tenant_1',
    metadata: {},
    deadlineAt: undefined,
    exclusions: [],
    preferred: [],
    ...fields,
  }
}

/** A chat request with this one message. */
export function chat(content: unknown, fields: Record<string, unknown> = {}): RoutingRequest {
  return requestOf({ body: { messages: [{ role: 'user', content }], ...fields } })
}

export function liveOf(models: Record<string, Partial<ModelLive>> = {}): LiveView {
  const idle = { latencyMs: undefined, errorRate: 0, inFlight: 0, queued: 0, capacity: 10 }
  return { of: model => ({ ...idle, ...models[model] }) }
}

export function optionsOf(fields: Partial<DecideOptions> = {}): DecideOptions {
  return { policy: null, requestedModel: null, number: 1, now: NOW, random: () => 0, ...fields }
}

/** One decision of a new router. */
export function decideOnce(
  catalog: Catalog,
  request: RoutingRequest = requestOf(),
  live: LiveView = liveOf(),
  options: Partial<DecideOptions> = {},
): Decision {
  return createRouter(catalog).decide(request, live, optionsOf(options))
}

/** `{ model: reason }` of what was filtered. */
export function reasonsOf(record: DecisionRecord): Record<string, string> {
  return Object.fromEntries(record.filtered.map(({ model, reason }) => [model, reason]))
}
