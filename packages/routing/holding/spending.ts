/** Sums of a UTC day, over all processes. */
export interface DaySums {
  /** Decisions that the policy chose for. */
  decided: number
  /** …and of those, when: seconds since midnight, added up. */
  seconds: number
  /** Of a share: decisions for the models that it is about. */
  chosen: number
  /** Dollars that decided jobs were expected to cost. */
  expected: number
  /** Of those, what is not under way any more. */
  released: number
  /** Dollars that calls did cost. */
  recorded: number
}

export interface Days {
  today: DaySums
  yesterday: DaySums
}

export interface Pace {
  /** Today: as recorded, and as expected of what is under way. */
  spentUsd: number
  /** What a job may be expected to cost from here on, so that the budget lasts for the day. */
  usdPerJob: number
}

const DAY_SECONDS = 86_400
/** A rate is not told from a shorter time than this. */
const LEAST_SECONDS = 60
/** What is expected weighs against what is recorded like this share of the budget. */
const PRIOR_SHARE = 0.01

/**
 * How fast a budget may be spent: what is left, over the jobs that are still to
 * come at the rate of the last 24 hours. Worked out anew at every decision, so
 * that a wrong guess of the rate is made up for as the day goes on.
 * @param secondsOfDay since midnight
 * @param mostUnderWay jobs that wait or are called: what is expected of more than these got lost
 */
export function paceOf(
  usdPerDay: number,
  { today, yesterday }: Days,
  secondsOfDay: number,
  mostUnderWay: number,
): Pace {
  // Expectations may be off by a factor: answers are longer, input is cached.
  const prior = PRIOR_SHARE * usdPerDay
  const factor =
    (prior + today.recorded + yesterday.recorded) / (prior + today.released + yesterday.released)
  const meanUsd = today.decided > 0 ? today.expected / today.decided : 0
  const most = mostUnderWay * meanUsd
  const underWay = Math.min(most, Math.max(0, today.expected - today.released))
  const spentUsd = today.recorded + factor * underWay
  const toCome = Math.max(
    1,
    rateOf({ today, yesterday }, secondsOfDay) * (DAY_SECONDS - secondsOfDay),
  )
  return { spentUsd, usdPerJob: Math.max(0, usdPerDay - spentUsd) / toCome / factor }
}

/** Jobs a second: of today, and where there was a yesterday, of what is missing to 24 hours. */
function rateOf({ today, yesterday }: Days, secondsOfDay: number): number {
  if (yesterday.decided > 0) {
    const share = 1 - secondsOfDay / DAY_SECONDS
    return (today.decided + yesterday.decided * share) / DAY_SECONDS
  }
  if (today.decided === 0) return 0
  // What came evenly since a moment came at its mean time.
  const mean = today.seconds / today.decided
  const since = Math.max(0, 2 * mean - secondsOfDay)
  return today.decided / Math.max(LEAST_SECONDS, secondsOfDay - since)
}
