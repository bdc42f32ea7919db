import { isUtf8 } from 'node:buffer'
import { LonghaulError } from '@longhaul/contracts'
import { findJsonFault } from './json-fault.ts'
import { legible, type Place, REQUEST_BODY, subjectOf } from './place.ts'
import { findUnsound, mayHoldBadText } from './unsound.ts'

/** Far above what any API nests, far below where anything that recurses ends. */
export const MAX_DEPTH = 200

/** JSON that was read, and not looked into yet. */
export interface ReadJson {
  value: unknown
  /** As it is written, it may hold what PostgreSQL's text cannot. */
  mayHoldBadText: boolean
}

/**
 * The value of a request body, or of a line of a file.
 * @param whole what it is called
 * @throws {LonghaulError} invalid_encoding, invalid_json, invalid_text, invalid_value
 */
export function parseJson(bytes: Buffer, whole = REQUEST_BODY.whole): unknown {
  const read = readJson(bytes, whole)
  assertSound(read.value, read, { path: '', whole })
  return read.value
}

/**
 * As `parseJson`, for a value whose parts are judged each by itself: what they
 * hold is for `assertSound` to look at.
 * @throws {LonghaulError} invalid_encoding, invalid_json
 */
export function readJson(bytes: Buffer, whole = REQUEST_BODY.whole): ReadJson {
  if (!isUtf8(bytes)) {
    throw new LonghaulError('invalid_encoding', `${whole} is not valid UTF-8: encode it so.`)
  }
  const text = bytes.toString('utf8')
  if (text.trim() === '') {
    throw new LonghaulError('invalid_json', `${whole} is empty: send a JSON object.`)
  }
  return { value: parse(text, whole), mayHoldBadText: mayHoldBadText(text) }
}

/**
 * @param value all that was read, or a part of it
 * @param place of the value
 * @throws {LonghaulError} invalid_json when it is nested too deep; invalid_text, invalid_value
 */
export function assertSound(
  value: unknown,
  of: Pick<ReadJson, 'mayHoldBadText'>,
  place: Place,
): void {
  const fault = shapeFault(MAX_DEPTH, value)
  if (fault === 'too deep') throw tooDeep(place)
  if (fault === 'infinite' || of.mayHoldBadText) refuseUnsound(value, place)
}

/** @throws {LonghaulError} invalid_text, invalid_value, naming the path */
export function refuseUnsound(value: unknown, { path, whole }: Place): void {
  const found = findUnsound(value, path)
  if (!found) return
  const { problem, around } = found
  const full = legible(found.path)
  const what = around === undefined ? `is ${problem}` : `holds ${problem} (${around})`
  const remedy = around === undefined ? 'give one that a double can hold' : 'remove it'
  throw new LonghaulError(
    around === undefined ? 'invalid_value' : 'invalid_text',
    `${subjectOf({ path: full, whole })} ${what}: ${remedy}.`,
    full ? { param: full } : {},
  )
}

function parse(text: string, whole: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const fault = findJsonFault(text)
    if (!fault) throw tooDeep({ path: '', whole }) // the text is valid, so the parser ran out of stack
    const { line, column, problem } = fault
    const place = whole === 'The line' ? `column ${column}` : `line ${line}, column ${column}`
    throw new LonghaulError('invalid_json', `${whole} is not valid JSON: ${place}: ${problem}.`, {
      cause: error,
    })
  }
}

function tooDeep(place: Place): LonghaulError {
  return new LonghaulError(
    'invalid_json',
    `${subjectOf(place)} is nested too deep: at most ${MAX_DEPTH} levels are taken.`,
    place.path ? { param: place.path } : {},
  )
}

function shapeFault(levels: number, value: unknown): 'too deep' | 'infinite' | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'infinite'
  if (typeof value !== 'object' || value === null) return undefined
  if (levels === 0) return 'too deep'
  let found: 'infinite' | undefined
  for (const inner of Array.isArray(value) ? value : Object.values(value)) {
    const fault = shapeFault(levels - 1, inner)
    if (fault === 'too deep') return fault
    found ??= fault
  }
  return found
}
