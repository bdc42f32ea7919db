import { type Lane, lanes } from '@longhaul/contracts'

/** A time to come, with the bounds that hold four times out of five. */
export interface Prediction {
  ms: number
  earliestMs: number
  latestMs: number
}

/** A model's queue as it is now, with the pace at which it moves. */
export interface QueueState {
  /** Jobs that wait, per lane. */
  waiting: Record<Lane, number>
  /** Jobs that come, per millisecond. */
  arrivals: Record<Lane, number>
  /** Shares by which lanes that have work are drained. */
  weights: Record<Lane, number>
  inFlight: number
  /** Calls at a time. */
  capacity: number
  /** Calls that begin per millisecond while jobs wait. */
  pace: number
  /** Standard deviation of a call's time, as a share of its mean. */
  variation: number
  /** Standard deviation of `pace`, as a share of it. */
  paceError: number
}

/** Normal quantile of the upper bound of an interval that holds four times out of five. */
const Z = 1.2816
/** How much is seen of what comes, in milliseconds: the longer, the surer is its rate. */
const SEEN_MS = 60_000

/**
 * Until a call can begin for a job with `ahead` jobs of its own lane before it:
 * the calls that must begin first, at the pace at which calls begin.
 *
 * While the job's lane moves on by one, another lane that has work moves on by
 * the ratio of their weights. A lane whose work ends before moves on by what it
 * has and what comes meanwhile, which leaves less of the pace to the others.
 */
export function predictWait(state: QueueState, lane: Lane, ahead: number): Prediction {
  const { waiting, arrivals, weights, pace } = state
  const free = Math.max(0, state.capacity - state.inFlight)
  // Calls under way are found in the midst of their course.
  const found = (1 - Math.min(1, state.variation ** 2)) / 2
  const others = lanes.filter(other => other !== lane)
  const most = (other: Lane) => ((ahead + 1) * weights[other]) / weights[lane]
  const keepsUp = new Set(others.filter(other => waiting[other] < most(other)))
  for (;;) {
    let needed = ahead + 1 - free
    let coming = 0
    for (const other of others) {
      needed += keepsUp.has(other) ? waiting[other] : most(other)
      if (keepsUp.has(other)) coming += arrivals[other]
    }
    if (needed <= 0) return NOW
    const left = pace - coming
    const ms = (needed - found) / left
    const full = [...keepsUp].filter(
      other => left <= 0 || waiting[other] + arrivals[other] * ms > most(other),
    )
    if (full.length === 0) return spread(ms, deviation(state, { needed, coming, ms }))
    for (const other of full) keepsUp.delete(other)
  }
}

const NOW: Prediction = { ms: 0, earliestMs: 0, latestMs: 0 }

/** Of the wait: how many calls begin meanwhile varies, what comes before the job, and what is known of both rates. */
function deviation(
  state: QueueState,
  { needed, coming, ms }: { needed: number; coming: number; ms: number },
): number {
  const begins = begunVariance(needed + coming * ms, state)
  const comes = coming * ms * (1 + ms / SEEN_MS)
  const paceError = (state.pace * ms * state.paceError) ** 2
  return Math.sqrt(begins + comes + paceError) / (state.pace - coming)
}

/**
 * Variance of the number of calls that begin while `expected` are: of so many
 * renewal processes laid over one another. Few come by chance, as in a Poisson
 * process; of many, the variation of the calls themselves is left, and where in
 * their course they were found.
 */
function begunVariance(expected: number, { capacity, variation }: QueueState): number {
  const own = Math.min(1, variation ** 2)
  const found = ((1 - own) * capacity * (1 - Math.exp((-6 * expected) / capacity))) / 6
  return expected * variation ** 2 + found
}

/** Until the answer is there: the wait, and the call. */
export function withCall(wait: Prediction, callMs: number, variation: number): Prediction {
  const waitSd = (wait.latestMs - wait.earliestMs) / (2 * Z)
  return spread(wait.ms + callMs, Math.hypot(waitSd, callMs * variation))
}

/**
 * Of a call under way. What is left of it is the rest of the mean, or, of one
 * that lasts longer, what varies.
 */
export function restOfCall(elapsedMs: number, callMs: number, variation: number): Prediction {
  const whole = spread(callMs, callMs * variation)
  const left = Math.max(callMs - elapsedMs, (callMs * variation) / 2)
  return {
    ms: left,
    earliestMs: Math.min(left, Math.max(0, whole.earliestMs - elapsedMs)),
    latestMs: Math.max(left, whole.latestMs - elapsedMs, 2 * Z * left * Math.min(1, variation)),
  }
}

/** Quantiles of the gamma distribution of this mean and deviation (Wilson and Hilferty, 1931). */
function spread(ms: number, sdMs: number): Prediction {
  if (ms <= 0) return NOW
  const part = (sdMs / ms) ** 2 / 9
  const quantile = (z: number) => ms * Math.max(0, 1 - part + z * Math.sqrt(part)) ** 3
  return { ms, earliestMs: quantile(-Z), latestMs: Math.max(ms, quantile(Z)) }
}
