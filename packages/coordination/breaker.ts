import type { Clock } from '@longhaul/contracts'
import { CallWindow } from './call-window.ts'
import type { BreakerOptions, BreakerView, CallOutcome, Permit, Probing } from './port.ts'

const CLOSED: BreakerView = Object.freeze({
  state: 'closed',
  openUntil: undefined,
  reason: undefined,
})

/** What each state must hold. */
type State =
  | { kind: 'closed' }
  | { kind: 'open'; until: number }
  | { kind: 'half-open'; since: number; permitsOut: number; successes: number }

/** Why a breaker is not closed, as it is told to others. */
export interface Opening {
  /** Epoch milliseconds; once it has passed, the breaker is half-open. */
  until: number
  reason: string
  /** Openings by failures since it was last closed. */
  trips: number
}

export interface BreakerDependencies {
  clock: Clock
  changed: (view: BreakerView) => void
  /** A probe's permit came back, and the breaker is still half-open. */
  permitFree?: () => void
  /** Whether failures of calls open it; else somebody judges for all, and tells by `adopt`. */
  judges?: () => boolean
}

/**
 * The circuit breaker of one deployment.
 *
 * `closed`: every call gets a permit. Outcomes are counted over the last
 * `windowMs`; once at least `minCalls` of them are there and the share of
 * failures is `failureRate` or more, it opens.
 *
 * `open`: no call gets a permit until `until`. The first time this takes
 * `openForMs`, and twice as long, up to `maxOpenForMs`, each further time
 * without having been closed in between. `holdUntil` opens it from any state,
 * or keeps it open longer; the later end counts. A hold is the provider's
 * word, not a failure, so it doubles nothing. At the end it turns half-open,
 * after a hold as well, so that a deployment comes back by probes and not
 * under full load.
 *
 * `half-open`: at most `probes` permits are out at a time. As many successes
 * close it, with an empty window; one failure opens it again; a neutral
 * outcome only gives its permit back.
 *
 * A permit counts only in the state that gave it: a call that began before the
 * breaker opened says nothing about the provider after it, so each change of
 * state begins an epoch, and permits of an earlier one settle without effect.
 *
 * One timer runs while it is open, to announce the end; the state is right
 * without it, since whoever asks after the end finds it half-open.
 *
 * Where several processes share a breaker, each has one of these, and `adopt`
 * tells it what the others found: of two ends the later counts, here as well.
 */
export class Breaker {
  readonly #clock: Clock
  readonly #options: BreakerOptions
  readonly #changed: (view: BreakerView) => void
  readonly #permitFree: () => void
  readonly #judges: () => boolean
  readonly #window: CallWindow
  #state: State = { kind: 'closed' }
  #view = CLOSED
  #epoch = 0
  /** Openings by failures since it was last closed. */
  #trips = 0
  #cancelTimer: (() => void) | undefined
  #stopped = false

  constructor(dependencies: BreakerDependencies, options: BreakerOptions) {
    this.#clock = dependencies.clock
    this.#changed = dependencies.changed
    this.#permitFree = dependencies.permitFree ?? (() => {})
    this.#judges = dependencies.judges ?? (() => true)
    this.#options = options
    this.#window = new CallWindow(options.windowMs)
  }

  view(): BreakerView {
    this.#endOpenWhenDue()
    return this.#view
  }

  /** Rises with each change of state: a permit of an earlier one is worth nothing. */
  get epoch(): number {
    this.#endOpenWhenDue()
    return this.#epoch
  }

  /** Undefined while closed. */
  get opening(): Opening | undefined {
    this.#endOpenWhenDue()
    const state = this.#state
    if (state.kind === 'closed') return undefined
    const until = state.kind === 'open' ? state.until : state.since
    return { until, reason: this.#view.reason ?? '', trips: this.#trips }
  }

  /** Calls under way that were let pass since it is half-open. */
  get probesOut(): number {
    this.#endOpenWhenDue()
    return this.#state.kind === 'half-open' ? this.#state.permitsOut : 0
  }

  acquire({ alone = false }: Probing = {}): Permit | undefined {
    this.#endOpenWhenDue()
    const state = this.#state
    if (state.kind === 'open') return undefined
    if (state.kind === 'half-open') {
      if (state.permitsOut >= (alone ? 1 : this.#options.probes)) return undefined
      state.permitsOut += 1
    }
    return new BreakerPermit(this, this.#epoch)
  }

  /** No effect unless `epochMs` lies ahead, and beyond the end that is already set. */
  holdUntil(epochMs: number, reason: string): void {
    this.#endOpenWhenDue()
    const until = this.#state.kind === 'open' ? this.#state.until : this.#clock.now()
    if (epochMs > until) this.#open(epochMs, reason)
  }

  /**
   * What others found; undefined: closed. It shortens no time for which this
   * one is open, unless they `knew` of that and have closed it since: their
   * clocks are ahead.
   */
  adopt(opening: Opening | undefined, knew = false): void {
    this.#endOpenWhenDue()
    const state = this.#state
    if (opening === undefined) {
      if (state.kind === 'half-open' || (state.kind === 'open' && knew)) this.#close()
      return
    }
    this.#trips = Math.max(this.#trips, opening.trips)
    if (state.kind === 'open' && opening.until <= state.until) return
    if (opening.until > this.#clock.now()) {
      this.#open(opening.until, opening.reason)
    } else if (state.kind === 'closed') {
      this.#halfOpen(opening.until, opening.reason)
    }
  }

  settle(epoch: number, outcome: CallOutcome): void {
    if (epoch !== this.#epoch) return
    const state = this.#state
    switch (state.kind) {
      case 'closed':
        if (outcome !== 'neutral') this.#count(outcome)
        return
      case 'half-open':
        state.permitsOut -= 1
        if (outcome === 'failure') this.#trip('a probe failed')
        else if (outcome === 'success') this.#countProbe(state)
        if (this.#state === state) this.#permitFree()
        return
      case 'open': // gives no permit, so none of its epoch comes back
    }
  }

  /** It goes on judging, for calls that are still under way, but leaves no timer behind. */
  stop(): void {
    this.#stopped = true
    this.#cancelTimer?.()
  }

  #count(outcome: 'success' | 'failure'): void {
    const { calls, failures } = this.#window.add(this.#clock.now(), outcome === 'failure')
    const { minCalls, failureRate, windowMs } = this.#options
    if (!this.#judges()) return
    if (calls < minCalls || failures < calls * failureRate) return
    this.#trip(`${failures} of ${calls} calls failed within ${windowMs / 1_000} s`)
  }

  #countProbe(state: Extract<State, { kind: 'half-open' }>): void {
    state.successes += 1
    if (state.successes >= this.#options.probes) this.#close()
  }

  #close(): void {
    this.#cancelTimer?.()
    this.#trips = 0
    this.#window.clear()
    this.#enter({ kind: 'closed' }, CLOSED)
  }

  #trip(reason: string): void {
    const { openForMs, maxOpenForMs } = this.#options
    const openMs = Math.min(openForMs * 2 ** this.#trips, maxOpenForMs)
    this.#trips += 1
    this.#open(this.#clock.now() + openMs, reason)
  }

  #open(until: number, reason: string): void {
    this.#armTimer(until)
    this.#enter({ kind: 'open', until }, { state: 'open', openUntil: until, reason })
  }

  /** It may fire early: the longest takes 24 days, and the wall clock may be set back. */
  #armTimer(until: number): void {
    this.#cancelTimer?.()
    if (this.#stopped) return
    this.#cancelTimer = this.#clock.schedule(until - this.#clock.now(), () => {
      if (this.#clock.now() < until) this.#armTimer(until)
      else this.#endOpenWhenDue()
    })
  }

  #endOpenWhenDue(): void {
    const state = this.#state
    if (state.kind !== 'open' || this.#clock.now() < state.until) return
    this.#cancelTimer?.()
    this.#halfOpen(state.until, this.#view.reason)
  }

  #halfOpen(since: number, reason: string | undefined): void {
    this.#enter(
      { kind: 'half-open', since, permitsOut: 0, successes: 0 },
      { state: 'half-open', openUntil: undefined, reason },
    )
  }

  #enter(state: State, view: BreakerView): void {
    this.#epoch += 1
    this.#state = state
    this.#view = Object.freeze(view)
    this.#changed(view)
  }
}

class BreakerPermit implements Permit {
  readonly #breaker: Breaker
  readonly #epoch: number
  #settled = false

  constructor(breaker: Breaker, epoch: number) {
    this.#breaker = breaker
    this.#epoch = epoch
  }

  settle(outcome: CallOutcome): void {
    if (this.#settled) return
    this.#settled = true
    this.#breaker.settle(this.#epoch, outcome)
  }
}
