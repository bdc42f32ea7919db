import type { Catalog, Clock } from '@longhaul/contracts'
import type { Coordination, Permit } from '@longhaul/coordination'
import type { Provider, ProviderDeployment, ProviderResult } from '@longhaul/providers'
import { unitVector } from '@longhaul/routing'
import type { Telemetry } from '@longhaul/telemetry'
import { z } from 'zod'
import { providerDeploymentsOf } from '../provider-deployments.ts'

export interface EmbedderDependencies {
  provider: Provider
  coordination: Coordination
  telemetry: Telemetry
  clock: Clock
}

/** Unit vectors in the order of the texts, or why there are none. */
export type Embedded = { ok: true; vectors: Float64Array[] } | { ok: false; why: string }

/** The part of an answer that is read; the order of its entries is not promised. */
const answerSchema = z.object({
  data: z.array(
    z.object({ index: z.number().int().nonnegative(), embedding: z.array(z.number()) }),
  ),
})

/**
 * One call of an embeddings model: of its least busy deployment whose breaker
 * lets it pass, and without another try, since somebody is waiting to decide.
 * Never rejects.
 */
export async function embed(
  dependencies: EmbedderDependencies,
  catalog: Catalog,
  { model, texts, signal }: { model: string; texts: readonly string[]; signal: AbortSignal },
): Promise<Embedded> {
  const { coordination } = dependencies
  const settings = Object.hasOwn(catalog.models, model) ? catalog.models[model] : undefined
  const deployments = settings ? providerDeploymentsOf(model, settings) : []
  const loadOf = ({ key, config }: ProviderDeployment) =>
    coordination.live.of(key).inFlight / (config.weight * config.max_concurrency)
  for (const deployment of deployments.toSorted((a, b) => loadOf(a) - loadOf(b))) {
    const permit = coordination.breakers.acquire(deployment.key)
    if (!permit) continue
    const result = await call(dependencies, { deployment, permit, texts, signal })
    return result.ok ? read(result.body, texts.length) : { ok: false, why: result.detail }
  }
  return { ok: false, why: `no deployment of ${model} lets a call pass` }
}

async function call(
  { provider, coordination, telemetry, clock }: EmbedderDependencies,
  {
    deployment,
    permit,
    texts,
    signal,
  }: {
    deployment: ProviderDeployment
    permit: Permit
    texts: readonly string[]
    signal: AbortSignal
  },
): Promise<ProviderResult> {
  const { key, model } = deployment
  const startedAt = clock.now()
  const end = coordination.live.begin(key, 'interactive')
  const request = { endpoint: '/v1/embeddings' as const, body: { input: texts } }
  const result = await provider.complete(request, deployment, signal)
  const latencyMs = clock.now() - startedAt
  const failed = !result.ok && result.kind === 'unavailable'
  end(result.ok || failed ? { ok: result.ok, latencyMs } : 'neutral')
  if (!result.ok && result.kind === 'rate-limited' && result.retryAfterMs !== undefined) {
    coordination.breakers.holdUntil(key, clock.now() + result.retryAfterMs, 'Retry-After')
  }
  permit.settle(result.ok ? 'success' : failed ? 'failure' : 'neutral')
  const { metrics } = telemetry
  metrics.routingEmbeddings.add(1, { deployment: key, outcome: result.ok ? 'ok' : result.kind })
  if (result.usage) {
    metrics.tokens.add(result.usage.input_tokens, { direction: 'input', model })
  }
  if (result.costUsd) metrics.costUsd.add(result.costUsd, { model })
  return result
}

function read(body: string, count: number): Embedded {
  const answer = answerSchema.safeParse(JSON.parse(body))
  if (!answer.success) return { ok: false, why: 'the answer holds no embeddings' }
  const byIndex = new Map(answer.data.data.map(({ index, embedding }) => [index, embedding]))
  const vectors: Float64Array[] = []
  for (let index = 0; index < count; index++) {
    const vector = unitVector(byIndex.get(index) ?? [])
    if (!vector) return { ok: false, why: `the answer has no embedding of input ${index}` }
    vectors.push(vector)
  }
  return { ok: true, vectors }
}
