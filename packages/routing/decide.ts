import type { DecisionRecord, ErrorCode, Route, RoutingRequest } from '@longhaul/contracts'
import { conversationView, describeConversation } from './cached-input.ts'
import { usd } from './figures.ts'
import type { Obstacle } from './filters.ts'
import type { Held } from './holding/policy-holder.ts'
import type { Usage } from './holding/usage.ts'
import { type Judgement, judge } from './judge.ts'
import type { LiveView } from './live-view.ts'
import type { PreparedModel } from './prepared.ts'
import { candidateOf, estimatesOf, recordWithoutChoice } from './record.ts'
import { ReadableRequest } from './request-view.ts'
import type { Terms } from './requested.ts'
import type { Requirements } from './requirements.ts'
import type { Nearness } from './semantics/nearness.ts'
import { bestFirst, choiceOf } from './strategies/ranking.ts'
import type { Contender, Ranked, Ranking } from './strategies/strategy.ts'

export interface DecideOptions {
  /** The policy that the caller named beside the model. */
  policy: string | null
  /** The `model` of the body: a model, a policy, or `"auto"`. */
  requestedModel: string | null
  /** 1 for the first decision on a job. */
  number: number
  /** Epoch milliseconds. */
  now: number
  /** Uniform, in [0, 1). */
  random: () => number
  /** The answer to `Router.semanticQuestion`, where it has one; without it `semantic` leaves the choice to `otherwise`. */
  nearness?: Nearness | undefined
  /** The request, where `Router.read` has read it before. */
  read?: ReadableRequest | undefined
  /** What policies hold; without them none holds anything. */
  holdings?: Holdings | undefined
}

/** Read synchronously, once per decision; whoever keeps them is told what was decided. */
export interface Holdings {
  /** Undefined for a policy that holds nothing. */
  of(policy: string): Held | undefined
}

/** A choice, or why there is none. The record is there in both cases. */
export interface Decision {
  /** Undefined when no model qualified. */
  route: Route | undefined
  record: DecisionRecord
  /** Present when there is no route. */
  failure?: RoutingFailure
  /** What the choice takes of that which its policy holds, to be told to whoever keeps it. */
  usage?: Usage
}

export interface RoutingFailure {
  code: ErrorCode
  /** One sentence for the caller: why, and which model missed by least. */
  message: string
}

/** A ranking of which only some may serve as fallbacks. */
interface Choice extends Ranking {
  fallbacks: readonly Ranked[]
}

/** Stands in a record for the strategy, and for the policy when none was named. */
const PINNED = 'pinned'
/** Stands in a record for the strategy when the request lists its models. */
const LISTED = 'listed'

/** Filters, then chooses, then writes down why. */
export function decideUnder(
  terms: Terms,
  models: readonly PreparedModel[],
  request: RoutingRequest,
  live: LiveView,
  options: DecideOptions,
): Decision {
  const view = options.read ?? new ReadableRequest(request)
  view.nearness = options.nearness
  const needs = view.requirements
  const judgement = judge(models, live, {
    needs,
    policy: terms.policy,
    pinned: terms.pinned?.name,
    exclusions: request.exclusions,
    constraints: request.constraints,
    now: options.now,
    deadlineAt: request.deadlineAt,
    lastTurn: request.lastTurn,
  })
  const held = terms.pinned ? undefined : options.holdings?.of(terms.policy.name)
  const failure = failureOf(terms, judgement, models.length) ?? (held && refusalOf(held))
  const record = recordWithoutChoice({
    number: options.number,
    now: options.now,
    policy: terms.policy?.name ?? PINNED,
    strategy: strategyOf(terms, request),
    filtered: judgement.filtered,
    needs,
    reason: failure?.message ?? '',
    held: held?.view,
  })
  if (failure) return { route: undefined, record, failure }
  const choice = choose(terms, judgement.contenders, view, options, held)
  return decisionOf(choice, judgement, request, needs, record)
}

function strategyOf({ pinned, policy }: Terms, { constraints }: RoutingRequest): string {
  if (pinned) return PINNED
  return constraints?.models ? LISTED : policy.policy.strategy
}

function decisionOf(
  choice: Choice,
  judgement: Judgement,
  { lastTurn }: RoutingRequest,
  needs: Requirements,
  record: DecisionRecord,
): Decision {
  const chosen = choiceOf(choice.ranked)
  const { contender } = chosen
  const fallbacks = choice.fallbacks.map(ranked => ranked.contender.name)
  const conversation = conversationView(lastTurn, contender, judgement)
  const cachedAt = contender.cachedTokens > 0 ? lastTurn?.deployment : undefined
  return {
    route: { model: contender.name, fallbacks, ...(cachedAt !== undefined && { cachedAt }) },
    record: {
      ...record,
      model: contender.name,
      fallbacks,
      reason: [sentence(choice, judgement), describeConversation(conversation)]
        .filter(Boolean)
        .join('; '),
      candidates: choice.ranked.map(candidateOf),
      estimates: estimatesOf(chosen, needs),
      propensity: choice.propensity,
      ...(choice.prompt && { prompt: choice.prompt }),
      ...(conversation && { conversation }),
      ...(choice.nearest && { nearest: [...choice.nearest] }),
    },
    ...(choice.usage && { usage: choice.usage }),
  }
}

function choose(
  terms: Terms,
  contenders: readonly Contender[],
  view: ReadableRequest,
  { number, now, random }: DecideOptions,
  held: Held | undefined,
): Choice {
  const { request } = view
  if (terms.pinned) {
    const ranked = bestFirst(contenders, () => 1)
    return { ranked, fallbacks: [], reason: 'the request names this model', propensity: 1 }
  }
  const { policy, strategy } = terms.policy
  const listed = request.constraints?.models
  const most = listed ? listed.length : policy.max_fallbacks
  const left = leftOver(contenders, request.preferred)
  if (left) {
    const fallbacks = left.filter(({ score }) => score > 0).slice(1, 1 + most)
    return { ranked: left, fallbacks, reason: `fallback of decision ${number - 1}`, propensity: 1 }
  }
  if (listed) return firstListed(contenders, listed)
  const ranking = strategy({ contenders, view, now, random, held })
  return { ...ranking, fallbacks: ranking.ranked.slice(1, 1 + most) }
}

/** The first of the request's models that can take it; the others follow in their order. */
function firstListed(contenders: readonly Contender[], listed: readonly string[]): Choice {
  const ranked = bestFirst(contenders, ({ name }) => listed.length - listed.indexOf(name))
  const { contender } = choiceOf(ranked)
  const place = listed.indexOf(contender.name) + 1
  const reason = `number ${place} of the ${listed.length} models that the request lists`
  return { ranked, fallbacks: ranked.slice(1), reason, propensity: 1 }
}

/**
 * The fallbacks of the decision before, in their order, then the rest with
 * score 0; undefined when none of them remains, or none is available while
 * another model is.
 */
function leftOver(
  contenders: readonly Contender[],
  preferred: readonly string[],
): Ranked[] | undefined {
  if (preferred.length === 0) return undefined
  const ranked = bestFirst(contenders, ({ name }) => {
    const place = preferred.indexOf(name)
    return place < 0 ? 0 : preferred.length - place
  })
  return choiceOf(ranked).score > 0 ? ranked : undefined
}

function sentence({ ranked, reason }: Ranking, { kept }: Judgement): string {
  const last = kept ? `; kept because no other model remains, although ${kept.detail}` : ''
  const open = ranked.filter(({ contender }) => !contender.available)
  if (open.length === 0) return reason + last
  if (open.length === ranked.length) return `${reason}${last}; the breakers of all are open`
  const names = open.map(({ contender }) => contender.name).join(', ')
  return `${reason}${last}; behind open breakers: ${names}`
}

function failureOf(
  { pinned }: Terms,
  { contenders, nearest }: Judgement,
  models: number,
): RoutingFailure | undefined {
  if (contenders.length > 0) return undefined
  if (!nearest) return { code: 'no_model_qualifies', message: 'The catalogue has no models.' }
  const { model, obstacle } = nearest
  return {
    code: obstacle.tooLong ? 'context_length_exceeded' : 'no_model_qualifies',
    message: `${headline(model, obstacle, pinned !== undefined, models)}: ${obstacle.detail}.`,
  }
}

/** A budget whose policy would rather have no answer than a dear day. */
function refusalOf({ refuses, view }: Held): RoutingFailure | undefined {
  if (!refuses) return undefined
  const message = `The policy's budget of ${usd(view.target)} is spent until midnight UTC.`
  return { code: 'budget_spent', message }
}

function headline(model: string, { tooLong }: Obstacle, pinned: boolean, models: number): string {
  if (pinned) return `${model} cannot take this request`
  if (tooLong) return `No model that remains has a window this large; nearest is ${model}`
  return `None of the ${models} models qualifies; nearest is ${model}`
}
