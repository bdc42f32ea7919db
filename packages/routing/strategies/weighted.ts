import { percent } from '../figures.ts'
import { bestFirst } from './ranking.ts'
import type { Ranked, StrategyFactory } from './strategy.ts'

/**
 * Drawn at random, each in proportion to its `weight` among the available; the
 * score is that share. Fallbacks go by share, not by lot. When all that qualify
 * weigh nothing, each is as likely as the other.
 */
export const weighted: StrategyFactory =
  () =>
  ({ contenders, random }) => {
    const available = contenders.filter(contender => contender.available)
    const eligible = available.length > 0 ? available : contenders
    const total = eligible.reduce((sum, contender) => sum + contender.model.weight, 0)
    const ranked = bestFirst(contenders, ({ model }) =>
      total > 0 ? model.weight / total : 1 / eligible.length,
    )
    const drawn = draw(ranked.slice(0, eligible.length), random())
    const [choice] = ranked.splice(drawn, 1)
    if (!choice) throw new RangeError('a draw from no models')
    const share = choice.score
    const reason =
      contenders.length === 1
        ? 'the only model that qualifies'
        : `drawn by weight of ${contenders.length} models that qualify, with a share of ${percent(share)}`
    return { ranked: [choice, ...ranked], reason, propensity: share }
  }

/** The index on whose share `point`, in [0, 1), falls. */
function draw(ranked: readonly Ranked[], point: number): number {
  let reached = 0
  for (const [index, { score }] of ranked.entries()) {
    reached += score
    if (point < reached) return index
  }
  return 0
}
