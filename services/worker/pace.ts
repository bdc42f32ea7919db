/** What was taken within it, with what limits allow at once before they count, is the first guess of a rate. */
const RECENT_MS = 1_000
/** A call that comes so long after the last had not been there before. */
const IDLE_MS = 1_000
/** Of fewer calls between two refusals one more or less counts too much. */
const FEW_CALLS = 10
/** In less time than this the rest counts too much: not all that it would have allowed was saved up. */
const SHORT_MS = 5_000
/** Of the limit: so much is called, that there is room for what comes between, and refusals stay seldom. */
const MARGIN = 0.95
/** Of a rate that was refused, where nothing more exact is known. */
const CAUTION = 0.85
const LEAST_PER_SECOND = 0.1
/** Nothing below it is believed that was not measured: a single call that was refused tells no rate. */
const LEAST_GUESS = 1
/** A refusal takes no more than this of the rate. */
const LARGEST_FALL = 0.5
/** In a second, while the limit is a guess. */
const GUESS_GROWTH = 0.2
/** After a refusal, and the rest that follows it, nothing beyond a limit that was measured is tried for so long. */
const HOLD_MS = 60_000
/** Growth in a second right after that; it doubles with each span without a refusal. */
const GROWTH = 0.01
const GROWTH_DOUBLES_MS = 10_000
/** When no call had to wait for its turn for so long, the limit has lost its meaning. */
const FORGET_MS = 120_000
/** A timer that fires late costs nothing up to this. */
const SLACK_MS = 50

/** Calls that began, and the time in which there were calls to make; rests that the deployment asked for count. */
interface Stretch {
  calls: number
  ms: number
}

/** Calls per second: those that are tried, and those that the deployment takes in the long run; undefined: not measured. */
interface Rate {
  tried: number
  limit: number | undefined
}

/**
 * How often a deployment is called that has refused calls by a rate limit.
 * Without it, calls would go out as many at a time as configured, most of them
 * to be refused, and each refusal lets the deployment rest.
 *
 * What it takes in the long run is counted from one refusal to the next: at
 * both, what it allows was used up, so the calls that began between them are
 * its limit. The rest after the first counts, and a time in which there was
 * nothing to call does not, else a quiet hour would look like a low limit.
 *
 * At the first refusal the calls of the last second are a guess, and the rate
 * grows fast until the second. From then on calls are spaced out at a little less
 * than the limit, for a minute; then more is tried, slowly at first. When that is
 * refused, the limit stands, unless far more was taken. Calls that are refused
 * below the limit show that it is lower. All calls of one burst are one refusal,
 * however late the last of them is told.
 *
 * A limit is fleet-wide and none of this: each worker finds its part of it.
 */
export class Pace {
  /** Undefined: no limit is known. */
  #rate: Rate | undefined
  #nextAt = 0
  #takenAt = Number.NEGATIVE_INFINITY
  /** When a call last had to wait for its turn, or for the end of a rest. */
  #waitedAt = Number.NEGATIVE_INFINITY
  #grownAt = 0
  /** Calls that began and were not refused, each fading with its age. */
  #recent = 0
  #countedAt = 0
  /** Calls that took their turn until then are of one burst: refusals of more of them belong together. */
  #refusedAt = Number.NEGATIVE_INFINITY
  #restsUntil = Number.NEGATIVE_INFINITY
  /** When the burst was refused: the rate until then, what was recent, and the stretch that had ended. */
  #before: Rate | undefined
  #recentThen = 0
  #measured: Stretch = { calls: 0, ms: 0 }
  #stretch: Stretch = { calls: 0, ms: 0 }

  /** Epoch milliseconds from which a call may begin. */
  get nextAt(): number {
    return this.#nextAt
  }

  /** A call takes its turn. */
  take(now: number): void {
    const allowedAt = Math.max(this.#nextAt, this.#restsUntil)
    if (now - allowedAt <= SLACK_MS) this.#waitedAt = now
    else if (now - Math.max(this.#waitedAt, allowedAt) >= FORGET_MS) this.#forget()
    this.#grow(now)
    this.#count(now, allowedAt)
    this.#space(now, 1)
  }

  /** The call that took its turn was not made. */
  giveBack(now: number): void {
    this.#fade(now)
    this.#recent = less(this.#recent, 1)
    this.#stretch.calls = less(this.#stretch.calls, 1)
    this.#space(now, -1)
  }

  /**
   * @param takenAt when the call took its turn
   * @param restsUntil until when the deployment is left alone
   */
  refused(takenAt: number, now: number, restsUntil: number): void {
    this.#fade(now)
    this.#recent = less(this.#recent, Math.exp((takenAt - now) / RECENT_MS))
    if (takenAt > this.#refusedAt) this.#beginRefusal(now)
    else
      this.#recentThen = less(this.#recentThen, Math.exp((takenAt - this.#refusedAt) / RECENT_MS))
    this.#measured.calls = less(this.#measured.calls, 1)
    this.#restsUntil = Math.max(this.#restsUntil, restsUntil)
    this.#nextAt = Math.max(this.#nextAt, restsUntil)
    this.#rate = this.#rateAfterRefusal()
  }

  #beginRefusal(now: number): void {
    this.#measured = this.#stretch
    // A short one goes on, until it tells enough.
    const isMeasured = this.#rate?.limit !== undefined
    if (!isMeasured || isTelling(this.#stretch)) this.#stretch = { calls: 0, ms: 0 }
    this.#before = this.#rate
    this.#recentThen = this.#recent
    this.#refusedAt = now
  }

  #rateAfterRefusal(): Rate {
    if (!this.#before) return guess((this.#recentThen * 1_000) / RECENT_MS)
    const { tried, limit } = this.#before
    if (limit === undefined) return below(CAUTION * tried)
    if (tried > limit) return below(Math.max(limit, CAUTION * tried))
    if (!isTelling(this.#measured)) {
      return below(Math.min(limit, Math.max(CAUTION * tried, Math.min(tried, LEAST_GUESS))))
    }
    const perSecond = (this.#measured.calls * 1_000) / this.#measured.ms
    return below(Math.max(LARGEST_FALL * tried, Math.min(limit, perSecond)))
  }

  #count(now: number, allowedAt: number): void {
    this.#fade(now)
    this.#recent += 1
    const busyUntil = Math.max(this.#takenAt + IDLE_MS, allowedAt)
    if (this.#stretch.calls > 0 || this.#rate) {
      this.#stretch.ms += Math.max(0, Math.min(now, busyUntil) - this.#takenAt)
    }
    this.#stretch.calls += 1
    this.#takenAt = now
  }

  #space(now: number, calls: number): void {
    if (!this.#rate) return
    this.#nextAt = Math.max(this.#nextAt, now - SLACK_MS) + (calls * 1_000) / this.#rate.tried
  }

  #fade(now: number): void {
    this.#recent *= Math.exp((this.#countedAt - now) / RECENT_MS)
    this.#countedAt = now
  }

  /** Not while calls come so seldom that they show nothing. */
  #grow(now: number): void {
    const sinceMs = now - this.#grownAt
    this.#grownAt = now
    if (!this.#rate || this.#waitedAt !== now) return
    const busyMs = Math.min(sinceMs, Math.max(IDLE_MS, 1_000 / this.#rate.tried))
    this.#rate.tried *= 1 + (this.#growth(this.#rate, now) * busyMs) / 1_000
  }

  #growth({ limit }: Rate, now: number): number {
    if (limit === undefined) return GUESS_GROWTH
    const quietMs = now - Math.max(this.#refusedAt, this.#restsUntil) - HOLD_MS
    return quietMs <= 0 ? 0 : GROWTH * 2 ** (quietMs / GROWTH_DOUBLES_MS)
  }

  #forget(): void {
    this.#rate = undefined
    this.#nextAt = 0
  }
}

function isTelling({ calls, ms }: Stretch): boolean {
  return calls >= FEW_CALLS && ms >= SHORT_MS
}

/** Never below nothing: what is taken away may have faded, or been forgotten. */
function less(count: number, by: number): number {
  return Math.max(0, count - by)
}

function below(limit: number): Rate {
  return { tried: Math.max(LEAST_PER_SECOND, MARGIN * limit), limit }
}

function guess(perSecond: number): Rate {
  return { tried: Math.max(LEAST_GUESS, MARGIN * perSecond), limit: undefined }
}
