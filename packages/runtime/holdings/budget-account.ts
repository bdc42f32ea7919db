import type { Clock, JobMessage } from '@longhaul/contracts'
import type { Coordination } from '@longhaul/coordination'

export const DAY_MS = 86_400_000
/** Today's and yesterday's sums are asked for. */
export const KEEP_MS = 3 * DAY_MS

/** Days since 1970, UTC. */
export function dayOf(epochMs: number): number {
  return Math.floor(epochMs / DAY_MS)
}

/** The sums of a policy on the day of that time. */
export function tallyOf(policy: string, epochMs: number): string {
  return `held:${policy}:${dayOf(epochMs)}`
}

type Charged = NonNullable<NonNullable<JobMessage['route']>['budget']>

/** Tells the budget of a job, if it has one, what its calls cost, and when no more are to come. */
export class BudgetAccount {
  readonly #coordination: Pick<Coordination, 'tallies'>
  readonly #clock: Clock
  readonly #charged: Charged | undefined

  constructor(
    dependencies: { coordination: Pick<Coordination, 'tallies'>; clock: Clock },
    message: JobMessage,
  ) {
    this.#coordination = dependencies.coordination
    this.#clock = dependencies.clock
    this.#charged = message.route?.budget
  }

  /** A call has ended. */
  recorded(costUsd: number | null): void {
    if (costUsd) this.#add({ recorded: costUsd })
  }

  /** This worker is done with the job: what it was expected to cost is not under way any more. */
  released(): void {
    if (this.#charged) this.#add({ released: this.#charged.expectedUsd })
  }

  #add(amounts: Record<string, number>): void {
    if (!this.#charged) return
    const name = tallyOf(this.#charged.policy, this.#clock.now())
    this.#coordination.tallies.add(name, amounts, KEEP_MS)
  }
}
