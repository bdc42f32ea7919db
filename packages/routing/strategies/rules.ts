import {
  compileExpression,
  compileRuleExpression,
  type PromptView,
  type Rule,
  ruleVariables,
} from '@longhaul/contracts'
import { loadPredictor } from '../predictor/load.ts'
import { preferring } from './preferring.ts'
import { RequestFacts } from './rule-facts.ts'
import type { RequestView, StrategyFactory } from './strategy.ts'

/**
 * The first rule that matches and has a model that qualifies: its models come
 * in the order of `use`, the others after them by cost. So a rule prefers; what
 * confines is the policy's `models`. Where no rule applies, the policy's
 * `otherwise` decides.
 *
 * Expressions come from the operator, prompts from anybody: an expression sees
 * a bounded part of the text (`request-text.ts`) and runs in linear time. The
 * prompt is read by the predictor only once an expression asks for that.
 */
export const rules: StrategyFactory = (policy, build) => {
  const prepared = (policy.rules ?? []).map((rule, index) => prepareRule(rule, index))
  if (prepared.some(rule => rule.predicts)) loadPredictor()
  const otherwise = build(policy.otherwise)
  return input => {
    const { contenders, view } = input
    const facts = new RequestFacts(view)
    let why = 'no rule matches'
    for (const rule of prepared) {
      if (!rule.matches(view, facts)) continue
      const ranked = preferring(rule.use, contenders)
      if (ranked) {
        return { ranked, reason: `${rule.label} matches`, propensity: 1, ...promptOf(facts) }
      }
      why = `${rule.label} matches, but none of its models qualifies`
    }
    const ranking = otherwise(input)
    return { ...promptOf(facts), ...ranking, reason: `${why}: ${ranking.reason}` }
  }
}

interface PreparedRule {
  /** `rule 2 (content, lane)`, or with its expression. */
  label: string
  use: readonly string[]
  /** Whether it may ask for what the predictor says. */
  predicts: boolean
  matches(view: RequestView, facts: RequestFacts): boolean
}

const LONGEST_LABEL = 80

function prepareRule({ when, use }: Rule, index: number): PreparedRule {
  const prepared = { use: [use].flat() }
  if (typeof when === 'string') {
    const { holds, reads } = compileRuleExpression(when)
    return {
      ...prepared,
      label: `rule ${index + 1} (${shortened(when)})`,
      predicts: [...reads].some(name => ruleVariables[name]?.predicted === true),
      matches: (_, facts) => holds(facts),
    }
  }
  const conditions = conditionsOf(when)
  return {
    ...prepared,
    label: `rule ${index + 1} (${Object.keys(when).join(', ')})`,
    predicts: false,
    matches: view => conditions.every(holds => holds(view)),
  }
}

function shortened(expression: string): string {
  const line = expression.trim().replace(/\s+/g, ' ')
  return line.length <= LONGEST_LABEL ? line : `${line.slice(0, LONGEST_LABEL - 1)}…`
}

/** What was read of the prompt, if any rule asked. */
function promptOf({ prompt }: RequestFacts): { prompt?: PromptView } {
  return prompt ? { prompt } : {}
}

type Condition = (view: RequestView) => boolean

/** The cheap ones first: the expression, which needs the text, comes last. */
function conditionsOf(when: Exclude<Rule['when'], string>): Condition[] {
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
