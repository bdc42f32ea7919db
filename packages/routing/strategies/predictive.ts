import type { Policy, PromptView } from '@longhaul/contracts'
import { percent, usd } from '../figures.ts'
import { Charges, describeHeld } from '../holding/charges.ts'
import { type Placement, placementOf } from '../placement/placement.ts'
import { assess } from '../placement/quality.ts'
import { loadPredictor } from '../predictor/load.ts'
import type { Predictor } from '../predictor/predictor.ts'
import { Judge, type Judged, objectiveOf } from './objective.ts'
import { bestFirst, choiceOf, inOrder } from './ranking.ts'
import type { Contender, Ranked, Ranking, StrategyFactory } from './strategy.ts'

/**
 * Reads the prompt, predicts how well each model would answer it, and takes the
 * one of highest utility (`objective.ts`); the score is that utility. What it
 * reads is the last turn and its instructions. Embeddings have no quality to
 * predict: there the cheapest is the best.
 */
export const predictive: StrategyFactory = policy => {
  const predictor = loadPredictor()
  const strengths = predictor.weights.header.bands.map(({ strength }) => strength)
  const placements = new Placements(predictor)
  const objective = objectiveOf(policy)
  const judge = new Judge()
  return input => {
    const { contenders, view, random, held } = input
    if (view.request.endpoint === '/v1/embeddings') return cheapestOf(contenders)
    const { outlook, prompt } = view.reading()
    const judged = judge.all(
      contenders,
      (contender, into) => assess(into, placements.of(contender), outlook, strengths),
      { objective, view, outputTokens: prompt.output_tokens, now: input.now },
    )
    const charges = held && new Charges(judged, held)
    const ranked = rank(judged, charges)
    const { choices, propensity, explored } = explore(ranked, policy, random)
    const why = reasonFor(choices, prompt, explored)
    const ranking = { ranked: choices, propensity, prompt }
    if (!held || !charges) return { ...ranking, reason: why }
    const usage = charges.usageOf(choiceOf(choices).contender)
    return { ...ranking, reason: `${why}; ${describeHeld(held)}`, usage }
  }
}

/** Of each model of the catalogue once. */
class Placements {
  readonly #placements = new WeakMap<Contender['model'], Placement>()
  readonly #predictor: Predictor

  constructor(predictor: Predictor) {
    this.#predictor = predictor
  }

  of({ name, model }: Contender): Placement {
    let placement = this.#placements.get(model)
    if (!placement) {
      placement = placementOf(name, model, this.#predictor.weights.header.bands)
      this.#placements.set(model, placement)
    }
    return placement
  }
}

function cheapestOf(contenders: readonly Contender[]): Ranking {
  const ranked = bestFirst(contenders, contender => -contender.costUsd)
  return { ranked, reason: 'embeddings differ in cost alone: the cheapest', propensity: 1 }
}

function rank(judged: Judged[], charges: Charges | undefined): Ranked[] {
  if (charges) for (const one of judged) one.score = charges.utilityOf(one.contender)
  return inOrder(judged)
}

/**
 * Now and then one of the available is drawn by lot instead of the best, so
 * that outcomes can be compared; the propensity makes up for how rarely.
 */
function explore(
  ranked: readonly Ranked[],
  { explore: share }: Policy,
  random: () => number,
): { choices: readonly Ranked[]; propensity: number; explored: boolean } {
  if (share === 0) return { choices: ranked, propensity: 1, explored: false }
  const available = ranked.filter(({ contender }) => contender.available)
  if (available.length < 2) return { choices: ranked, propensity: 1, explored: false }
  const each = share / available.length
  if (random() >= share) return { choices: ranked, propensity: 1 - share + each, explored: false }
  const drawn = available[Math.floor(random() * available.length)] ?? choiceOf(ranked)
  const best = choiceOf(ranked)
  const choices = [drawn, ...ranked.filter(one => one !== drawn)]
  return { choices, propensity: drawn === best ? 1 - share + each : each, explored: true }
}

function reasonFor(ranked: readonly Ranked[], prompt: PromptView, explored: boolean): string {
  const [choice, second] = ranked
  if (!choice || !second) return 'the only model that qualifies'
  const kind = `${prompt.domain}, ${prompt.intent}, complexity ${percent(prompt.complexity)}`
  const how = explored ? 'drawn by lot to learn from' : 'of highest utility'
  return `${how} for this prompt (${kind}): ${expectation(choice)} against ${expectation(second)} for ${second.contender.name}`
}

function expectation({ estimate }: Ranked): string {
  return estimate ? `${percent(estimate.quality)} quality at ${usd(estimate.costUsd)}` : 'unknown'
}
