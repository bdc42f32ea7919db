/** Over so long calls are counted: what limits allow at once, before they count, is seen as a rate. */
const SPAN_MS = 1_000
/** Of the rate at which the deployment took calls: so much is tried next. */
const CAUTION = 0.9
const LONG_SPAN_MS = 10_000
const LEAST_PER_SECOND = 1
/** What was taken when calls were refused is not gone beyond for a while: each refusal is a rest for all. */
const NEAR = 0.95
/** Refusals of one burst that come within it make the rate more exact; later ones say nothing new. */
const BURST_MS = 500
const PLATEAU_MS = 30_000
/** Growth in a second right after a refusal; it doubles with each span without one. */
const GROWTH = 0.01
const GROWTH_DOUBLES_MS = 10_000
/** A refusal takes no more than this of the rate: of a second's calls chance decides some. */
const LARGEST_FALL = 0.5
/** After so long without a refusal nothing is known of a limit any more. */
const FORGET_MS = 120_000
/** A timer that fires late costs nothing up to this. */
const SLACK_MS = 50

/**
 * How often a deployment is called that has refused calls by a rate limit.
 * Without it, calls would go out as many at a time as configured, most of them
 * to be refused, and each refusal lets the deployment rest. Whoever was refused
 * learns by it what is taken: the calls of the last second that were not. From
 * then on calls are spaced out at a little less than that, and the rate grows,
 * slowly at first, up to just below what was taken then; only half a minute later
 * is more tried, until the next refusal. A limit is fleet-wide and none of
 * this: each worker finds its part of it.
 */
export class Pace {
  /** Undefined: no limit is known. */
  #perSecond: number | undefined
  #nextAt = 0
  /** Calls that began and were not refused, of late and for longer: a burst shows in the first only. */
  readonly #taken = new FadingCount(SPAN_MS)
  readonly #takenFor = new FadingCount(LONG_SPAN_MS)
  /** Calls that took their turn until then are of one burst: refusals of more of them belong together. */
  #refusedAt = Number.NEGATIVE_INFINITY
  /** The rate before the first of them. */
  #before: number | undefined
  #grownAt = 0
  /** Calls per second that were taken when some were refused last. */
  #limit = Number.POSITIVE_INFINITY

  /** Epoch milliseconds from which a call may begin. */
  get nextAt(): number {
    return this.#nextAt
  }

  /** A call takes its turn. */
  take(now: number): void {
    this.#grow(now)
    this.#count(1, now)
    this.#space(now, 1)
  }

  /** The call that took its turn was not made. */
  giveBack(now: number): void {
    this.#count(-1, now)
    this.#space(now, -1)
  }

  /** @param takenAt when the call took its turn */
  refused(takenAt: number, now: number): void {
    this.#taken.forget(takenAt, now)
    this.#takenFor.forget(takenAt, now)
    // One that comes late tells of the rate at its burst, and not of the rest since then.
    const isNew = takenAt > this.#refusedAt
    if (!isNew && now - this.#refusedAt > BURST_MS) return
    if (isNew) {
      this.#before = this.#perSecond
      this.#refusedAt = now
    }
    const most = this.#before ?? Number.POSITIVE_INFINITY
    const least = Math.max(LEAST_PER_SECOND, (this.#before ?? 0) * LARGEST_FALL)
    const taken = this.#taken.perSecond(now)
    this.#limit = Math.min(taken, this.#takenFor.perSecond(now))
    this.#perSecond = Math.max(least, Math.min(most, CAUTION * taken))
    this.#grownAt = now
  }

  #space(now: number, calls: number): void {
    if (this.#perSecond === undefined) return
    this.#nextAt = Math.max(this.#nextAt, now - SLACK_MS) + (calls * 1_000) / this.#perSecond
  }

  #count(calls: number, now: number): void {
    this.#taken.add(calls, now)
    this.#takenFor.add(calls, now)
  }

  #grow(now: number): void {
    if (this.#perSecond === undefined) return
    const quietMs = now - this.#refusedAt
    if (quietMs >= FORGET_MS) {
      this.#perSecond = undefined
      this.#nextAt = 0
      return
    }
    const growth = GROWTH * 2 ** (quietMs / GROWTH_DOUBLES_MS)
    const grown = this.#perSecond * (1 + (growth * (now - this.#grownAt)) / 1_000)
    const most = quietMs < PLATEAU_MS ? Math.max(this.#perSecond, NEAR * this.#limit) : grown
    this.#perSecond = Math.min(grown, most)
    this.#grownAt = now
  }
}

/** What happened, each fading with its age. */
class FadingCount {
  readonly #spanMs: number
  #count = 0
  #at = 0

  constructor(spanMs: number) {
    this.#spanMs = spanMs
  }

  add(count: number, now: number): void {
    this.#fade(now)
    this.#count = Math.max(0, this.#count + count)
  }

  /** What happened once at that time is not to count. */
  forget(at: number, now: number): void {
    this.#fade(now)
    this.#count = Math.max(0, this.#count - Math.exp((at - now) / this.#spanMs))
  }

  perSecond(now: number): number {
    this.#fade(now)
    return (this.#count * 1_000) / this.#spanMs
  }

  #fade(now: number): void {
    this.#count *= Math.exp((this.#at - now) / this.#spanMs)
    this.#at = now
  }
}
