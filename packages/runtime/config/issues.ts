import type { NamingIssue } from '@longhaul/contracts'
import type { z } from 'zod'
import type { JsonSchema, SchemaGuide } from './json-schema.ts'
import { nearMiss } from './near-miss.ts'

/** One thing that the schema found, in words; where it stands is not its matter. */
export interface Finding {
  path: PropertyKey[]
  message: string
  remedy: string
  /** What the finding is about: what stands at the path, its key, or its absence. */
  about: 'value' | 'key' | 'absence'
}

/** What stands at a path, as far as words need it. */
export interface Written {
  kind: 'nothing' | 'null' | 'text' | 'number' | 'boolean' | 'list' | 'mapping'
  /** Of a scalar. */
  value?: unknown
  fromEnvironment?: boolean
}

export interface IssueContext {
  guide: SchemaGuide
  writtenAt: (path: readonly PropertyKey[]) => Written
}

export type SchemaIssue = z.core.$ZodIssue | NamingIssue

/** The words for one issue of the schema; several for several unknown keys. */
export function findingsOf(issue: SchemaIssue, context: IssueContext): Finding[] {
  const path = [...issue.path]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(key =>
        unknownKey([...path, key], key, context.guide.keysAt(path), context),
      )
    case 'invalid_key':
      return [badKey(path, issue.issues)]
    case 'invalid_union':
      return unionFindings(path, issue, context)
    case 'invalid_element':
      return issue.issues.flatMap(inner => findingsOf(within(inner, path), context))
    case 'invalid_type':
      return [wrongType(path, issue.expected, context)]
    default: {
      const words = wordsOf(issue, context.guide.at(path), context.writtenAt(path))
      return [{ path, about: aboutOf(context.writtenAt(path)), ...words }]
    }
  }
}

function aboutOf(written: Written): Finding['about'] {
  if (written.kind === 'nothing') return 'absence'
  return written.kind === 'mapping' ? 'key' : 'value'
}

type Words = Pick<Finding, 'message' | 'remedy'>
type ValueIssue = Exclude<
  SchemaIssue,
  {
    code: 'unrecognized_keys' | 'invalid_key' | 'invalid_union' | 'invalid_element' | 'invalid_type'
  }
>

function wordsOf(issue: ValueIssue, schema: JsonSchema | undefined, written: Written): Words {
  switch (issue.code) {
    case 'too_small':
    case 'too_big':
      return outOfBounds(issue, schema)
    case 'not_multiple_of':
      return { message: `must be a multiple of ${issue.divisor}`, remedy: 'choose such a number' }
    case 'invalid_format':
      return badFormat(issue, schema)
    case 'invalid_value':
      return notAmong(issue.values.map(String), written)
    case 'custom':
      return custom(issue, written)
  }
}

function wrongType(path: PropertyKey[], expected: string, context: IssueContext): Finding {
  const schema = context.guide.at(path)
  const written = context.writtenAt(path)
  const key = String(path.at(-1) ?? '')
  if (written.kind === 'nothing') {
    return {
      path,
      about: 'absence',
      message: 'is missing',
      remedy: `add ${key}${contents(schema)}`,
    }
  }
  if (written.kind === 'null') {
    const filled = `fill it in${contents(schema)}`
    const needed = context.guide.at(path.slice(0, -1))?.required?.includes(key) ?? path.length === 0
    return {
      path,
      about: 'value',
      message: 'is empty',
      remedy: needed ? filled : `${filled}, or remove the line`,
    }
  }
  if (expected === 'int' && written.kind === 'number') {
    return { path, about: 'value', message: 'must be a whole number', remedy: 'round it' }
  }
  return {
    path,
    about: 'value',
    message: `must be ${typeNames[expected] ?? expected}, not ${kindNames[written.kind]}`,
    remedy: retyped(expected, written, schema),
  }
}

const typeNames: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
}

const kindNames: Record<Written['kind'], string> = {
  nothing: 'nothing',
  null: 'empty',
  text: 'text',
  number: 'a number',
  boolean: 'true or false',
  list: 'a list',
  mapping: 'a mapping',
}

function retyped(expected: string, written: Written, schema: JsonSchema | undefined): string {
  const scalar = String(written.value)
  switch (expected) {
    case 'number':
    case 'int':
      if (written.fromEnvironment) return 'write the number in the file: a variable is always text'
      if (written.kind === 'text' && scalar.trim() !== '' && Number.isFinite(Number(scalar))) {
        return `write it without quotes: ${scalar.trim()}`
      }
      return `write a number${meaning(schema)}`
    case 'string':
      if (schema?.examples) return `write text such as ${examplesOf(schema)}`
      if (written.kind === 'number' || written.kind === 'boolean') {
        return `put it in quotes: "${scalar}"`
      }
      return `write text${meaning(schema)}`
    case 'boolean':
      return 'write true or false, without quotes'
    case 'array':
      return written.kind === 'mapping' ? 'put "- " before each entry' : `write it as [${scalar}]`
    default:
      return `write keys below it, indented${knownKeys(schema)}`
  }
}

function outOfBounds(
  issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig,
  schema: JsonSchema | undefined,
): Words {
  const low = issue.code === 'too_small'
  const bound = Number(low ? issue.minimum : issue.maximum)
  if (issue.origin === 'string' || issue.origin === 'array') {
    const unit = issue.origin === 'string' ? 'character' : 'entry'
    const plural = issue.origin === 'string' ? 'characters' : 'entries'
    const amount = `${bound} ${bound === 1 ? unit : plural}`
    return low
      ? { message: `must have at least ${amount}`, remedy: 'fill it in, or remove the key' }
      : { message: `must have at most ${amount}`, remedy: 'shorten it' }
  }
  const limit = issue.inclusive ? (low ? 'at least' : 'at most') : low ? 'above' : 'below'
  return { message: `must be ${limit} ${bound}`, remedy: `choose a number ${rangeOf(schema)}` }
}

function rangeOf(schema: JsonSchema | undefined): string {
  const from =
    schema?.minimum !== undefined
      ? `from ${schema.minimum}`
      : schema?.exclusiveMinimum !== undefined && `above ${schema.exclusiveMinimum}`
  const most = schema?.maximum
  const to = most !== undefined && most < Number.MAX_SAFE_INTEGER && `up to ${most}`
  return [from, to].filter(Boolean).join(' ') || 'within the bounds'
}

function badFormat(
  issue: z.core.$ZodIssueInvalidStringFormat,
  schema: JsonSchema | undefined,
): Words {
  if (issue.format === 'url') {
    return { message: 'must be an http or https URL', remedy: `write it whole${meaning(schema)}` }
  }
  return {
    message: issue.message.startsWith('must') ? issue.message : `must be a valid ${issue.format}`,
    remedy: schema?.examples
      ? `write one such as ${examplesOf(schema)}`
      : `correct it${meaning(schema)}`,
  }
}

function notAmong(known: string[], written: Written): Words {
  const near = written.kind === 'text' ? nearMiss(String(written.value), known) : undefined
  return {
    message: `must be one of ${known.join(', ')}`,
    remedy: near === undefined ? 'choose one of them' : `did you mean "${near}"?`,
  }
}

function custom(issue: z.core.$ZodIssueCustom | NamingIssue, written: Written): Words {
  const { remedy, known } = { remedy: undefined, known: undefined, ...issue.params }
  if (Array.isArray(known)) {
    const near = nearMiss(String(written.value), known.map(String))
    return {
      message: issue.message,
      remedy: near === undefined ? `there are: ${known.join(', ')}` : `did you mean "${near}"?`,
    }
  }
  return { message: issue.message, remedy: typeof remedy === 'string' ? remedy : 'correct it' }
}

function unknownKey(
  path: PropertyKey[],
  key: string,
  known: string[],
  { guide }: IssueContext,
): Finding {
  const near = nearMiss(key, known)
  const [elsewhere, ...more] = guide.parentsOf(key)
  const remedy =
    near !== undefined
      ? `did you mean "${near}"?`
      : elsewhere !== undefined && more.length === 0
        ? `move it below ${elsewhere === '' ? 'the top level' : elsewhere}`
        : `remove it; known here: ${known.join(', ')}`
  return { path, about: 'key', message: 'is not a known key', remedy }
}

function badKey(path: PropertyKey[], issues: z.core.$ZodIssue[]): Finding {
  return {
    path,
    about: 'key',
    message: `is not a valid name: it ${issues[0]?.message ?? 'cannot be used'}`,
    remedy: 'rename it',
  }
}

/** The branch that comes nearest speaks: the one whose own type fits what is written. */
function unionFindings(
  path: PropertyKey[],
  issue: z.core.$ZodIssueInvalidUnion,
  context: IssueContext,
): Finding[] {
  const fitting = issue.errors.find(
    branch => !branch.some(inner => inner.path.length === 0 && inner.code === 'invalid_type'),
  )
  if (fitting) return fitting.flatMap(inner => findingsOf(within(inner, path), context))
  const types = issue.errors.flatMap(branch =>
    branch.flatMap(inner => (inner.code === 'invalid_type' ? [typeNames[inner.expected]] : [])),
  )
  const { kind } = context.writtenAt(path)
  const schema = context.guide.at(path)
  if (kind === 'nothing') return [wrongType(path, 'string', context)]
  return [
    {
      path,
      about: 'value',
      message: `must be ${types.join(' or ')}, not ${kindNames[kind]}`,
      remedy: `write one of these${meaning(schema)}`,
    },
  ]
}

function within<I extends z.core.$ZodIssue>(issue: I, path: PropertyKey[]): I {
  return { ...issue, path: [...path, ...issue.path] }
}

function meaning(schema: JsonSchema | undefined): string {
  return schema?.description === undefined ? '' : `: ${asClause(schema.description)}`
}

/** What a mapping must hold, or else what the value means. */
function contents(schema: JsonSchema | undefined): string {
  return schema?.required ? ` with ${schema.required.join(', ')}` : meaning(schema)
}

/** `USD per million` stays; `Calls in flight` begins small. */
function asClause(description: string): string {
  return /^.[A-Z]/.test(description)
    ? description
    : description.charAt(0).toLowerCase() + description.slice(1)
}

function examplesOf(schema: JsonSchema): string {
  return (schema.examples ?? []).map(example => JSON.stringify(example)).join(', ')
}

function knownKeys(schema: JsonSchema | undefined): string {
  const keys = Object.keys(schema?.properties ?? {})
  return keys.length === 0 ? '' : `: ${keys.join(', ')}`
}
