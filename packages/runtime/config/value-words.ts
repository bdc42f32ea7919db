import type { NamingIssue } from '@longhaul/contracts'
import type { z } from 'zod'
import { nearMiss } from '../near-miss.ts'
import type { JsonSchema } from './json-schema.ts'

/** A clause that follows the path, and what to do. */
export interface Words {
  message: string
  remedy: string
}

/** What stands at a path, as far as words need it. */
export interface Written {
  kind: 'nothing' | 'null' | 'text' | 'number' | 'boolean' | 'list' | 'mapping'
  /** Of a scalar. */
  value?: unknown
  fromEnvironment?: boolean
}

/** Issues about one value that is there. */
export type ValueIssue =
  | Exclude<
      z.core.$ZodIssue,
      { code: 'unrecognized_keys' | 'invalid_key' | 'invalid_union' | 'invalid_element' }
    >
  | NamingIssue

/** By the names that the schema and `Written` have for types. */
export const typeNames: Record<string, string> = {
  string: 'text',
  text: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  list: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  mapping: 'a mapping',
}

export function wordsOf(
  issue: ValueIssue,
  schema: JsonSchema | undefined,
  written: Written,
): Words {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue.expected, schema, written)
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

function wrongType(expected: string, schema: JsonSchema | undefined, written: Written): Words {
  if (written.kind === 'number' && !Number.isFinite(written.value)) {
    return { message: 'must be a finite number', remedy: `choose a number ${rangeOf(schema)}` }
  }
  if (written.kind === 'number' && expected === 'int') {
    return { message: 'must be a whole number', remedy: 'round it' }
  }
  return {
    message: `must be ${typeNames[expected] ?? expected}, not ${typeNames[written.kind]}`,
    remedy: retyped(expected, schema, written),
  }
}

function retyped(expected: string, schema: JsonSchema | undefined, written: Written): string {
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
    default: {
      const keys = Object.keys(schema?.properties ?? {})
      return `write keys below it, indented${keys.length === 0 ? '' : `: ${keys.join(', ')}`}`
    }
  }
}

function outOfBounds(
  issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig,
  schema: JsonSchema | undefined,
): Words {
  const low = issue.code === 'too_small'
  const bound = Number(low ? issue.minimum : issue.maximum)
  if (issue.origin === 'string' || issue.origin === 'array') {
    const [unit, units] =
      issue.origin === 'string' ? ['character', 'characters'] : ['entry', 'entries']
    const amount = `${bound} ${bound === 1 ? unit : units}`
    return low
      ? { message: `must have at least ${amount}`, remedy: 'fill it in, or remove the key' }
      : { message: `must have at most ${amount}`, remedy: 'shorten it' }
  }
  const [within, beyond] = low ? ['at least', 'above'] : ['at most', 'below']
  return {
    message: `must be ${issue.inclusive ? within : beyond} ${bound}`,
    remedy: `choose a number ${rangeOf(schema)}`,
  }
}

function rangeOf(schema: JsonSchema | undefined): string {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = schema ?? {}
  const bounds: string[] = []
  if (minimum !== undefined) bounds.push(`from ${minimum}`)
  else if (exclusiveMinimum !== undefined) bounds.push(`above ${exclusiveMinimum}`)
  // Zod bounds every whole number by what JavaScript holds exactly.
  if (maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) bounds.push(`up to ${maximum}`)
  else if (exclusiveMaximum !== undefined) bounds.push(`below ${exclusiveMaximum}`)
  return bounds.join(' ') || 'within the bounds'
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
  const { message } = issue
  const params: { remedy?: unknown; known?: unknown; named?: unknown } = issue.params ?? {}
  if (Array.isArray(params.known)) {
    const known = params.known.map(String)
    const near = nearMiss(String(params.named ?? written.value), known)
    const remedy = near === undefined ? `there are: ${known.join(', ')}` : `did you mean "${near}"?`
    return { message, remedy }
  }
  return { message, remedy: typeof params.remedy === 'string' ? params.remedy : 'correct it' }
}

/** `: tokens of input and output together`, as the schema describes it. */
export function meaning(schema: JsonSchema | undefined): string {
  return schema?.description === undefined ? '' : `: ${asClause(schema.description)}`
}

/** What a mapping must hold, or else what the value means. */
export function contents(schema: JsonSchema | undefined): string {
  if (schema?.required) return ` with ${schema.required.join(', ')}`
  if (schema?.enum) return `: ${schema.enum.join(', ')}`
  return meaning(schema)
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
