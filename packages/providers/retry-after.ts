import type { IncomingHttpHeaders } from 'node:http'

/** Waits above this are taken for garbage: no provider asks for more than a year. */
const LONGEST_WAIT_MS = 366 * 24 * 3_600_000

/**
 * Milliseconds that an answer asks to wait: `retry-after-ms`, else `Retry-After`
 * in seconds (fractions allowed) or as an HTTP date (0 when it has passed).
 * However long; undefined when absent or unreadable.
 * @param now epoch milliseconds
 */
export function retryAfterMs(headers: IncomingHttpHeaders, now: number): number | undefined {
  const exact = bounded(decimal(single(headers['retry-after-ms'])))
  if (exact !== undefined) return exact
  const text = single(headers['retry-after'])
  const seconds = decimal(text)
  if (seconds !== undefined) return bounded(seconds * 1_000)
  return bounded(goDurationMs(text) ?? untilHttpDate(text, now))
}

/** Headers that say when a limit resets, each with the one that says what is left of it. */
const limits: readonly (readonly [reset: string, remaining: string])[] = [
  ['x-ratelimit-reset-requests', 'x-ratelimit-remaining-requests'],
  ['x-ratelimit-reset-tokens', 'x-ratelimit-remaining-tokens'],
  ['x-ratelimit-reset', 'x-ratelimit-remaining'],
  ['anthropic-ratelimit-requests-reset', 'anthropic-ratelimit-requests-remaining'],
  ['anthropic-ratelimit-input-tokens-reset', 'anthropic-ratelimit-input-tokens-remaining'],
  ['anthropic-ratelimit-output-tokens-reset', 'anthropic-ratelimit-output-tokens-remaining'],
]

/**
 * Milliseconds until a limit resets, from the `x-ratelimit-reset-*` dialects:
 * durations ("1m30s", "250ms"), plain seconds, epoch times, RFC 3339 times.
 * The longest among limits that are used up; when none says that it is, the
 * shortest, since a call too early costs one more 429 and no attempt.
 * @param now epoch milliseconds
 */
export function rateLimitResetMs(headers: IncomingHttpHeaders, now: number): number | undefined {
  const exhausted: number[] = []
  const others: number[] = []
  for (const [resetHeader, remainingHeader] of limits) {
    const waitMs = bounded(untilReset(single(headers[resetHeader]), now))
    if (waitMs === undefined) continue
    const left = decimal(single(headers[remainingHeader]))
    if (left === 0) exhausted.push(waitMs)
    else others.push(waitMs)
  }
  if (exhausted.length > 0) return Math.max(...exhausted)
  return others.length > 0 ? Math.min(...others) : undefined
}

function single(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header.trim() : ''
}

const DURATION = /^(?:\d+(?:\.\d+)?(?:d|h|ms|m|us|µs|ns|s))+$/
const DURATION_PART = /(\d+(?:\.\d+)?)(d|h|ms|m|us|µs|ns|s)/g
const unitMs: Record<string, number> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
}

/** Milliseconds of a duration as Go prints it: "2m59.56s", "34.07s", "250ms"; undefined for anything else. */
export function goDurationMs(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(DURATION_PART)) {
    total += Number(amount) * (unitMs[unit ?? ''] ?? 0)
  }
  return bounded(total)
}

function untilReset(text: string, now: number): number | undefined {
  const number = decimal(text)
  if (number === undefined) {
    return goDurationMs(text) ?? untilDate(Date.parse(text), now, RFC3339.test(text))
  }
  // Seconds to go, unless the number can only be a moment, in seconds or in milliseconds.
  if (number < 1e9) return number * 1_000
  return Math.max(0, (number < 1e12 ? number * 1_000 : number) - now)
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/
const IMF_OR_RFC850 = /^[A-Z][a-z]{2,8}, \d\d[ -][A-Z][a-z]{2}[ -]\d{2,4} \d\d:\d\d:\d\d GMT$/
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/

/** The three forms of RFC 9110, 5.6.7. */
function untilHttpDate(text: string, now: number): number | undefined {
  if (ASCTIME.test(text)) return untilDate(Date.parse(`${text} GMT`), now, true)
  return untilDate(Date.parse(text), now, IMF_OR_RFC850.test(text) || RFC3339.test(text))
}

function untilDate(moment: number, now: number, wellFormed: boolean): number | undefined {
  return wellFormed && !Number.isNaN(moment) ? Math.max(0, moment - now) : undefined
}

function decimal(text: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
}

function bounded(ms: number | undefined): number | undefined {
  return ms !== undefined && ms <= LONGEST_WAIT_MS ? Math.ceil(ms) : undefined
}
