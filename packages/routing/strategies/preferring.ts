import { bestFirst } from './ranking.ts'
import type { Contender, Ranked } from './strategy.ts'

/**
 * The models of `use` in their order, the others after them by cost;
 * undefined when none of `use` qualifies. The score counts down through `use`
 * to 1; the others have minus their dollars.
 */
export function preferring(
  use: readonly string[],
  contenders: readonly Contender[],
): Ranked[] | undefined {
  if (!contenders.some(({ name }) => use.includes(name))) return undefined
  return bestFirst(contenders, ({ name, costUsd }) => {
    const place = use.indexOf(name)
    return place >= 0 ? use.length - place : -costUsd
  })
}
