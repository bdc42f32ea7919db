const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** Between one attempt and the next; the first is made at once. */
const DELAYS_MS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  10 * HOUR,
] as const

export const MAX_ATTEMPTS = DELAYS_MS.length + 1

const JITTER = 0.2

/**
 * Milliseconds from a failed attempt to the next: the schedule ±20%, or what
 * the receiver asked for between that and twice as long; undefined after the
 * last attempt.
 * @param failures attempts of this schedule that failed; 1 after the first
 * @param random from 0 up to 1
 */
export function retryDelayMs(
  failures: number,
  random: () => number,
  retryAfterMs?: number,
): number | undefined {
  const scheduled = DELAYS_MS[failures - 1]
  if (scheduled === undefined) return undefined
  const delayMs = Math.round(scheduled * (1 - JITTER + 2 * JITTER * random()))
  return Math.min(Math.max(retryAfterMs ?? 0, delayMs), 2 * delayMs)
}

/** A receiver that says 429, 502 or 504 and no time is left alone for so long. */
const THROTTLE_MS = 5 * SECOND
const LONGEST_THROTTLE_MS = 5 * MINUTE

/**
 * How long nothing at all is sent to a receiver that is overloaded: what it
 * asked for, but no longer than the event that it refused waits itself.
 */
export function throttleMs(retryAfterMs: number | undefined, eventDelayMs: number | undefined) {
  return Math.min(
    retryAfterMs ?? THROTTLE_MS,
    eventDelayMs ?? LONGEST_THROTTLE_MS,
    LONGEST_THROTTLE_MS,
  )
}

const HTTP_DATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/

/**
 * Milliseconds that `Retry-After` asks to wait, in seconds or as an HTTP date;
 * undefined when it is neither.
 * @param now epoch milliseconds
 */
export function parseRetryAfter(header: unknown, now: number): number | undefined {
  if (typeof header !== 'string') return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header) * SECOND
  return HTTP_DATE.test(header) ? Math.max(0, Date.parse(header) - now) : undefined
}
