import type { Catalog, Clock } from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'
import { createRouter, type Decision } from '@longhaul/routing'
import { PolicyHoldings } from '@longhaul/runtime'
import type { PolicyState } from '@longhaul/store'
import { requestOf } from '../../packages/routing/testing/fixtures.ts'

const idle = { latencyMs: 1_000, errorRate: 0, inFlight: 0, queued: 0, capacity: 10 }

/** A table of states in memory. */
export function memoryStates() {
  const kept = new Map<string, PolicyState>()
  return {
    async all() {
      return [...kept.values()]
    },
    async save(states: readonly PolicyState[]) {
      for (const state of states) kept.set(state.policy, structuredClone(state))
    },
  }
}

export interface DecidingProcessOptions {
  catalog: Catalog
  coordination: Coordination
  policyStates: ReturnType<typeof memoryStates>
  clock: Clock
  /** Jobs under way, as live figures would say. */
  underWay?: () => number
}

/** What of a router's process decides: the router of the package, and what policies hold. */
export class DecidingProcess {
  readonly holdings: PolicyHoldings
  readonly #router: ReturnType<typeof createRouter>
  readonly #live: { of(): typeof idle }
  readonly #clock: Clock

  constructor({ catalog, coordination, policyStates, clock, underWay }: DecidingProcessOptions) {
    this.#live = { of: () => ({ ...idle, queued: underWay?.() ?? 0 }) }
    this.#router = createRouter(catalog)
    this.#clock = clock
    const telemetry = { logger: { warn: () => {} } } as never
    const store = { policyStates } as never
    const parts = { coordination, store, live: this.#live, telemetry, clock }
    this.holdings = new PolicyHoldings(parts, catalog)
  }

  decide(prompt: string, policy: string): Decision {
    const body = { messages: [{ role: 'user', content: prompt }] }
    const request = requestOf({ body, bodyBytes: prompt.length })
    const decision = this.#router.decide(request, this.#live, {
      ...{ policy, requestedModel: null, number: 1, now: this.#clock.now() },
      random: () => 0.5,
      holdings: this.holdings,
    })
    this.holdings.decided(decision)
    return decision
  }
}
