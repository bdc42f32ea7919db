import type { HeldView, Model, Policy } from '@longhaul/contracts'
import { geometric, ResponseCurve } from './response-curve.ts'
import { type Days, paceOf } from './spending.ts'
import type { Usage } from './usage.ts'

/** What a strategy has to know of what its policy holds. */
export interface Held {
  view: HeldView
  /** The shadow price, exactly. */
  price: number
  /** Nothing is left of a budget. */
  spent: boolean
  /** Ascending: the prices that usages are told at. */
  prices: readonly number[]
  /** What a job takes of it on a model, at an expected cost. */
  usageOf(model: string, costUsd: number): number
  /** Nothing is left, and the policy has no model then. */
  refuses: boolean
}

/** The moment of a decision. */
export interface HoldingMoment {
  days: Days
  /** Since midnight, UTC. */
  secondsOfDay: number
  /** Jobs that wait or are called, of all models. */
  underWay: number
}

/** Of another life of a holder. */
export interface HolderState {
  means: number[]
  debt: number
}

/** In units of utility, both ways: a share may be above what the policy would choose by itself, or below. */
const ascending = geometric(0.000_1, 4)
const SHARE_PRICES = [...ascending.map(price => -price).reverse(), 0, ...ascending]
/** In units of utility per dollar. A budget is no aim: below 0 it would be spent for its own sake. */
const BUDGET_PRICES = [0, ...geometric(0.01, 10_000_000)]

/** Decisions that are remembered: jobs differ more in cost than in whose they are. */
const SHARE_WINDOW = 64
const BUDGET_WINDOW = 128
/** Decisions within which what was taken too much or too little is made up for… */
const SHARE_HORIZON = 25
const BUDGET_HORIZON = 50
/** …and of a share at once, as soon as it comes to so many jobs: this bounds the error. */
const SHARE_BOUND = 4
/** What could not be helped for long is not made up for beyond so many jobs. */
const MOST_SHARE_DEBT = 12
const MOST_BUDGET_DEBT = 100

/**
 * Holds the share or the budget of one policy, as far as this process decides.
 * The response of recent decisions gives the price at which a job takes on
 * average what is allowed. What the one before took beyond that is owed, and
 * paid within a few decisions: so the error does not grow with their number,
 * however the traffic drifts. Each process pays its own, so that their sum is
 * right without their waiting for one another.
 */
export class PolicyHolder {
  readonly kind: HeldView['holds']
  readonly #target: number
  readonly #refusing: boolean
  readonly #prices: readonly number[]
  readonly #models: ReadonlySet<string>
  readonly #modelNames: string[]
  readonly #curve: ResponseCurve
  /** Taken beyond what was allowed. */
  #debt = 0
  /** What a decision may take by the plan, nothing owed. */
  #planned = 0

  /** @param models of the configuration */
  constructor(policy: Policy, models: Readonly<Record<string, Model>>) {
    const { target_share: share, budget } = policy
    this.kind = share ? 'target_share' : 'budget'
    this.#target = share?.share ?? budget?.usd_per_day ?? 0
    this.#refusing = budget?.on_spent === 'fail'
    this.#prices = share ? SHARE_PRICES : BUDGET_PRICES
    this.#modelNames = share ? (share.models ?? upperTier(policy, models)) : []
    this.#models = new Set(this.#modelNames)
    this.#curve = new ResponseCurve(this.#prices, share ? SHARE_WINDOW : BUDGET_WINDOW)
  }

  at(moment: HoldingMoment): Held {
    return this.kind === 'target_share' ? this.#share(moment) : this.#budget(moment)
  }

  /** A decision was made, and counts. */
  decided({ byPrice, taken }: Usage): void {
    this.#curve.add(byPrice)
    const most = this.kind === 'budget' ? MOST_BUDGET_DEBT * this.#planned : MOST_SHARE_DEBT
    this.#debt = Math.min(most, Math.max(-most, this.#debt + taken - this.#planned))
  }

  /** Whether the share is about the model. */
  isAbout(model: string): boolean {
    return this.#models.has(model)
  }

  get state(): HolderState {
    return { means: this.#curve.means, debt: this.#debt }
  }

  restore({ means, debt }: HolderState): void {
    this.#curve.restore(means)
    this.#debt = debt
  }

  #share({ days: { today } }: HoldingMoment): Held {
    this.#planned = this.#target
    const allowed = Math.min(1, Math.max(0, this.#target - madeUpFor(this.#debt)))
    const used = today.decided > 0 ? today.chosen / today.decided : 0
    const price = this.#curve.priceFor(allowed) ?? 0
    return {
      view: this.#view(used, allowed, price),
      price,
      spent: false,
      prices: this.#prices,
      usageOf: model => (this.#models.has(model) ? 1 : 0),
      refuses: false,
    }
  }

  #budget({ days, secondsOfDay, underWay }: HoldingMoment): Held {
    const { spentUsd, usdPerJob } = paceOf(this.#target, days, secondsOfDay, underWay)
    this.#planned = usdPerJob
    const allowed = Math.max(0, usdPerJob - this.#debt / BUDGET_HORIZON)
    const spent = spentUsd >= this.#target
    const dearest = this.#prices.at(-1) ?? 0
    const price = spent ? dearest : (this.#curve.priceFor(allowed) ?? 0)
    return {
      view: this.#view(spentUsd, spent ? 0 : allowed, price),
      price,
      spent,
      prices: this.#prices,
      usageOf: (_, costUsd) => costUsd,
      refuses: spent && this.#refusing,
    }
  }

  #view(used: number, allowed: number, price: number): HeldView {
    return {
      holds: this.kind,
      target: this.#target,
      used: rounded(used),
      allowed: rounded(allowed),
      shadow_price: rounded(price),
      ...(this.kind === 'target_share' && { models: this.#modelNames }),
    }
  }
}

/** By how much a share is lower now, for jobs that were taken beyond it: little at first, all of it at the bound. */
function madeUpFor(debt: number): number {
  const nearness = debt / SHARE_BOUND
  if (Math.abs(nearness) >= 1) return Math.sign(nearness)
  return debt / SHARE_HORIZON / (1 - nearness ** 2)
}

/** The models of the policy whose output price is at least half of the highest. */
function upperTier(policy: Policy, models: Readonly<Record<string, Model>>): string[] {
  const all = Object.entries(models).filter(
    ([name, { price }]) =>
      (policy.models?.includes(name) ?? true) &&
      price.output <= (policy.max_price ?? Number.POSITIVE_INFINITY),
  )
  const highest = Math.max(...all.map(([, { price }]) => price.output))
  return all.filter(([, { price }]) => price.output >= highest / 2).map(([name]) => name)
}

/** As many digits as anybody looks at. */
function rounded(figure: number): number {
  return Number(figure.toPrecision(6))
}
