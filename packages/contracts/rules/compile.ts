import { Environment } from '@marcbachmann/cel-js'
import { Context, type Matcher, Text } from './context.ts'
import { RuleExpressionError } from './error.ts'
import { examine } from './examine.ts'
import { type RuleFacts, ruleVariables } from './variables.ts'

/**
 * Conditions of routing rules, in CEL: `domain == "law" && complexity > 0.6`.
 *
 * An expression runs for every job, on texts of strangers, so only what is
 * bounded is let in: no loops over lists, few nodes, and regular expressions
 * only in RE2, as literals. It has no errors to speak of: every name has a
 * value, and metadata that a job lacks reads as the empty text.
 */

export interface RuleExpression {
  /** Names of `ruleVariables` that it may read. */
  reads: ReadonlySet<string>
  /** Never throws. A sum that overflows, or a division by zero, does not hold. */
  holds(facts: RuleFacts): boolean
}

const LIMITS = { maxAstNodes: 400, maxDepth: 40, maxListElements: 100, maxMapEntries: 0 }

const environment = new Environment({ limits: LIMITS })
environment.registerType('Text', { ctor: Text, fields: {} })
environment.registerFunction(
  'Text.matches(string): bool',
  (text: Text, source: string) => text.matches(source),
  { async: false },
)
for (const [name, { type }] of Object.entries(ruleVariables)) {
  environment.registerVariable(name, type)
}

/** @throws {RuleExpressionError} when `source` cannot be used */
export function compileRuleExpression(source: string): RuleExpression {
  const parsed = parse(source)
  const reads = new Set<string>()
  const matchers = new Map<string, Matcher>()
  examine(parsed.ast, reads, matchers)
  const { valid, type, error } = parsed.check()
  if (!valid) throw faultOf(error)
  if (type !== 'bool') {
    throw new RuleExpressionError(`it is ${type}, not true or false`, 1, {
      remedy: 'compare it with something, such as tokens > 1000',
    })
  }
  return {
    reads,
    holds(facts) {
      try {
        return parsed(new Context(facts, matchers)) === true
      } catch {
        return false
      }
    },
  }
}

function parse(source: string) {
  try {
    return environment.parse(source)
  } catch (error) {
    throw faultOf(error)
  }
}

/** What the library finds, in words of ours where they say more. */
function faultOf(thrown: unknown): RuleExpressionError {
  const { code, summary, message, range } = thrown as {
    code?: string
    summary?: string
    message: string
    range?: { start: number }
  }
  const named = /^Unknown variable: (\w+)/.exec(summary ?? '')?.[1]
  const remedy = remedies[code ?? ''] ?? 'see docs/guides/routing.md for what it may say'
  return new RuleExpressionError(
    lowerFirst(summary ?? message),
    (range?.start ?? 0) + 1,
    named === undefined ? { remedy } : { named, known: Object.keys(ruleVariables) },
  )
}

const remedies: Record<string, string> = {
  no_such_overload: 'compare like with like: text with "text", whole numbers with whole numbers',
  unexpected_token: 'complete it, and put text in double quotes',
  unterminated_string: 'end the text with the quote that it began with',
  limit_exceeded: 'split it into several rules',
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
