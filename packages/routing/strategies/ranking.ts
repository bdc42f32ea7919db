import type { Contender, Ranked } from './strategy.ts'

/** Scores every contender and puts them best first: the available, then by score, then by quality and name. */
export function bestFirst(
  contenders: readonly Contender[],
  scoreOf: (contender: Contender) => number,
): Ranked[] {
  return inOrder(contenders.map(contender => ({ contender, score: scoreOf(contender) })))
}

/** Sorts in place, by the same order. */
export function inOrder(ranked: Ranked[]): Ranked[] {
  return ranked.sort(compare)
}

function compare(a: Ranked, b: Ranked): number {
  if (a.contender.available !== b.contender.available) return a.contender.available ? -1 : 1
  // Not the difference of scores: a fraction for each comparison would have to be kept somewhere.
  if (a.score !== b.score) return a.score > b.score ? -1 : 1
  return a.contender.tieRank - b.contender.tieRank
}

/** The first of a ranking, which is never empty. */
export function choiceOf(ranked: readonly Ranked[]): Ranked {
  const [choice] = ranked
  if (!choice) throw new RangeError('a ranking without models')
  return choice
}

/**
 * `cheapest of 3 models that qualify: $0.00012 against $0.0041 for gpt-large`;
 * the runner-up is left out when there is none or `figureOf` has no figure.
 */
export function explain(
  superlative: string,
  ranked: readonly Ranked[],
  figureOf: (contender: Contender) => string | undefined,
): string {
  const [choice, second] = ranked
  if (!choice || !second) return 'the only model that qualifies'
  const head = `${superlative} of ${ranked.length} models that qualify`
  const figure = figureOf(choice.contender)
  const other = figureOf(second.contender)
  if (figure === undefined || other === undefined) return head
  return `${head}: ${figure} against ${other} for ${second.contender.name}`
}
