import { compileExpression, type Rule } from '@longhaul/contracts'
import { bestFirst } from './ranking.ts'
import type { Contender, RequestView, StrategyFactory } from './strategy.ts'

/**
 * The first rule that matches and has a model that qualifies: its models come
 * in the order of `use`, the others after them by cost. The score counts down
 * through `use` to 1; the others have minus their dollars. So a rule prefers;
 * what confines is the policy's `models`. Where no rule applies, the policy's
 * `otherwise` decides.
 *
 * Expressions come from the operator, prompts from anybody: an expression sees
 * a bounded part of the text (`request-text.ts`) and runs in linear time.
 */
export const rules: StrategyFactory = (policy, build) => {
  const prepared = (policy.rules ?? []).map((rule, index) => prepareRule(rule, index))
  const otherwise = build(policy.otherwise)
  return input => {
    const { contenders, view } = input
    let why = 'no rule matches'
    for (const rule of prepared) {
      if (!rule.matches(view)) continue
      if (contenders.some(contender => rule.use.includes(contender.name))) {
        const ranked = bestFirst(contenders, contender => scoreUnder(rule, contender))
        return { ranked, reason: `${rule.label} matches`, propensity: 1 }
      }
      why = `${rule.label} matches, but none of its models qualifies`
    }
    const ranking = otherwise(input)
    return { ...ranking, reason: `${why}: ${ranking.reason}` }
  }
}

interface PreparedRule {
  /** `rule 2 (content, lane)`. */
  label: string
  use: readonly string[]
  matches(view: RequestView): boolean
}

function prepareRule(rule: Rule, index: number): PreparedRule {
  const conditions = conditionsOf(rule)
  return {
    label: `rule ${index + 1} (${Object.keys(rule.when).join(', ')})`,
    use: [rule.use].flat(),
    matches: view => conditions.every(holds => holds(view)),
  }
}

function scoreUnder(rule: PreparedRule, { name, costUsd }: Contender): number {
  const place = rule.use.indexOf(name)
  return place >= 0 ? rule.use.length - place : -costUsd
}

type Condition = (view: RequestView) => boolean

/** The cheap ones first: the expression, which needs the text, comes last. */
function conditionsOf({ when }: Rule): Condition[] {
  const conditions: Condition[] = []
  const { content, metadata, min_tokens, max_tokens, endpoint, lane, tools } = when
  if (endpoint !== undefined) conditions.push(view => view.request.endpoint === endpoint)
  if (lane !== undefined) conditions.push(view => view.request.lane === lane)
  if (tools !== undefined) conditions.push(view => view.requirements.tools === tools)
  if (min_tokens !== undefined) {
    conditions.push(view => view.requirements.inputTokens >= min_tokens)
  }
  if (max_tokens !== undefined) {
    conditions.push(view => view.requirements.inputTokens <= max_tokens)
  }
  for (const [key, value] of Object.entries(metadata ?? {})) {
    conditions.push(
      ({ request }) => Object.hasOwn(request.metadata, key) && request.metadata[key] === value,
    )
  }
  if (content !== undefined) {
    const matches = compileExpression(content)
    conditions.push(view => matches(view.text()))
  }
  return conditions
}
