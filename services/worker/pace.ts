/** Over so long calls are counted: what limits allow at once, before they count, is seen as a rate. */
const SPAN_MS = 1_000
/** Of the rate at which the deployment took calls: so much is tried next. */
const CAUTION = 0.9
const LEAST_PER_SECOND = 1
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
 * slowly at first, until the next refusal. A limit is fleet-wide and none of
 * this: each worker finds its part of it.
 */
export class Pace {
  /** Undefined: no limit is known. */
  #perSecond: number | undefined
  #nextAt = 0
  /** Calls that began and were not refused, each fading with its age. */
  #taken = 0
  #countedAt = 0
  /** Calls that took their turn until then are of one burst: refusals of more of them belong together. */
  #refusedAt = Number.NEGATIVE_INFINITY
  /** The rate before the first of them. */
  #before: number | undefined
  #grownAt = 0

  /** Epoch milliseconds from which a call may begin. */
  get nextAt(): number {
    return this.#nextAt
  }

  /** A call takes its turn. */
  take(now: number): void {
    this.#grow(now)
    this.#fade(now)
    this.#taken += 1
    this.#space(now, 1)
  }

  /** The call that took its turn was not made. */
  giveBack(now: number): void {
    this.#fade(now)
    this.#taken = Math.max(0, this.#taken - 1)
    this.#space(now, -1)
  }

  /** @param takenAt when the call took its turn */
  refused(takenAt: number, now: number): void {
    this.#fade(now)
    this.#taken = Math.max(0, this.#taken - Math.exp((takenAt - now) / SPAN_MS))
    if (takenAt > this.#refusedAt) {
      this.#before = this.#perSecond
      this.#refusedAt = now
    }
    const most = this.#before ?? Number.POSITIVE_INFINITY
    const least = Math.max(LEAST_PER_SECOND, (this.#before ?? 0) * LARGEST_FALL)
    const rate = (CAUTION * this.#taken * 1_000) / SPAN_MS
    this.#perSecond = Math.max(least, Math.min(most, rate))
    this.#grownAt = now
  }

  #space(now: number, calls: number): void {
    if (this.#perSecond === undefined) return
    this.#nextAt = Math.max(this.#nextAt, now - SLACK_MS) + (calls * 1_000) / this.#perSecond
  }

  #fade(now: number): void {
    this.#taken *= Math.exp((this.#countedAt - now) / SPAN_MS)
    this.#countedAt = now
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
    this.#perSecond *= 1 + (growth * (now - this.#grownAt)) / 1_000
    this.#grownAt = now
  }
}
