import type { ASTNode } from '@marcbachmann/cel-js'
import { compileExpression } from '../expression.ts'
import type { Matcher } from './context.ts'
import type { RuleFault } from './error.ts'
import { examineComparison, expectKnown, expectPart } from './possible-values.ts'

/** Functions that take time linear in what they read; all others are refused. */
const allowedCalls = new Set(['matches', 'contains', 'startsWith', 'endsWith', 'size'])

/** What is found out about an expression. */
export interface Findings {
  /** Names that it reads. */
  reads: Set<string>
  /** By what is matched. */
  matchers: Map<string, Matcher>
  /** What is unbounded, or can never hold. */
  faults: RuleFault[]
}

/** Finds what is read, compiles what is matched, and what cannot be used. */
export function examine(node: ASTNode, findings: Findings): void {
  const { faults } = findings
  const before = faults.length
  if (node.op === 'id') findings.reads.add(node.args)
  if (node.op === 'call') examineCall(node, node.args[0], faults)
  if (node.op === 'rcall') examineMethod(node, node.args, findings)
  examineComparison(node, faults)
  if (node.op === 'in') examineMembership(node.args, faults)
  // What stands within is judged by what stands around it.
  if (faults.length > before) return
  for (const child of childrenOf(node)) examine(child, findings)
}

/** The parts that hold or do not, each by itself: what `&&`, `||`, `!` and `? :` join. */
export function clausesOf(node: ASTNode): ASTNode[] {
  const joins = node.op === '&&' || node.op === '||' || node.op === '!_' || node.op === '?:'
  return joins ? childrenOf(node).flatMap(clausesOf) : [node]
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

function examineCall(node: ASTNode, name: string, faults: RuleFault[]): void {
  if (allowedCalls.has(name)) return
  const remedy =
    name === 'has'
      ? 'metadata that a job lacks reads as "": write metadata.team != ""'
      : `there are: ${[...allowedCalls].join(', ')}`
  faults.push(refused(node, `the function ${name} is not known here`, remedy))
}

function examineMethod(
  node: ASTNode,
  [name, receiver, given]: readonly [string, ASTNode, readonly ASTNode[]],
  { matchers, faults }: Findings,
): void {
  if (name === 'matches') addMatcher(node, receiver, given, matchers, faults)
  else examineCall(node, name, faults)
  expectPart(name, receiver, given[0], faults)
}

function addMatcher(
  node: ASTNode,
  receiver: ASTNode,
  [pattern]: readonly ASTNode[],
  matchers: Map<string, Matcher>,
  faults: RuleFault[],
): void {
  if (receiver.op !== 'id' || receiver.args !== 'text') {
    const remedy = 'use ==, in, contains, startsWith or endsWith'
    faults.push(refused(node, 'matches is for `text` only', remedy))
  } else if (pattern?.op !== 'value' || typeof pattern.args !== 'string') {
    faults.push(refused(pattern ?? node, 'matches needs an expression in quotes', 'write it out'))
  } else {
    try {
      matchers.set(pattern.args, compileExpression(pattern.args))
    } catch (error) {
      const message = `is not a regular expression of RE2: ${(error as Error).message}`
      faults.push(refused(pattern, message, 'write backslashes twice, or r"…" before the text'))
    }
  }
}

function examineMembership([left, right]: readonly [ASTNode, ASTNode], faults: RuleFault[]): void {
  if (right.op === 'id' && right.args === 'metadata') {
    faults.push(refused(right, 'metadata is not a list', 'write metadata.team != ""'))
  }
  if (right.op === 'list') for (const one of right.args) expectKnown(left, one, faults)
}

function refused(node: ASTNode, message: string, remedy: string): RuleFault {
  return { message, character: node.range.start + 1, remedy: { remedy } }
}
