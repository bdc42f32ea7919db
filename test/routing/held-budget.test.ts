import { afterEach, describe, expect, it } from '@jest/globals'
import { type Coordination, openMemoryCoordination } from '@longhaul/coordination'
import type { Decision } from '@longhaul/routing'
import { BudgetAccount } from '@longhaul/runtime'
import { seededRandom } from '../../training/metrics.ts'
import { BREAKER } from '../conformance/coordination/surroundings.ts'
import { ManualClock } from '../manual-clock.ts'
import { DecidingProcess, memoryStates } from './deciding-process.ts'
import { fromMathematicsToChat } from './drifting-traffic.ts'
import { catalogOf } from './real-life.ts'

const models = {
  small: { quality: 0.5, price: { input: 0.1, output: 0.4 } },
  middle: { quality: 0.75, price: { input: 0.5, output: 2 } },
  strong: { quality: 0.93, price: { input: 5, output: 25 } },
}
const BUDGET_USD = 10
const catalog = catalogOf(models, {
  ten: { strategy: 'predictive', prefer: 'quality', budget: { usd_per_day: BUDGET_USD } },
  free: { strategy: 'predictive', prefer: 'quality' },
  enough: { strategy: 'predictive', min_quality: 0.9, budget: { usd_per_day: 0.000_001 } },
  strict: {
    strategy: 'predictive',
    budget: { usd_per_day: 0.000_001, on_spent: 'fail' },
  },
})
const DAY_MS = 86_400_000
const EACH = 3_000
const prompts = fromMathematicsToChat(EACH)
/** When the job of this place comes: evenly, or twice as often at noon as at midnight. */
const rhythms: Record<string, (part: number) => number> = {
  evenly: part => part,
  'mostly at noon': part => part - Math.sin(2 * Math.PI * part) / (6 * Math.PI),
}

/** A job under way: what it will cost, and when that is known. */
interface UnderWay {
  account: BudgetAccount
  costUsd: number
  endsAt: number
}

/** A day of processes that decide, whose calls take minutes and cost other than expected. */
class Day {
  readonly clock = new ManualClock(Date.UTC(2026, 0, 5))
  readonly policyStates = memoryStates()
  spentUsd = 0
  readonly #random = seededRandom(7)
  readonly #dearer: number
  #underWay: UnderWay[] = []
  #coordination: Coordination | undefined

  /** @param dearer what calls cost over what is expected of them */
  constructor(dearer: number) {
    this.#dearer = dearer
  }

  async processes(count: number): Promise<DecidingProcess[]> {
    await this.#coordination?.stop()
    const coordination = await openMemoryCoordination({ clock: this.clock, breaker: BREAKER })
    this.#coordination = coordination
    const { clock, policyStates } = this
    const underWay = () => this.#underWay.length
    const parts = { catalog, coordination, policyStates, clock, underWay }
    return Array.from({ length: count }, () => new DecidingProcess(parts))
  }

  /** The time of the next job has come; calls that ended by then are recorded. */
  moveTo(at: number): void {
    this.clock.advance(at - this.clock.now())
    const ended = this.#underWay.filter(({ endsAt }) => endsAt <= at)
    this.#underWay = this.#underWay.filter(({ endsAt }) => endsAt > at)
    for (const { account, costUsd } of ended) {
      this.spentUsd += costUsd
      account.recorded(costUsd)
      account.released()
    }
  }

  called({ record, route }: Decision): void {
    const expectedUsd = record.estimates.cost_usd ?? 0
    const message = { route: { ...route, budget: { policy: record.policy, expectedUsd } } } as never
    const coordination = this.#coordination as Coordination
    const noise = 0.5 + this.#random()
    this.#underWay.push({
      account: new BudgetAccount({ coordination, clock: this.clock }, message),
      costUsd: expectedUsd * this.#dearer * noise,
      endsAt: this.clock.now() + 300_000 * this.#random(),
    })
  }

  async stop(): Promise<void> {
    await this.#coordination?.stop()
  }
}

describe('a held budget', () => {
  const days: Day[] = []
  afterEach(() => Promise.all(days.splice(0).map(day => day.stop())))

  function newDay(dearer = 1): Day {
    const day = new Day(dearer)
    days.push(day)
    return day
  }

  async function spend(day: Day, policy: string, count: number, rhythm = rhythms.evenly) {
    const processes = await day.processes(count)
    const begin = day.clock.now()
    for (const [index, prompt] of prompts.entries()) {
      day.moveTo(begin + DAY_MS * (rhythm?.(index / prompts.length) ?? 0))
      const decision = processes[index % count]?.decide(prompt, policy)
      if (decision) day.called(decision)
    }
    day.moveTo(begin + DAY_MS - 1)
    return day.spentUsd
  }

  it('would not be held by the policy itself', async () => {
    expect(await spend(newDay(), 'free', 1)).toBeGreaterThan(2 * BUDGET_USD)
  })

  it.each([
    ['evenly', 1, 1],
    ['mostly at noon', 1, 1],
    ['evenly', 1.6, 1],
    ['evenly', 0.6, 1],
    ['mostly at noon', 1.3, 3],
  ])(
    'is spent to within 2%% from mathematics to chat: jobs come %s, calls cost %d times what is expected, by %i processes',
    async (rhythm, dearer, count) => {
      const spentUsd = await spend(newDay(dearer), 'ten', count, rhythms[rhythm])
      expect(Math.abs(spentUsd / BUDGET_USD - 1)).toBeLessThan(0.02)
    },
  )

  it('goes on over restarts: what was spent stays spent', async () => {
    const day = newDay()
    const begin = day.clock.now()
    for (const part of [0, 1, 2, 3]) {
      const [process] = await day.processes(1)
      await process?.holdings.open()
      for (const [index, prompt] of prompts.entries()) {
        if (Math.floor((4 * index) / prompts.length) !== part) continue
        day.moveTo(begin + (DAY_MS * index) / prompts.length)
        const decision = process?.decide(prompt, 'ten')
        if (decision) day.called(decision)
      }
      await process?.holdings.close()
    }
    day.moveTo(begin + DAY_MS - 1)
    expect(Math.abs(day.spentUsd / BUDGET_USD - 1)).toBeLessThan(0.02)
  })

  it('that is spent leaves the cheapest that suffices, and refuses nothing', async () => {
    const [process] = await newDay().processes(1)
    const decisions = prompts.slice(0, 20).map(prompt => process?.decide(prompt, 'enough'))
    const last = decisions.at(-1)
    expect(last?.record.held).toMatchObject({ holds: 'budget', allowed: 0 })
    expect(last?.record.reason).toMatch(/the budget of .* is spent for today/)
    for (const decision of decisions.slice(1)) {
      const { candidates = [], model } = decision?.record ?? {}
      const best = Math.max(...candidates.map(({ quality }) => quality ?? 0))
      const enough = candidates.filter(({ quality }) => (quality ?? 0) >= 0.9 * best + 0.001)
      const cheapest = Math.min(...enough.map(candidate => candidate.estimated_cost_usd))
      const chosen = candidates.find(candidate => candidate.model === model)
      expect(chosen?.estimated_cost_usd).toBeLessThanOrEqual(cheapest)
    }
  })

  it('that is spent has no model, where the policy says so, until midnight', async () => {
    const day = newDay()
    const [process] = await day.processes(1)
    process?.decide('Prove the theorem of Pythagoras.', 'strict')
    const refused = process?.decide('Prove the theorem of Pythagoras.', 'strict')
    expect(refused?.route).toBeUndefined()
    expect(refused?.failure).toEqual({
      code: 'budget_spent',
      message: "The policy's budget of $0.000001 is spent until midnight UTC.",
    })
    day.clock.advance(DAY_MS)
    expect(process?.decide('Prove the theorem of Pythagoras.', 'strict').route).toBeDefined()
  })
})
