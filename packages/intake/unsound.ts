import { join } from './place.ts'

/**
 * What JSON can say and cannot be kept: PostgreSQL's `text` holds neither NUL
 * nor a lone surrogate, providers disagree about both, and a number beyond a
 * double would reach the model as `null`. So they are refused at the door.
 */
export interface Unsound {
  /** Where it stands, as `messages[0].content`; empty for the value itself. */
  path: string
  problem: 'a NUL character' | 'a lone surrogate' | 'a number beyond ±1.8e308'
  /** The text around it, as JSON; absent where the number was lost by reading it. */
  around?: string
}

/** In valid UTF-8 JSON bad text can be written only as `\uXXXX`, so most need no look at every text. */
export function mayHoldBadText(json: string): boolean {
  return json.includes('\\u')
}

/** The first thing unsound in a parsed JSON value, keys included. */
export function findUnsound(value: unknown, path = ''): Unsound | undefined {
  if (typeof value === 'string') return inText(value, path)
  if (typeof value === 'number') {
    return Number.isFinite(value) ? undefined : { path, problem: 'a number beyond ±1.8e308' }
  }
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, inner] of Object.entries(value)) {
    const place = join(path, [Array.isArray(value) ? Number(key) : key])
    const found = inText(key, place) ?? findUnsound(inner, place)
    if (found) return found
  }
  return undefined
}

function inText(text: string, path: string): Unsound | undefined {
  const nul = text.indexOf('\0')
  if (nul >= 0) return { path, problem: 'a NUL character', around: excerpt(text, nul) }
  if (text.isWellFormed()) return undefined
  const at = LONE_SURROGATE.exec(text)?.index ?? 0
  return { path, problem: 'a lone surrogate', around: excerpt(text, at) }
}

const LONE_SURROGATE = /\p{Surrogate}/u
const AROUND = 20
/** Half of a pair at either end of what was cut, which would be taken for the fault. */
const HALVES = /^[\udc00-\udfff]|[\ud800-\udbff]$/g

function excerpt(text: string, at: number): string {
  const before = text.slice(Math.max(0, at - AROUND), at)
  const after = text.slice(at + 1, at + 1 + AROUND)
  const shown = before.replace(HALVES, '') + text.charAt(at) + after.replace(HALVES, '')
  return JSON.stringify(shown)
}
