import { type ErrorCode, LonghaulError } from '@longhaul/contracts'
import { nearMiss } from '@longhaul/runtime'
import { z } from 'zod'
import { join, legible, type Place, REQUEST_BODY, subjectOf } from './place.ts'

/**
 * The value as the schema makes it.
 * @throws {LonghaulError} for the first fault: what and where it is, what was
 *   got, and what to do
 */
export function check<S extends z.ZodType>(
  schema: S,
  value: unknown,
  place: Place = REQUEST_BODY,
): z.output<S> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw issue ? errorOf(issue, { schema, value, place }) : parsed.error
}

/** What was got, in a few words. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value))
    return value.length > 0 ? `an array of ${value.length}` : 'an empty array'
  if (typeof value === 'object' && value !== null) return describeObject(value)
  if (typeof value !== 'string') return String(value)
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
}

function describeObject(value: object): string {
  const count = Object.keys(value).length
  if (count === 0) return 'an empty object'
  return `an object of ${count} ${count === 1 ? 'field' : 'fields'}`
}

/**
 * Zod's records leave `__proto__` out without a word, so that a pair would be lost.
 * @throws {LonghaulError} invalid_value
 */
export function refuseProtoKey(record: unknown, path: string): void {
  if (typeof record !== 'object' || record === null || !Object.hasOwn(record, '__proto__')) return
  throw new LonghaulError(
    'invalid_value',
    `\`${path}\` has the key "__proto__", which cannot be taken: rename it.`,
    { param: path },
  )
}

interface Checked {
  schema: z.ZodType
  value: unknown
  place: Place
}

function errorOf(issue: z.core.$ZodIssue, checked: Checked): LonghaulError {
  const { code, path, message } = faultOf(decisive(issue), checked)
  const full = legible(join(checked.place.path, path))
  const subject = subjectOf({ path: full, whole: checked.place.whole })
  const end = message.endsWith('?') ? '' : '.'
  return new LonghaulError(code, `${subject} ${message}${end}`, full === '' ? {} : { param: full })
}

interface Fault {
  code: ErrorCode
  path: PropertyKey[]
  /** Follows the subject. */
  message: string
}

/**
 * Of a union, a branch speaks that the value is of the type of; else the one that comes furthest
 * into it, together with those that find their fault at the same place.
 */
function decisive(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue
  const all = issue.errors.flatMap(([first]) => (first ? [decisive(first)] : []))
  const ofItsType = all.filter(({ code }) => code !== 'invalid_type')
  const branches = ofItsType.length > 0 ? ofItsType : all
  const [first, ...rest] = branches
  if (!first) return issue
  const furthest = rest.reduce((best, branch) => (isFurther(branch, best) ? branch : best), first)
  const path = [...issue.path, ...furthest.path]
  if (furthest.code !== 'invalid_type') return { ...furthest, path }
  const errors = branches.filter(branch => !isFurther(furthest, branch)).map(branch => [branch])
  return { code: 'invalid_union', path, errors, message: issue.message }
}

/** By depth; as deep, by the place in the array where the two part. */
function isFurther({ path: one }: z.core.$ZodIssue, { path: other }: z.core.$ZodIssue): boolean {
  if (one.length !== other.length) return one.length > other.length
  const parting = one.findIndex((key, index) => key !== other[index])
  return parting >= 0 && Number(one[parting]) > Number(other[parting])
}

function faultOf(issue: z.core.$ZodIssue, { schema, value }: Checked): Fault {
  const { path } = issue
  const got = valueAt(value, path)
  if (issue.code === 'unrecognized_keys') return unknownField(issue, schema)
  if (issue.code === 'invalid_key') {
    return { code: 'invalid_value', path: path.slice(0, -1), message: keyWords(issue) }
  }
  const remedy = got === undefined && path.length > 0 ? remedyOfAbsence(issue) : undefined
  if (remedy) return { code: 'missing_field', path, message: `is missing: ${remedy}` }
  return { code: 'invalid_value', path, message: wordsOf(issue, got) }
}

/** Undefined: what is absent is not the fault itself, so that its own words tell more. */
function remedyOfAbsence(issue: z.core.$ZodIssue): string | undefined {
  if (!isOwnWords(issue)) return `add ${expectation(issue)}`
  return issue.code === 'invalid_type' ? `it ${issue.message}` : undefined
}

function unknownField(issue: z.core.$ZodIssueUnrecognizedKeys, schema: z.ZodType): Fault {
  const key = issue.keys[0] ?? ''
  const known = fieldsAt(schema, issue.path)
  const near = nearMiss(key, known)
  const remedy = near ? `did you mean \`${near}\`?` : `remove it; known here: ${known.join(', ')}`
  return {
    code: 'unknown_field',
    path: [...issue.path, key],
    message:
      known.length > 0 ? `is not a known field: ${remedy}` : 'is not a known field: remove it',
  }
}

function wordsOf(issue: z.core.$ZodIssue, got: unknown): string {
  if (isOwnWords(issue)) {
    const words = issue.message.startsWith('must') ? issue.message : `is refused: ${issue.message}`
    return `${words}; got ${describeValue(got)}`
  }
  switch (issue.code) {
    case 'too_big':
    case 'too_small':
      return outOfBounds(issue, got)
    case 'invalid_value': {
      const near = typeof got === 'string' && nearMiss(got, issue.values.map(String))
      const hint = near ? `; did you mean "${near}"?` : ''
      return `must be ${expectation(issue)}; got ${describeValue(got)}${hint}`
    }
    default:
      return `must be ${expectation(issue)}; got ${describeValue(got)}`
  }
}

function keyWords(issue: z.core.$ZodIssueInvalidKey): string {
  const key = String(issue.path.at(-1))
  const [inner] = issue.issues
  const isBound = inner?.code === 'too_big' || inner?.code === 'too_small'
  return `has the key ${describeValue(key)}, which ${isBound ? outOfBounds(inner, key) : 'cannot be taken: rename it'}`
}

function outOfBounds(
  issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall,
  got: unknown,
): string {
  const low = issue.code === 'too_small'
  const bound = Number(low ? issue.minimum : issue.maximum)
  const most = low ? 'at least' : 'at most'
  if (issue.origin === 'string' || issue.origin === 'array') {
    const one = issue.origin === 'string' ? 'character' : 'element'
    const { length } = got as { length: number }
    return `must have ${most} ${bound} ${bound === 1 ? one : `${one}s`}; it has ${length}`
  }
  const limit = issue.inclusive ? most : low ? 'above' : 'below'
  return `must be ${limit} ${bound}; got ${describeValue(got)}`
}

const typeNames: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  record: 'an object',
  null: 'null',
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? issue.expected
    case 'invalid_value': {
      const values = issue.values.map(value => JSON.stringify(value) ?? String(value))
      return values.length === 1 ? `${values[0]}` : `one of ${values.join(', ')}`
    }
    case 'invalid_union': {
      const expected = issue.errors.flatMap(([first]) => (first ? [expectation(first)] : []))
      return [...new Set(expected)].join(' or ')
    }
    case 'too_small':
      return issue.origin === 'array' ? 'an array that is not empty' : 'another value'
    default:
      return 'another value'
  }
}

/** The schema's author wrote the message; zod's own words are for programmers. */
function isOwnWords(issue: z.core.$ZodIssue): boolean {
  const words = z.config().localeError?.({ ...issue, input: undefined } as z.core.$ZodRawIssue)
  const plain = typeof words === 'string' ? words : words?.message
  return !issue.message.startsWith('Invalid input') && issue.message !== plain
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as Record<PropertyKey, unknown>)[key]
  }
  return found
}

/** The fields that the object at `path` may have; none when it is not a fixed object. */
function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let inner: unknown = bare(schema)
  for (const key of path) {
    if (inner instanceof z.ZodObject) inner = bare(inner.shape[String(key)])
    else if (inner instanceof z.ZodArray) inner = bare(inner.element)
    else return []
  }
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : []
}

function bare(schema: unknown): unknown {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  ) {
    return bare(schema.unwrap())
  }
  return schema
}
