import type { ASTNode } from '@marcbachmann/cel-js'
import type { RuleFault } from './error.ts'
import { ruleVariables } from './variables.ts'

/** Whether a comparison with the bound can hold for some value from `least` to `most`. */
const canHold: Record<string, (bound: number, least: number, most: number) => boolean> = {
  '<': (bound, least) => least < bound,
  '<=': (bound, least) => least <= bound,
  '>': (bound, _, most) => most > bound,
  '>=': (bound, _, most) => most >= bound,
  '==': (bound, least, most) => bound >= least && bound <= most,
  '!=': (bound, least, most) => bound >= least && bound <= most,
}
/** What `5 < tokens` says of `tokens`. */
const mirrored: Record<string, string> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

/** `domain == "maths"` and `complexity > 1.5` would be rules that never match. */
export function examineComparison(node: ASTNode, faults: RuleFault[]): void {
  if (!(node.op in canHold)) return
  const [left, right] = node.args as [ASTNode, ASTNode]
  expectInRange(node.op, left, right, faults)
  expectInRange(mirrored[node.op] ?? node.op, right, left, faults)
  if (node.op !== '==' && node.op !== '!=') return
  expectKnown(left, right, faults)
  expectKnown(right, left, faults)
  expectCommon(left, right, faults)
}

/** The value must be one of those that the variable can have. */
export function expectKnown(variable: ASTNode, value: ASTNode, faults: RuleFault[]): void {
  const { name, values } = variableOf(variable)
  if (!values || value.op !== 'value' || typeof value.args !== 'string') return
  if (values.includes(value.args)) return
  faults.push({
    message: `${name} is never "${value.args}"`,
    character: value.range.start + 1,
    remedy: { named: value.args, known: values },
  })
}

const partOf: Record<string, (whole: string, part: string) => boolean> = {
  startsWith: (whole, part) => whole.startsWith(part),
  endsWith: (whole, part) => whole.endsWith(part),
  contains: (whole, part) => whole.includes(part),
}

/** `domain.startsWith("bio")`: one of the values that the variable can have must do so. */
export function expectPart(
  method: string,
  variable: ASTNode,
  part: ASTNode | undefined,
  faults: RuleFault[],
): void {
  const holds = partOf[method]
  const { name, values } = variableOf(variable)
  if (!holds || !values || part?.op !== 'value' || typeof part.args !== 'string') return
  const text = part.args
  if (values.some(value => holds(value, text))) return
  faults.push({
    message: `${name}.${method}("${text}") never holds`,
    character: part.range.start + 1,
    remedy: { named: text, known: values },
  })
}

function expectCommon(left: ASTNode, right: ASTNode, faults: RuleFault[]): void {
  const [one, other] = [variableOf(left), variableOf(right)]
  if (!one.values || !other.values || one.values.some(value => other.values?.includes(value))) {
    return
  }
  faults.push({
    message: `${one.name} and ${other.name} have no value in common`,
    character: left.range.start + 1,
    remedy: { remedy: `compare ${one.name} with one of: ${one.values.join(', ')}` },
  })
}

function expectInRange(
  operator: string,
  variable: ASTNode,
  value: ASTNode,
  faults: RuleFault[],
): void {
  const { name, range } = variableOf(variable)
  const bound = numberIn(value)
  if (!range || bound === undefined) return
  const [least, most] = range
  if (canHold[operator]?.(bound, least, most) !== false) return
  const values = Number.isFinite(most) ? `from ${least} to ${most}` : `${least} or more`
  const never = operator === '!=' ? '==' : operator
  faults.push({
    message: `${name} is never ${never} ${bound}`,
    character: value.range.start + 1,
    remedy: { remedy: `${name} is ${values}` },
  })
}

function variableOf(node: ASTNode) {
  const name = node.op === 'id' ? node.args : ''
  return { name, ...(Object.hasOwn(ruleVariables, name) ? ruleVariables[name] : undefined) }
}

function numberIn(node: ASTNode): number | undefined {
  if (node.op === '-_') {
    const number = numberIn(node.args)
    return number === undefined ? undefined : -number
  }
  if (node.op !== 'value') return undefined
  const { args: value } = node
  return typeof value === 'bigint' || typeof value === 'number' ? Number(value) : undefined
}
