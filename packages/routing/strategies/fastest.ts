import { count } from '../figures.ts'
import { loadOf } from '../live-view.ts'
import { bestFirst, choiceOf, explain } from './ranking.ts'
import type { Contender, StrategyFactory } from './strategy.ts'

/** A model without figures is tried while it has fewer jobs than this… */
const EXPLORED_AT_A_TIME = 2
/** …and was tried in fewer decisions than this within the current second. */
const EXPLORED_PER_SECOND = 2
/** What is assumed when no model has figures yet. */
const ASSUMED_LATENCY_MS = 1_000

/**
 * Lowest expected time: the mean latency of a model's calls × (1 + load); the
 * score is minus the milliseconds.
 *
 * A model that was never called has no latency, and never choosing it would
 * keep it so. It is explored as if it answered at once, within two bounds, so
 * that a slow newcomer costs a few jobs and not all: `EXPLORED_AT_A_TIME` jobs
 * of it in flight or queued, and, since those figures arrive late,
 * `EXPLORED_PER_SECOND` decisions. Beyond the bounds it counts as the slowest
 * known; several such models of equal load take turns.
 */
export const fastest: StrategyFactory = () => {
  const trials = new Trials()
  return ({ contenders, now }) => {
    const slowestMs = slowestKnownMs(contenders)
    const expectedMs = ({ live }: Contender) => (live.latencyMs ?? slowestMs) * (1 + loadOf(live))
    const ranked = bestFirst(contenders, contender => {
      if (contender.live.latencyMs !== undefined) return -expectedMs(contender)
      if (trials.allow(contender, now)) return 0
      return -expectedMs(contender) - trials.recency(contender)
    })
    const { contender, score } = choiceOf(ranked)
    const unknown = contender.live.latencyMs === undefined
    if (unknown) trials.note(contender, now)
    const reason =
      unknown && score === 0 && ranked.length > 1
        ? `tried to learn its latency, of ${ranked.length} models that qualify`
        : explain('fastest', ranked, other => `${count(expectedMs(other))} ms expected`)
    return { ranked, reason, propensity: 1 }
  }
}

function slowestKnownMs(contenders: readonly Contender[]): number {
  let slowestMs: number | undefined
  for (const { live } of contenders) {
    if (live.latencyMs !== undefined) slowestMs = Math.max(slowestMs ?? 0, live.latencyMs)
  }
  return slowestMs ?? ASSUMED_LATENCY_MS
}

/** Which models without a latency were tried, and when. */
class Trials {
  readonly #inSecond = new Map<string, number>()
  readonly #lastTurns = new Map<string, number>()
  #second = Number.NaN
  #turn = 0

  allow({ name, live }: Contender, now: number): boolean {
    if (live.inFlight + live.queued >= EXPLORED_AT_A_TIME) return false
    if (Math.floor(now / 1_000) !== this.#second) return true
    return (this.#inSecond.get(name) ?? 0) < EXPLORED_PER_SECOND
  }

  note({ name }: Contender, now: number): void {
    const second = Math.floor(now / 1_000)
    if (second !== this.#second) {
      this.#second = second
      this.#inSecond.clear()
    }
    this.#inSecond.set(name, (this.#inSecond.get(name) ?? 0) + 1)
    this.#turn += 1
    this.#lastTurns.set(name, this.#turn)
  }

  /** 0 for a model never tried, 1 for the one tried last: a millisecond at most, to take turns among equals. */
  recency({ name }: Contender): number {
    return (this.#lastTurns.get(name) ?? 0) / Math.max(1, this.#turn)
  }
}
