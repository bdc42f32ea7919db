const LONGEST = 60

/** What was given as an id, for a message. */
export function shownId(value: unknown): string {
  return JSON.stringify(String(value).slice(0, LONGEST))
}
