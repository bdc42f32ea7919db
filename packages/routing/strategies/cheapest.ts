import { usd } from '../figures.ts'
import { bestFirst, explain } from './ranking.ts'
import type { StrategyFactory } from './strategy.ts'

/** Lowest estimated cost of this request; the score is minus the dollars. */
export const cheapest: StrategyFactory =
  () =>
  ({ contenders }) => {
    const ranked = bestFirst(contenders, contender => -contender.costUsd)
    const reason = explain('cheapest', ranked, contender => usd(contender.costUsd))
    return { ranked, reason, propensity: 1 }
  }
