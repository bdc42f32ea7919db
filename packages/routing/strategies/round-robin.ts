import { bestFirst, choiceOf, explain } from './ranking.ts'
import type { StrategyFactory } from './strategy.ts'

/**
 * The model whose last turn is longest ago; the score is the turns since. For
 * one set of models that is a round; when requests differ in which models
 * qualify, a counter over the list would favour neighbours of the ones left
 * out, and this does not. A turn counts even when the job fails later.
 */
export const roundRobin: StrategyFactory = () => {
  const lastTurns = new Map<string, number>()
  let turn = 0
  return ({ contenders }) => {
    turn += 1
    const ranked = bestFirst(contenders, ({ name }) => turn - (lastTurns.get(name) ?? 0))
    lastTurns.set(choiceOf(ranked).contender.name, turn)
    return { ranked, reason: explain('next in turn', ranked, () => undefined), propensity: 1 }
  }
}
