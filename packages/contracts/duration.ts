import ms from 'ms'

export const durationPattern = /^\d{1,9}(ms|s|m|h|d)$/

/** Milliseconds of `"250ms"`, `"30s"`, `"10m"`, `"24h"`, `"7d"`; undefined for anything else. */
export function durationMs(text: string): number | undefined {
  return durationPattern.test(text) ? ms(text as `${number}s`) : undefined
}

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/

/** The moment that an RFC 3339 time or a duration from `now` names, in epoch milliseconds; undefined when it is neither. */
export function momentMs(text: string, now: number): number | undefined {
  const span = durationMs(text)
  if (span !== undefined) return now + span
  if (!RFC3339.test(text)) return undefined
  const moment = Date.parse(text)
  return Number.isNaN(moment) || !isDay(text.slice(0, 10)) ? undefined : moment
}

/** `Date` takes the 30th of February for the 2nd of March. */
function isDay(date: string): boolean {
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date)
}
