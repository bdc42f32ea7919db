import { type Catalog, type Clock, type Model, type Policy, sleep } from '@longhaul/contracts'
import type { Amounts, Coordination } from '@longhaul/coordination'
import {
  type DaySums,
  type Decision,
  type Held,
  type HolderState,
  type Holdings,
  type LiveView,
  PolicyHolder,
} from '@longhaul/routing'
import type { PolicyState, Store } from '@longhaul/store'
import type { Telemetry } from '@longhaul/telemetry'
import { DAY_MS, dayOf, KEEP_MS, tallyOf } from './budget-account.ts'

export interface PolicyHoldingsDependencies {
  coordination: Pick<Coordination, 'tallies'>
  store: Pick<Store, 'policyStates'>
  live: LiveView
  telemetry: Pick<Telemetry, 'logger'>
  clock: Clock
}

/** What Postgres keeps of a policy for the next life. */
interface Saved extends HolderState {
  kind: string
  today: Amounts
  yesterday: Amounts
}

interface Entry {
  holder: PolicyHolder
  /** Changes with all that the holder was made of. */
  made: string
  /** As JSON, what was saved last. */
  saved: string
}

const SAVE_EVERY_MS = 2_000
/** Jobs under way are counted so often: it takes a look at every model. */
const COUNT_EVERY_MS = 1_000
/** Processes that do not decide look so often at what those know that do, while somebody asks. */
const LOOK_EVERY_MS = 2_000

/**
 * The shares and budgets that policies hold: prices are of this process, sums
 * of all. Sums are told through coordination, and saved with the rest in
 * Postgres, so that a restart goes on where the life before ended.
 */
export class PolicyHoldings implements Holdings {
  readonly #dependencies: PolicyHoldingsDependencies
  #models: Readonly<Record<string, Model>> = {}
  #entries = new Map<string, Entry>()
  readonly #ending = new AbortController()
  #saving: Promise<void> | undefined
  #lookedAt = Number.NEGATIVE_INFINITY
  #countedAt = Number.NEGATIVE_INFINITY
  #underWay = 0
  #decidedSince = 0
  #decidedBefore = 0

  constructor(dependencies: PolicyHoldingsDependencies, catalog: Catalog) {
    this.#dependencies = dependencies
    this.reconfigure(catalog)
  }

  /** Policies that hold the same of the same models go on as they were. */
  reconfigure({ policies, models }: Catalog): void {
    this.#models = models
    const entries = new Map<string, Entry>()
    for (const [name, policy] of Object.entries(policies)) {
      if (!policy.target_share && !policy.budget) continue
      const made = partsOf(policy, models)
      const known = this.#entries.get(name)
      const holder = known?.made === made ? known.holder : new PolicyHolder(policy, models)
      entries.set(name, { holder, made, saved: '' })
    }
    this.#entries = entries
  }

  /** Begins where the life before ended, and saves from now on. For those that decide. */
  async open(): Promise<void> {
    await this.#load()
    this.#saving ??= this.#keepSaving()
  }

  /** Saves for the last time. Safe to call twice. */
  async close(): Promise<void> {
    this.#ending.abort()
    await this.#saving
  }

  /** What those know that decide, where this process does not; nobody waits for long, and it never rejects. */
  async look(): Promise<void> {
    const now = this.#dependencies.clock.now()
    if (this.#saving || this.#entries.size === 0 || now - this.#lookedAt < LOOK_EVERY_MS) return
    this.#lookedAt = now
    await this.#load()
  }

  of(policy: string): Held | undefined {
    const holder = this.#entries.get(policy)?.holder
    if (!holder) return undefined
    const now = this.#dependencies.clock.now()
    const underWay = holder.kind === 'budget' ? this.#countUnderWay(now) : 0
    return holder.at({
      days: { today: this.#sums(policy, now), yesterday: this.#sums(policy, now - DAY_MS) },
      secondsOfDay: secondsOfDay(now),
      underWay,
    })
  }

  /** A decision that counts: at once, so that the next one knows of it. */
  decided({ record, route, usage }: Decision): void {
    const entry = this.#entries.get(record.policy)
    if (!entry || !record.held || !route) return
    this.#decidedSince += 1
    const now = this.#dependencies.clock.now()
    const isBudget = entry.holder.kind === 'budget'
    const amounts: Partial<DaySums> = isBudget ? { expected: record.estimates.cost_usd ?? 0 } : {}
    if (usage) {
      entry.holder.decided(usage)
      amounts.decided = 1
      if (isBudget) amounts.seconds = secondsOfDay(now)
      else amounts.chosen = usage.taken
    }
    this.#dependencies.coordination.tallies.add(tallyOf(record.policy, now), amounts, KEEP_MS)
  }

  /** The job was not sent anywhere: it is going to be decided again. */
  undone({ record }: Decision): void {
    if (record.held?.holds !== 'budget') return
    const { coordination, clock } = this.#dependencies
    const released = record.estimates.cost_usd ?? 0
    coordination.tallies.add(tallyOf(record.policy, clock.now()), { released }, KEEP_MS)
  }

  /** For gauges: how all policies are held to now. */
  get all(): Array<[policy: string, held: Held]> {
    return [...this.#entries.keys()].flatMap(policy => {
      const held = this.of(policy)
      return held ? [[policy, held] as [string, Held]] : []
    })
  }

  #sums(policy: string, at: number): DaySums {
    const sums = this.#dependencies.coordination.tallies.of(tallyOf(policy, at))
    const { decided = 0, seconds = 0, chosen = 0 } = sums
    const { expected = 0, released = 0, recorded = 0 } = sums
    return { decided, seconds, chosen, expected, released, recorded }
  }

  /** What was decided lately may not show in any figure yet. */
  #countUnderWay(now: number): number {
    if (now - this.#countedAt >= COUNT_EVERY_MS) {
      this.#countedAt = now
      this.#underWay = 0
      for (const model of Object.keys(this.#models)) {
        const { inFlight, queued } = this.#dependencies.live.of(model)
        this.#underWay += inFlight + queued
      }
      this.#decidedBefore = this.#decidedSince
      this.#decidedSince = 0
    }
    return this.#underWay + this.#decidedBefore + this.#decidedSince
  }

  async #keepSaving(): Promise<void> {
    const { clock } = this.#dependencies
    while (!this.#ending.signal.aborted) {
      await sleep(clock, SAVE_EVERY_MS, this.#ending.signal)
      await this.#save()
    }
  }

  async #save(): Promise<void> {
    const { store, clock, telemetry } = this.#dependencies
    const now = clock.now()
    const states = [...this.#entries].flatMap(([policy, entry]) => {
      const state = this.#stateOf(policy, entry, now)
      const text = JSON.stringify(state)
      if (state.decided === 0 || text === entry.saved) return []
      return [{ entry, state, text }]
    })
    try {
      await store.policyStates.save(states.map(({ state }) => state))
      for (const { entry, text } of states) entry.saved = text
    } catch (error) {
      // It is saved with what changes next.
      telemetry.logger.warn({ err: error }, 'what policies hold is not saved')
    }
  }

  #stateOf(policy: string, { holder }: Entry, now: number): PolicyState {
    const today = this.#sums(policy, now)
    const yesterday = this.#sums(policy, now - DAY_MS)
    const state: Saved = {
      kind: holder.kind,
      ...holder.state,
      today: { ...today },
      yesterday: { ...yesterday },
    }
    return { policy, day: dayOf(now), decided: today.decided, state }
  }

  async #load(): Promise<void> {
    if (this.#entries.size === 0) return
    const { store, telemetry } = this.#dependencies
    try {
      for (const { policy, day, state } of await store.policyStates.all()) {
        this.#restore(policy, day, state as Saved)
      }
    } catch (error) {
      telemetry.logger.warn({ err: error }, 'what policies held before is not known')
    }
  }

  #restore(policy: string, day: number, saved: Saved): void {
    const holder = this.#entries.get(policy)?.holder
    if (!holder || saved.kind !== holder.kind) return
    holder.restore(saved)
    const { tallies } = this.#dependencies.coordination
    const at = day * DAY_MS
    tallies.begin(tallyOf(policy, at), saved.today, KEEP_MS)
    if (saved.yesterday.decided) {
      tallies.begin(tallyOf(policy, at - DAY_MS), saved.yesterday, KEEP_MS)
    }
  }
}

/** What a holder is made of: another share, other models or other prices make another. */
function partsOf(policy: Policy, models: Readonly<Record<string, Model>>): string {
  const prices = Object.entries(models).map(([name, { price }]) => [name, price.output])
  const { target_share, budget, models: allowed, max_price } = policy
  return JSON.stringify([target_share, budget, allowed, max_price, prices])
}

function secondsOfDay(now: number): number {
  return (now % DAY_MS) / 1_000
}
