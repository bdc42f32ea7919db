import { percent, usd } from '../figures.ts'
import type { Judged } from '../strategies/objective.ts'
import type { Contender } from '../strategies/strategy.ts'
import type { Held } from './policy-holder.ts'
import { type Option, type Usage, usageAt } from './usage.ts'

/** What a decision is charged for that which its policy holds. */
export class Charges {
  readonly #held: Held
  readonly #options: ReadonlyMap<Contender, Option>

  constructor(judged: readonly Judged[], held: Held) {
    this.#held = held
    this.#options = optionsOf(judged, held)
  }

  /** Utility that is left of a model. */
  utilityOf(contender: Contender): number {
    const option = this.#options.get(contender)
    return option ? option.utility - this.#held.price * option.charge : 0
  }

  usageOf(choice: Contender): Usage {
    const all = [...this.#options]
    const available = all.filter(([{ available }]) => available)
    const possible = (available.length > 0 ? available : all).map(([, option]) => option)
    return {
      byPrice: usageAt(this.#held.prices, possible),
      taken: this.#options.get(choice)?.usage ?? 0,
    }
  }
}

/** One that does not suffice is charged like the dearest: being cheap is no help to it. */
function optionsOf(judged: readonly Judged[], held: Held): ReadonlyMap<Contender, Option> {
  const options = new Map<Contender, Option>()
  let highest = 0
  for (const { contender, utility, costUsd } of judged) {
    const usage = held.usageOf(contender.name, costUsd)
    options.set(contender, { utility, charge: usage, usage })
    if (usage > highest) highest = usage
  }
  for (const { contender, suffices } of judged) {
    const option = options.get(contender)
    if (option && !suffices) option.charge = highest
  }
  return options
}

/** One readable clause: what is held, how much of it is used, and what that means now. */
export function describeHeld({ view, spent }: Held): string {
  const { used, target, shadow_price: price, models = [] } = view
  if (view.holds === 'budget') {
    if (spent) return `the budget of ${usd(target)} is spent for today: the cheapest that suffices`
    const weight = price > 0 ? `a dollar weighs ${price.toPrecision(2)}` : 'nothing has to be saved'
    return `${usd(used)} of ${usd(target)} spent today, ${usd(view.allowed)} allowed for a job: ${weight}`
  }
  const names = models.join(', ')
  const what = price < 0 ? 'favoured by' : 'asked to be better by'
  const share = `${percent(target)} of jobs are held for ${names}, ${percent(used)} of today's went there`
  return `${share}: ${what} ${Math.abs(price).toPrecision(2)}`
}
