import type { NamingIssue } from '@longhaul/contracts'
import type { z } from 'zod'
import { nearMiss } from '../near-miss.ts'
import type { SchemaGuide } from './json-schema.ts'
import { contents, meaning, typeNames, type Words, type Written, wordsOf } from './value-words.ts'

/** One thing that the schema found, in words; where it stands is not its matter. */
export interface Finding extends Words {
  path: PropertyKey[]
  /** What the finding is about: what stands at the path, its key, or its absence. */
  about: 'value' | 'key' | 'absence'
}

export interface IssueContext {
  guide: SchemaGuide
  writtenAt: (path: readonly PropertyKey[]) => Written
}

export type SchemaIssue = z.core.$ZodIssue | NamingIssue

/** The words for one issue of the schema; several for several unknown keys. */
export function findingsOf(issue: SchemaIssue, context: IssueContext): Finding[] {
  const path = [...issue.path]
  const written = context.writtenAt(path)
  const isEmpty = written.kind === 'nothing' || written.kind === 'null'
  if (isEmpty && issue.code !== 'custom' && issue.code !== 'unrecognized_keys') {
    return [nothingThere(path, context)]
  }
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(key => unknownKey([...path, key], key, context.guide))
    case 'invalid_key':
      return [badKey(path, issue.issues)]
    case 'invalid_union':
      return unionFindings(path, issue, context)
    case 'invalid_element':
      return issue.issues.flatMap(inner => findingsOf(within(inner, path), context))
    default: {
      const about =
        written.kind === 'nothing' ? 'absence' : written.kind === 'mapping' ? 'key' : 'value'
      return [{ path, about, ...wordsOf(issue, context.guide.at(path), written) }]
    }
  }
}

function nothingThere(path: PropertyKey[], { guide, writtenAt }: IssueContext): Finding {
  const schema = guide.at(path)
  const key = String(path.at(-1) ?? '')
  if (writtenAt(path).kind === 'nothing') {
    const remedy = `add ${key}${contents(schema)}`
    return { path, about: 'absence', message: 'is missing', remedy }
  }
  const needed = guide.at(path.slice(0, -1))?.required?.includes(key) ?? path.length === 0
  const remedy = `fill it in${contents(schema)}${needed ? '' : ', or remove the line'}`
  return { path, about: 'value', message: 'is empty', remedy }
}

function unknownKey(path: PropertyKey[], key: string, guide: SchemaGuide): Finding {
  const known = guide.keysAt(path.slice(0, -1))
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
    message: `is not a valid key: it ${issues[0]?.message ?? 'cannot be used'}`,
    remedy: 'rename it',
  }
}

/** The branch that comes nearest speaks: the one whose own type fits what is written. */
function unionFindings(
  path: PropertyKey[],
  issue: z.core.$ZodIssueInvalidUnion,
  context: IssueContext,
): Finding[] {
  const written = context.writtenAt(path)
  const fitting = issue.errors.find(
    branch => !branch.some(inner => inner.path.length === 0 && isOfAnotherKind(inner, written)),
  )
  if (fitting) return fitting.flatMap(inner => findingsOf(within(inner, path), context))
  const types = issue.errors
    .flat()
    .flatMap(inner => (inner.code === 'invalid_type' ? [typeNames[inner.expected]] : []))
  const kind = typeNames[context.writtenAt(path).kind]
  const remedy = `write one of these${meaning(context.guide.at(path))}`
  return [{ path, about: 'value', message: `must be ${types.join(' or ')}, not ${kind}`, remedy }]
}

/** A choice among texts is nothing for a mapping or a list, which zod says of its value, not of its type. */
function isOfAnotherKind({ code }: z.core.$ZodIssue, { kind }: Written): boolean {
  return (
    code === 'invalid_type' || (code === 'invalid_value' && (kind === 'mapping' || kind === 'list'))
  )
}

function within<I extends z.core.$ZodIssue>(issue: I, path: PropertyKey[]): I {
  return { ...issue, path: [...path, ...issue.path] }
}
