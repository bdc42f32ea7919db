import { percent } from '../figures.ts'
import { loadOf } from '../live-view.ts'
import { bestFirst, explain } from './ranking.ts'
import type { StrategyFactory } from './strategy.ts'

/** Fewest jobs in flight and queued for its capacity; the score is minus the load. */
export const leastBusy: StrategyFactory =
  () =>
  ({ contenders }) => {
    const ranked = bestFirst(contenders, contender => -loadOf(contender.live))
    const load = explain(
      'least busy',
      ranked,
      contender => `${percent(loadOf(contender.live))} load`,
    )
    return { ranked, reason: load, propensity: 1 }
  }
