import type { ConversationView, FilteredModel, LastTurn, Model } from '@longhaul/contracts'
import { count, roundUsd, usd } from './figures.ts'
import type { PreparedModel } from './prepared.ts'
import type { Requirements } from './requirements.ts'
import type { Contender } from './strategies/strategy.ts'

/** Providers keep no shorter beginning. */
const LEAST_TOKENS = 1_024
/** Estimated tokens stay within this of what the provider counted, unless the caller cut the conversation. */
const LEAST_SHARE = 0.75

/**
 * Input tokens that the model has read already in the turn before, and still
 * keeps, where it sells them for less: what was said there comes again before
 * the new turn. 0 for all other models.
 */
export function cachedTokensOf(
  { name, model }: PreparedModel,
  { inputTokens }: Requirements,
  lastTurn: LastTurn,
  now: number,
): number {
  const { input, cached_input: cached = input } = model.price
  if (lastTurn.model !== name || cached >= input) return 0
  if (now - lastTurn.at > model.cache_lifetime) return 0
  const tokens = Math.min(lastTurn.tokens, inputTokens)
  return tokens < LEAST_TOKENS || inputTokens < LEAST_SHARE * lastTurn.inputTokens ? 0 : tokens
}

/** Dollars that this saves. */
function savingUsd({ price }: Model, cachedTokens: number): number {
  const { input, cached_input: cached = input } = price
  return roundUsd((cachedTokens * (input - cached)) / 1e6)
}

/** What became of the model of the turn before; undefined when nothing was known of one. */
export function conversationView(
  lastTurn: LastTurn | undefined,
  choice: Contender,
  {
    contenders,
    filtered,
  }: { contenders: readonly Contender[]; filtered: readonly FilteredModel[] },
): ConversationView | undefined {
  if (!lastTurn) return undefined
  const { model } = lastTurn
  const before = contenders.find(({ name }) => name === model)
  const cachedTokens = before?.cachedTokens ?? 0
  const saving = before ? savingUsd(before.model, cachedTokens) : 0
  return {
    model,
    kept: choice.name === model,
    cached_tokens: cachedTokens,
    saving_usd: saving,
    ...(choice.name !== model && { left_because: whyLeft(before, filtered, model) }),
  }
}

function whyLeft(
  before: Contender | undefined,
  filtered: readonly FilteredModel[],
  model: string,
): string {
  if (!before) {
    return filtered.find(one => one.model === model)?.detail ?? 'the configuration has it no more'
  }
  if (!before.available) return 'its breakers are open'
  return before.cachedTokens > 0
    ? 'another is worth more than what it would save'
    : 'it would save nothing'
}

/** One readable clause; undefined where nothing was saved or given up. */
export function describeConversation(view: ConversationView | undefined): string | undefined {
  if (!view) return undefined
  const { model, kept, cached_tokens: tokens, saving_usd: saving, left_because: why } = view
  const cached = `${count(tokens)} tokens cached, which saves ${usd(saving)}`
  if (kept) return tokens > 0 ? `${model} has the conversation: ${cached}` : undefined
  return `the turn before went to ${model}: ${why}`
}
