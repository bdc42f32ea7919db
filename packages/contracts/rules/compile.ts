import { Environment } from '@marcbachmann/cel-js'
import { Context, Text } from './context.ts'
import { RuleExpressionError, type RuleFault } from './error.ts'
import { clausesOf, examine, type Findings } from './examine.ts'
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

/** @throws {RuleExpressionError} with every fault, when `source` cannot be used */
export function compileRuleExpression(source: string): RuleExpression {
  const parsed = parse(source)
  const findings: Findings = { reads: new Set(), matchers: new Map(), faults: [] }
  examine(parsed.ast, findings)
  const { reads, matchers } = findings
  const faults = [...findings.faults, ...typeFaults(source, parsed, findings.faults)]
  if (faults.length > 0) {
    throw new RuleExpressionError(faults.toSorted((a, b) => a.character - b.character))
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
    throw new RuleExpressionError([faultOf(error)])
  }
}

/**
 * The library stops at the first fault, so each clause is checked by itself;
 * one that has faults already is left alone.
 */
function typeFaults(
  source: string,
  parsed: ReturnType<typeof environment.parse>,
  known: readonly RuleFault[],
): RuleFault[] {
  const found: RuleFault[] = []
  for (const { range } of clausesOf(parsed.ast)) {
    const { start, end } = range
    if (known.some(({ character }) => character > start && character <= end)) continue
    const fault = clauseFault(source, start, end)
    if (fault) found.push(fault)
  }
  if (known.length > 0 || found.length > 0) return found
  const { valid, type, error } = parsed.check()
  if (!valid) return [faultOf(error)]
  if (type === 'bool') return []
  const remedy = { remedy: 'compare it with something, such as tokens > 1000' }
  return [{ message: `it is ${type}, not true or false`, character: 1, remedy }]
}

/** White space keeps the clause where it stands, and with it the places of its faults. */
function clauseFault(source: string, start: number, end: number): RuleFault | undefined {
  try {
    const { valid, error } = environment.parse(' '.repeat(start) + source.slice(start, end)).check()
    return valid ? undefined : faultOf(error)
  } catch {
    // Brackets around a part of it are not in its range: the whole is checked after all.
    return undefined
  }
}

/** What the library finds, in words of ours where they say more. */
function faultOf(thrown: unknown): RuleFault {
  const { code, summary, message, range } = thrown as {
    code?: string
    summary?: string
    message: string
    range?: { start: number }
  }
  const named = /^Unknown variable: (\w+)/.exec(summary ?? '')?.[1]
  const remedy = remedies[code ?? ''] ?? 'see docs/guides/routing.md for what it may say'
  return {
    message: lowerFirst(summary ?? message),
    character: (range?.start ?? 0) + 1,
    remedy: named === undefined ? { remedy } : { named, known: Object.keys(ruleVariables) },
  }
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
