import type { Capability, Catalog, Endpoint, Model, Policy } from '@longhaul/contracts'
import { builtInPolicy, deploymentKey, type RoutingConstraints } from '@longhaul/contracts'
import type { ModelLive } from './live-view.ts'
import { createStrategy } from './strategies/registry.ts'
import type { Contender, Strategy } from './strategies/strategy.ts'

/** A model of the catalogue, with what every decision looks up. */
export interface PreparedModel {
  name: string
  model: Model
  capabilities: ReadonlySet<Capability>
  endpoints: ReadonlySet<Endpoint>
  /** As `model/deployment`. */
  deployments: readonly string[]
  /** All its deployments speak Anthropic's Messages. */
  speaksMessages: boolean
  /** What it is in the decision under way, where it is in question; breaks ties by quality, then by name. */
  contender: Contender
}

/** A policy of the catalogue. Its strategy keeps state, if any, for the life of the router. */
export interface PreparedPolicy {
  name: string
  policy: Policy
  /** Undefined: all. */
  allowed: ReadonlySet<string> | undefined
  strategy: Strategy
}

export interface PreparedCatalog {
  models: readonly PreparedModel[]
  policies: ReadonlyMap<string, PreparedPolicy>
  /** What `auto` means; undefined when the catalogue names a policy that it does not have. */
  defaultPolicy: PreparedPolicy | undefined
  /** Those that a request may ask for in the place of its policy's. */
  strategies: Record<NonNullable<RoutingConstraints['strategy']>, Strategy>
}

/** @throws {SyntaxError} for a rule whose expression does not compile; the configuration's schema refuses those. */
export function prepareCatalog(catalog: Catalog): PreparedCatalog {
  const policies = new Map<string, PreparedPolicy>()
  for (const [name, policy] of Object.entries(catalog.policies)) {
    policies.set(name, preparePolicy(name, policy))
  }
  const defaultPolicy =
    policies.get(catalog.default_policy) ??
    (catalog.default_policy === 'auto' ? preparePolicy('auto', builtInPolicy) : undefined)
  const strategies = {
    cheapest: createStrategy('cheapest', builtInPolicy),
    fastest: createStrategy('fastest', builtInPolicy),
  }
  return { models: prepareModels(catalog), policies, defaultPolicy, strategies }
}

function preparePolicy(name: string, policy: Policy): PreparedPolicy {
  return {
    name,
    policy,
    allowed: policy.models && new Set(policy.models),
    strategy: createStrategy(policy.strategy, policy),
  }
}

function prepareModels(catalog: Catalog): PreparedModel[] {
  const entries = Object.entries(catalog.models)
  const byQuality = entries.toSorted(([nameA, a], [nameB, b]) => {
    const quality = (b.quality ?? 0) - (a.quality ?? 0)
    return quality !== 0 ? quality : nameA < nameB ? -1 : 1
  })
  const ranks = new Map(byQuality.map(([name], rank) => [name, rank]))
  return entries.map(([name, model]) => ({
    name,
    model,
    capabilities: new Set(model.capabilities),
    endpoints: new Set(model.endpoints),
    deployments: Object.keys(model.deployments).map(deployment => deploymentKey(name, deployment)),
    speaksMessages: Object.values(model.deployments).every(
      ({ provider }) => provider === 'anthropic',
    ),
    contender: contenderOf(name, model, ranks.get(name) ?? 0),
  }))
}

function contenderOf(name: string, model: Model, tieRank: number): Contender {
  return { name, model, tieRank, costUsd: 0, cachedTokens: 0, live: UNSEEN, available: false }
}

const UNSEEN: ModelLive = {
  latencyMs: undefined,
  errorRate: 0,
  inFlight: 0,
  queued: 0,
  capacity: 0,
}
