/** Where a value stands in what the caller sent. */
export interface Place {
  /** `jobs[3].body`; empty for the whole. */
  path: string
  /** What the whole is called: `The request body`. */
  whole: string
}

export const REQUEST_BODY: Place = { path: '', whole: 'The request body' }

const LONGEST_PARAM = 200

/** `jobs[3]` and `body.model`. */
export function join(path: string, inner: readonly PropertyKey[]): string {
  let joined = path
  for (const key of inner) {
    if (typeof key === 'number') joined += `[${key}]`
    else joined += joined === '' ? String(key) : `.${String(key)}`
  }
  return joined
}

/** A path for people, whatever keys the caller made up. */
export function legible(path: string): string {
  const plain = path.toWellFormed().replaceAll(/\p{Cc}/gu, '\uFFFD')
  return plain.length > LONGEST_PARAM ? `${plain.slice(0, LONGEST_PARAM).toWellFormed()}…` : plain
}

/** What an error speaks of. */
export function subjectOf({ path, whole }: Place): string {
  return path === '' ? whole : `\`${path}\``
}
