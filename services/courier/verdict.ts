import type { DueEvent, EventSettlement } from '@longhaul/store'
import type { WebhookOutcome } from '@longhaul/telemetry'
import type { Answer } from './receiver-client.ts'
import { retryDelayMs, throttleMs } from './retry-schedule.ts'

export interface Verdict {
  settlement: EventSettlement
  /** For the metric; undefined when it was no attempt. */
  outcome: WebhookOutcome | undefined
}

const GONE = 410
const OVERLOADED: readonly number[] = [429, 502, 504]
const LONGEST_ERROR = 500

/**
 * What follows from an attempt. Only 2xx is a success, a redirect is a failure
 * like others; 410 asks us to stop for good; 429, 502 and 504 to slow down.
 * @param now epoch milliseconds
 */
export function verdictOn(
  answer: Answer,
  event: DueEvent,
  { now, random }: { now: number; random: () => number },
): Verdict {
  if (answer.kind === 'aborted') return postponed(event, now)
  const httpStatus = answer.kind === 'answered' ? answer.status : null
  if (httpStatus !== null && httpStatus >= 200 && httpStatus <= 299) {
    const settlement = { event, outcome: { kind: 'delivered', httpStatus } as const }
    return { settlement, outcome: 'delivered' }
  }
  const error = describe(answer)
  if (httpStatus === GONE) {
    const settlement = { event, outcome: { kind: 'failed', httpStatus, error } as const }
    return { settlement: { ...settlement, disable: error }, outcome: 'given-up' }
  }
  const retryAfterMs = answer.kind === 'answered' ? answer.retryAfterMs : undefined
  const delayMs = retryDelayMs(event.scheduleAttempts + 1, random, retryAfterMs)
  const throttle =
    httpStatus !== null && OVERLOADED.includes(httpStatus)
      ? { throttledUntil: now + throttleMs(retryAfterMs, delayMs) }
      : {}
  if (delayMs === undefined) {
    const outcome = { kind: 'failed', httpStatus, error } as const
    return { settlement: { event, outcome, ...throttle }, outcome: 'given-up' }
  }
  const outcome = { kind: 'retry', dueAt: now + delayMs, httpStatus, error } as const
  return {
    settlement: { event, outcome, ...throttle },
    outcome: answer.kind === 'refused' ? 'refused' : 'failed',
  }
}

/** Not tried, and due again at `dueAt`. */
export function postponed(event: DueEvent, dueAt: number): Verdict {
  return { settlement: { event, outcome: { kind: 'postponed', dueAt } }, outcome: undefined }
}

function describe(answer: Exclude<Answer, { kind: 'aborted' }>): string {
  if (answer.kind !== 'answered') return answer.detail.slice(0, LONGEST_ERROR)
  const { status } = answer
  return status >= 300 && status <= 399
    ? `HTTP ${status}: redirects are not followed`
    : `HTTP ${status}`
}
