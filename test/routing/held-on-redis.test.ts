import { randomUUID } from 'node:crypto'
import { afterEach, expect, it } from '@jest/globals'
import { type Coordination, openRedisCoordination } from '@longhaul/coordination'
import { BudgetAccount } from '@longhaul/runtime'
import { BREAKER, untilShared } from '../conformance/coordination/surroundings.ts'
import { eventually } from '../conformance/eventually.ts'
import { ManualClock } from '../manual-clock.ts'
import { describeOn } from '../servers.ts'
import { DecidingProcess, memoryStates } from './deciding-process.ts'
import { fromMathematicsToChat } from './drifting-traffic.ts'
import { catalogOf } from './real-life.ts'

const models = {
  small: { quality: 0.5, price: { input: 0.1, output: 0.4 } },
  strong: { quality: 0.93, price: { input: 5, output: 25 } },
}
const catalog = catalogOf(models, {
  share: { strategy: 'predictive', target_share: { share: 0.3 } },
  budget: { strategy: 'predictive', prefer: 'quality', budget: { usd_per_day: 10 } },
})

await describeOn('redis', 'routers that share a Redis', url => {
  const opened: Coordination[] = []
  const clock = new ManualClock()
  afterEach(() => Promise.all(opened.splice(0).map(one => one.stop())))

  /** In a process of its own, with nothing in PostgreSQL. */
  async function openProcess(keyPrefix: string) {
    const coordination = await openRedisCoordination({ url, keyPrefix, clock, breaker: BREAKER })
    opened.push(coordination)
    await untilShared(coordination)
    const policyStates = memoryStates()
    return {
      coordination,
      process: new DecidingProcess({ catalog, coordination, policyStates, clock }),
    }
  }

  const usedIn = ({ process }: { process: DecidingProcess }, policy: string) =>
    process.holdings.of(policy)?.view.used ?? 0

  it('hold a share together, each its own part, and know how much of it all have used', async () => {
    const keyPrefix = randomUUID()
    const routers = [await openProcess(keyPrefix), await openProcess(keyPrefix)]
    const chosen = fromMathematicsToChat(500).map((prompt, index) => {
      const decision = routers[index % 2]?.process.decide(prompt, 'share')
      return decision?.route?.model === 'strong'
    })
    const share = chosen.filter(Boolean).length / chosen.length
    expect(Math.abs(share - 0.3)).toBeLessThan(0.01)

    const newcomer = await openProcess(keyPrefix)
    for (const router of [...routers, newcomer]) {
      await eventually(
        () => usedIn(router, 'share'),
        used => Math.abs(used - share) < 1e-5,
      )
    }
  })

  it('know what workers elsewhere have spent of a budget, after a restart too', async () => {
    const keyPrefix = randomUUID()
    const [router, worker] = [await openProcess(keyPrefix), await openProcess(keyPrefix)]
    const { record, route } = router.process.decide('Prove the theorem of Pythagoras.', 'budget')
    const budget = { policy: 'budget', expectedUsd: record.estimates.cost_usd ?? 0 }
    const { coordination } = worker
    const account = new BudgetAccount({ coordination, clock }, {
      route: { ...route, budget },
    } as never)
    account.recorded(10.5)
    account.released()

    await eventually(
      () => usedIn(router, 'budget'),
      used => Math.abs(used - 10.5) < 1e-5,
    )
    expect(router.process.decide('Prove it again.', 'budget').route?.model).toBe('small')
    await router.coordination.stop()
    const next = await openProcess(keyPrefix)
    await eventually(
      () => usedIn(next, 'budget'),
      used => used >= 10.5,
    )
  })
})
