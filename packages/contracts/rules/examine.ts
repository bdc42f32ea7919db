import type { ASTNode } from '@marcbachmann/cel-js'
import { compileExpression } from '../expression.ts'
import type { Matcher } from './context.ts'
import { RuleExpressionError } from './error.ts'
import { ruleVariables } from './variables.ts'

/** Functions that take time linear in what they read; all others are refused. */
const allowedCalls = new Set(['matches', 'contains', 'startsWith', 'endsWith', 'size'])

/** Finds what is read, compiles what is matched, and refuses what is unbounded or can never hold. */
export function examine(node: ASTNode, reads: Set<string>, matchers: Map<string, Matcher>): void {
  if (node.op === 'id') reads.add(node.args)
  if (node.op === 'call') examineCall(node, node.args[0])
  if (node.op === 'rcall') {
    const [name, receiver, given] = node.args
    if (name === 'matches') addMatcher(node, receiver, given, matchers)
    examineCall(node, name)
  }
  if (node.op === '==' || node.op === '!=') {
    const [left, right] = node.args
    expectKnown(left, right)
    expectKnown(right, left)
  }
  if (node.op === 'in') examineMembership(...node.args)
  for (const child of childrenOf(node)) examine(child, reads, matchers)
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return []
    case '.':
    case '.?':
      return [node.args[0]]
    case 'call':
      return node.args[1]
    case 'rcall':
      return [node.args[1], ...node.args[2]]
    case 'map':
      return node.args.flat()
    case '!_':
    case '-_':
      return [node.args]
    default:
      return node.args
  }
}

function examineCall(node: ASTNode, name: string): void {
  if (allowedCalls.has(name)) return
  const remedy =
    name === 'has'
      ? 'metadata that a job lacks reads as "": write metadata.team != ""'
      : `there are: ${[...allowedCalls].join(', ')}`
  throw refused(node, `the function ${name} is not known here`, remedy)
}

function addMatcher(
  node: ASTNode,
  receiver: ASTNode,
  [pattern]: readonly ASTNode[],
  matchers: Map<string, Matcher>,
): void {
  if (receiver.op !== 'id' || receiver.args !== 'text') {
    const remedy = 'use ==, in, contains, startsWith or endsWith'
    throw refused(node, 'matches is for `text` only', remedy)
  }
  if (pattern?.op !== 'value' || typeof pattern.args !== 'string') {
    throw refused(pattern ?? node, 'matches needs an expression in quotes', 'write it out')
  }
  try {
    matchers.set(pattern.args, compileExpression(pattern.args))
  } catch (error) {
    const message = `is not a regular expression of RE2: ${(error as Error).message}`
    throw refused(pattern, message, 'write backslashes twice, or r"…" before the text')
  }
}

function examineMembership(left: ASTNode, right: ASTNode): void {
  if (right.op === 'id' && right.args === 'metadata') {
    throw refused(right, 'metadata is not a list', 'write metadata.team != ""')
  }
  if (right.op === 'list') for (const one of right.args) expectKnown(left, one)
}

/** `domain == "maths"` would be a rule that never matches. */
function expectKnown(variable: ASTNode, value: ASTNode): void {
  if (variable.op !== 'id' || value.op !== 'value' || typeof value.args !== 'string') return
  const { args: name } = variable
  const known = Object.hasOwn(ruleVariables, name) ? ruleVariables[name]?.values : undefined
  if (!known || known.includes(value.args)) return
  const message = `${name} is never "${value.args}"`
  throw new RuleExpressionError(message, value.range.start + 1, { named: value.args, known })
}

function refused(node: ASTNode, message: string, remedy: string): RuleExpressionError {
  return new RuleExpressionError(message, node.range.start + 1, { remedy })
}
