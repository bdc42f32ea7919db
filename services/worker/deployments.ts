import type { Clock, JobMessage, Model, RoutingConstraints } from '@longhaul/contracts'
import {
  type Coordination,
  CREDENTIALS_REFUSED,
  type Permit,
  type Probing,
} from '@longhaul/coordination'
import type { ProviderDeployment } from '@longhaul/providers'
import { providerDeploymentsOf } from '@longhaul/runtime'
import { Pace } from './pace.ts'

/** Leave for one call of one deployment. */
export interface Slot {
  deployment: ProviderDeployment
  permit: Permit
  /** The call was refused by a rate limit, and the deployment rests until then: later ones are spaced out. */
  refused(restsUntil: number): void
  /** When the call has ended. What is told of a slot's end after the first word has no effect. */
  free(): void
  /** Instead: no call was made; the permit and its turn are given back. */
  unused(): void
}

interface DeploymentState {
  deployment: ProviderDeployment
  inFlight: number
  pace: Pace
}

export interface DeploymentsDependencies {
  coordination: Coordination
  clock: Clock
}

/**
 * The deployments of one model in this worker: who has a slot, whose turn it is
 * by its pace, and whose breaker lets a call pass. The choice is made as late as possible.
 */
export class Deployments {
  readonly #model: string
  readonly #coordination: Coordination
  readonly #clock: Clock
  #states: DeploymentState[] = []

  constructor(model: string, config: Model, dependencies: DeploymentsDependencies) {
    this.#model = model
    this.#coordination = dependencies.coordination
    this.#clock = dependencies.clock
    this.reconfigure(config)
  }

  /** Deployments that stay keep the count of their calls in flight, and their pace. */
  reconfigure(config: Model): void {
    const known = new Map(this.#states.map(state => [state.deployment.key, state]))
    this.#states = providerDeploymentsOf(this.#model, config).map(deployment => {
      const state = known.get(deployment.key) ?? { inFlight: 0, pace: new Pace() }
      return Object.assign(state, { deployment })
    })
  }

  has(key: string): boolean {
    return this.#states.some(({ deployment }) => deployment.key === key)
  }

  /** Calls that all deployments together take at a time. */
  get capacity(): number {
    return this.#states.reduce((sum, { deployment }) => sum + deployment.config.max_concurrency, 0)
  }

  /**
   * A slot of the least busy deployment by weight, leaving out `except`; of
   * those that the job allows, in the order that it wants. Undefined when none is free.
   */
  acquire(
    except: ReadonlySet<string> = new Set(),
    constraints: RoutingConstraints = {},
    probing: Probing = {},
  ): Slot | undefined {
    const now = this.#clock.now()
    for (const state of inOrder(this.#byLoad(now), constraints.order)) {
      if (except.has(state.deployment.key) || !isAllowed(state, constraints)) continue
      const permit = this.#coordination.breakers.acquire(state.deployment.key, probing)
      if (!permit) continue
      return this.#slot(state, permit, now)
    }
    return undefined
  }

  /** Whether none is trusted with a call: each breaker is open, or wants probes. */
  get allDoubted(): boolean {
    const { breakers } = this.#coordination
    return this.#states.every(({ deployment }) => breakers.view(deployment.key).state !== 'closed')
  }

  /**
   * When a call may begin that waited for nothing but its turn at `since`; undefined: none did.
   * It may have passed by now: whoever was refused a slot because of it must look again all the same.
   */
  nextTurnAfter(since: number): number | undefined {
    const turns = this.#states
      .filter(state => hasRoom(state) && state.pace.nextAt > since)
      .map(({ pace }) => pace.nextAt)
    return turns.length === 0 ? undefined : Math.min(...turns)
  }

  /**
   * When every deployment (that the job allows) is out: the earliest time at
   * which one may be tried, infinite when there is none; undefined while one may pass.
   */
  allOutUntil(now: number, constraints: RoutingConstraints = {}): number | undefined {
    let earliest = Number.POSITIVE_INFINITY
    for (const state of this.#states) {
      if (!isAllowed(state, constraints)) continue
      const { openUntil } = this.#coordination.breakers.view(state.deployment.key)
      if (openUntil === undefined || openUntil <= now) return undefined
      earliest = Math.min(earliest, openUntil)
    }
    return earliest
  }

  /** Why all of them (that the job allows) are out. */
  outBecause(constraints: RoutingConstraints = {}): 'credentials' | 'unavailable' {
    const { breakers } = this.#coordination
    const reasons = this.#states
      .filter(state => isAllowed(state, constraints))
      .map(({ deployment }) => breakers.view(deployment.key).reason)
    const isRefused = reasons.length > 0 && reasons.every(one => one === CREDENTIALS_REFUSED)
    return isRefused ? 'credentials' : 'unavailable'
  }

  #slot(state: DeploymentState, permit: Permit, takenAt: number): Slot {
    const { pace } = state
    state.inFlight += 1
    pace.take(takenAt)
    let ended = false
    const end = () => {
      if (ended) return false
      ended = true
      state.inFlight -= 1
      return true
    }
    return {
      deployment: state.deployment,
      permit,
      refused: restsUntil => pace.refused(takenAt, this.#clock.now(), restsUntil),
      free: end,
      unused: () => {
        if (!end()) return
        permit.settle('neutral')
        pace.giveBack(this.#clock.now())
      },
    }
  }

  #byLoad(now: number): DeploymentState[] {
    const free = this.#states.filter(state => hasRoom(state) && state.pace.nextAt <= now)
    return free.length < 2 ? free : free.sort((a, b) => loadOf(a) - loadOf(b))
  }
}

/** What the caller asks for, then the deployment that has the conversation in its cache. */
export function callConstraintsOf({ options, route }: JobMessage): RoutingConstraints | undefined {
  const constraints = options?.constraints
  if (route?.cachedAt === undefined) return constraints
  return { ...constraints, order: [...(constraints?.order ?? []), route.cachedAt] }
}

function hasRoom({ deployment, inFlight }: DeploymentState): boolean {
  return inFlight < deployment.config.max_concurrency
}

function isAllowed({ deployment }: DeploymentState, { deployments }: RoutingConstraints): boolean {
  return deployments === undefined || deployments.includes(deployment.key)
}

/** Those that the order names first, in its order; the others stay as they are. */
function inOrder(
  states: DeploymentState[],
  order: readonly string[] | undefined,
): DeploymentState[] {
  if (!order) return states
  const placeOf = ({ deployment }: DeploymentState) => {
    const place = order.indexOf(deployment.key)
    return place < 0 ? order.length : place
  }
  return states.toSorted((a, b) => placeOf(a) - placeOf(b))
}

function loadOf({ deployment, inFlight }: DeploymentState): number {
  return inFlight / (deployment.config.weight * deployment.config.max_concurrency)
}
