/**
 * PostgreSQL's `text` holds neither NUL nor a lone surrogate, and providers
 * disagree about both, so they are refused at the door.
 */
export interface BadText {
  /** Where it stands, as `messages[0].content`; empty for the value itself. */
  path: string
  problem: 'a NUL character' | 'a lone surrogate'
}

/** In valid UTF-8 JSON both can be written only as `\uXXXX`, so most bodies need no walk. */
export function mayHoldBadText(json: string): boolean {
  return json.includes('\\u')
}

/** The first bad string of a parsed JSON value, keys included. */
export function findBadText(value: unknown, path = ''): BadText | undefined {
  if (typeof value === 'string') {
    const problem = problemOf(value)
    return problem && { path, problem }
  }
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, inner] of Object.entries(value)) {
    const place = Array.isArray(value) ? `${path}[${key}]` : path ? `${path}.${key}` : key
    const problem = problemOf(key)
    if (problem) return { path: place, problem }
    const found = findBadText(inner, place)
    if (found) return found
  }
  return undefined
}

function problemOf(text: string): BadText['problem'] | undefined {
  if (text.includes('\0')) return 'a NUL character'
  return text.isWellFormed() ? undefined : 'a lone surrogate'
}
