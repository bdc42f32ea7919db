import { isUtf8 } from 'node:buffer'
import { findBadText, LonghaulError, mayHoldBadText } from '@longhaul/contracts'
import { findJsonFault } from './json-fault.ts'

/** Far above what any API nests, far below where anything that recurses ends. */
export const MAX_DEPTH = 200

const LONGEST_PARAM = 200

/**
 * The value of a request body, or of a line of a file.
 * @param whole what it is called
 * @throws {LonghaulError} invalid_encoding, invalid_json, invalid_text
 */
export function parseJson(bytes: Buffer, whole = 'The request body'): unknown {
  if (!isUtf8(bytes)) {
    throw new LonghaulError('invalid_encoding', `${whole} is not valid UTF-8: encode it so.`)
  }
  const text = bytes.toString('utf8')
  if (text.trim() === '') {
    throw new LonghaulError('invalid_json', `${whole} is empty: send a JSON object.`)
  }
  const value = parse(text, whole)
  if (isDeeperThan(MAX_DEPTH, value)) throw tooDeep(whole)
  if (mayHoldBadText(text)) refuseBadText(value, whole)
  return value
}

/** @throws {LonghaulError} invalid_text, naming the path */
export function refuseBadText(value: unknown, whole: string): void {
  const bad = findBadText(value)
  if (!bad) return
  const path = legible(bad.path)
  throw new LonghaulError(
    'invalid_text',
    `${path ? `\`${path}\`` : whole} holds ${bad.problem}: remove it.`,
    path ? { param: path } : {},
  )
}

function parse(text: string, whole: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const fault = findJsonFault(text)
    if (!fault) throw tooDeep(whole) // the text is valid, so the parser ran out of stack
    const { line, column, problem } = fault
    const place = whole === 'The line' ? `column ${column}` : `line ${line}, column ${column}`
    throw new LonghaulError('invalid_json', `${whole} is not valid JSON: ${place}: ${problem}.`, {
      cause: error,
    })
  }
}

function tooDeep(whole: string): LonghaulError {
  return new LonghaulError(
    'invalid_json',
    `${whole} is nested too deep: at most ${MAX_DEPTH} levels are taken.`,
  )
}

/** `for in` over what `JSON.parse` made meets own keys only. */
function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  if (Array.isArray(value)) return value.some(element => isDeeperThan(levels - 1, element))
  for (const key in value) {
    if (isDeeperThan(levels - 1, (value as Record<string, unknown>)[key])) return true
  }
  return false
}

/** A path for people, whatever keys the caller made up. */
export function legible(path: string): string {
  const plain = path.toWellFormed().replaceAll(/\p{Cc}/gu, '\uFFFD')
  return plain.length > LONGEST_PARAM ? `${plain.slice(0, LONGEST_PARAM)}…` : plain
}
