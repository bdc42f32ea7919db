import { type Lane, lanes } from '@longhaul/contracts'
import { CountHistory } from './count-history.ts'
import {
  type Prediction,
  predictWait,
  type QueueState,
  restOfCall,
  withCall,
} from './prediction.ts'

/**
 * Jobs that were accepted, whatever their model: when, more exactly than looks
 * tell. Of several processes that accept each knows a part, which is as the whole.
 */
export type Accepted = Record<Lane, CountHistory>

export function nothingAccepted(): Accepted {
  return perLane(() => new CountHistory())
}

/** What is known of a model's calls at every moment. */
export interface CallsNow {
  /** Calls that began since some fixed moment. */
  begun: Record<Lane, number>
  inFlight: number
  /** Calls at a time, as configured. */
  capacity: number
  /** Mean and standard deviation of a call; undefined before the first. */
  latencyMs: number | undefined
  latencySdMs: number | undefined
}

/** What is seen of a model's queue when somebody looks. */
export interface QueueSight extends CallsNow {
  /** Epoch milliseconds. */
  now: number
  /** Jobs that wait. */
  waiting: Record<Lane, number>
}

/** How long what was seen counts in the rates: after this, a third as much. */
const MEMORY_MS = 30_000
/** Of several jobs of one millisecond, each comes in the midst of them. */
const HALF_A_MOMENT_MS = 0.5
/** Between two looks that are further apart nobody knows whether jobs waited throughout. */
const LONGEST_LOOK_MS = 3_000
/** As many calls as the observed pace must rest on to count as much as the one that is worked out. */
const TRUSTED_CALLS = 5
/**
 * How the queue of one model moves, from looking at it now and then: what came,
 * by what waits and what began since the look before; and how fast calls begin
 * while jobs wait. Until enough of that was seen the pace is what concurrency
 * and latency allow; what a provider's limits leave of it shows in the pace.
 */
export class QueueWatch {
  #sight: QueueSight | undefined
  readonly #weights: Record<Lane, number>
  readonly #arrivals = perLane(() => 0)
  #watchedMs = 0
  #calls = 0
  #busyCalls = 0
  #busyMs = 0
  /** Calls in flight while jobs waited, times milliseconds. */
  #busyInFlight = 0
  /** Lately: jobs that came, of those that were accepted. */
  readonly #shares = perLane(() => ({ came: 0, of: 0, acceptedBefore: 0 }))
  readonly #accepted: Accepted
  /** Since the look before. */
  #sent = perLane(() => 0)
  #now: CallsNow | undefined

  constructor(weights: Record<Lane, number>, accepted: Accepted = nothingAccepted()) {
    this.#weights = weights
    this.#accepted = accepted
  }

  observe(sight: QueueSight): void {
    const last = this.#sight
    this.#sight = sight
    this.#now = sight
    this.#sent = perLane(() => 0)
    if (!last) {
      for (const lane of lanes) this.#count(lane, sight.waiting[lane] + sight.begun[lane], 1)
      return
    }
    const elapsedMs = sight.now - last.now
    if (elapsedMs <= 0) return
    const kept = Math.exp(-elapsedMs / MEMORY_MS)
    let begun = 0
    for (const lane of lanes) {
      // A process that left takes its count with it: nothing began backwards.
      const ofLane = Math.max(0, sight.begun[lane] - last.begun[lane])
      const came = ofLane + sight.waiting[lane] - last.waiting[lane]
      begun += ofLane
      this.#count(lane, came, kept)
      this.#arrivals[lane] = this.#arrivals[lane] * kept + came
    }
    this.#watchedMs = this.#watchedMs * kept + elapsedMs
    this.#calls = this.#calls * kept + begun
    const busy = elapsedMs <= LONGEST_LOOK_MS && isBusy(last) && isBusy(sight)
    this.#busyCalls = this.#busyCalls * kept + (busy ? begun : 0)
    this.#busyMs = this.#busyMs * kept + (busy ? elapsedMs : 0)
    this.#busyInFlight = this.#busyInFlight * kept + (busy ? elapsedMs * sight.inFlight : 0)
  }

  #count(lane: Lane, came: number, kept: number): void {
    const share = this.#shares[lane]
    const accepted = this.#accepted[lane].last
    share.came = share.came * kept + came
    share.of = share.of * kept + accepted - share.acceptedBefore
    share.acceptedBefore = accepted
  }

  /** Between two looks: what began has left the queue. */
  update(now: CallsNow): void {
    this.#now = now
  }

  /** A job was sent there: it waits before those to come, though no look has shown it yet. */
  sent(lane: Lane): void {
    this.#sent[lane] += 1
  }

  /**
   * Until a call can begin; undefined while no call was seen.
   * @param since when the job began to wait; default: now
   */
  wait(lane: Lane, since?: number): Prediction | undefined {
    const state = this.#state()
    if (!state) return undefined
    const ahead = since === undefined ? state.waiting[lane] : this.#ahead(lane, since)
    return predictWait(state, lane, ahead)
  }

  /**
   * Until a job that waits since then has its answer.
   * @param heldMs for which it may not begin, whatever the queue
   */
  answer(lane: Lane, since: number, heldMs = 0): Prediction | undefined {
    const wait = this.wait(lane, since)
    const { latencyMs } = this.#now ?? {}
    if (!wait || latencyMs === undefined) return undefined
    const begins = {
      ms: Math.max(heldMs, wait.ms),
      earliestMs: Math.max(heldMs, wait.earliestMs),
      latestMs: Math.max(heldMs, wait.latestMs),
    }
    return withCall(begins, latencyMs, this.#variation)
  }

  /** Until a call that began before so long ends. */
  rest(elapsedMs: number): Prediction | undefined {
    const { latencyMs } = this.#now ?? {}
    if (latencyMs === undefined) return undefined
    return restOfCall(elapsedMs, latencyMs, this.#variation)
  }

  get #variation(): number {
    const { latencyMs, latencySdMs } = this.#now ?? {}
    return latencyMs ? (latencySdMs ?? 0) / latencyMs : 0
  }

  #state(): QueueState | undefined {
    const now = this.#now
    if (!now?.latencyMs) return undefined
    const waiting = perLane(lane => this.#waiting(lane))
    const trust = this.#busyCalls / (this.#busyCalls + TRUSTED_CALLS)
    // Several workers take more at a time than the configuration of one says; limits allow less.
    const observed = this.#busyMs > 0 ? this.#busyInFlight / this.#busyMs : now.capacity
    const atATime = Math.max(1, trust * observed + (1 - trust) * now.capacity)
    const observedMs = this.#busyCalls > 0 ? this.#busyMs / this.#busyCalls : 0
    const msPerCall = trust * observedMs + (1 - trust) * (now.latencyMs / atATime)
    const variation = this.#variation
    return {
      waiting,
      arrivals: perLane(lane => Math.max(0, this.#arrivals[lane] / Math.max(1, this.#watchedMs))),
      weights: this.#weights,
      inFlight: now.inFlight,
      // While jobs wait no call is free for another.
      capacity: lanes.some(lane => waiting[lane] > 0)
        ? Math.max(1, Math.min(now.inFlight, atATime))
        : now.capacity,
      pace: 1 / Math.max(1e-6, msPerCall),
      variation,
      paceError: variation / Math.sqrt(Math.max(1, 2 * this.#calls)),
    }
  }

  #waiting(lane: Lane): number {
    const { waiting, begun } = this.#sight ?? {}
    if (!waiting || !begun) return 0
    const left = Math.max(0, (this.#now?.begun[lane] ?? 0) - begun[lane])
    return Math.max(0, waiting[lane] + this.#sent[lane] - left)
  }

  /**
   * Of those that wait now, those that came before: the others are as many as
   * were accepted since, as far as such jobs come to this model.
   */
  #ahead(lane: Lane, since: number): number {
    const waiting = this.#waiting(lane)
    const accepted = this.#accepted[lane]
    const { came, of } = this.#shares[lane]
    const share = of > 0 ? came / of : 0
    return Math.max(0, waiting - share * (accepted.last - accepted.by(since - HALF_A_MOMENT_MS)))
  }
}

/**
 * So many wait that none is free meanwhile. Where only a few do, it is because
 * calls happen to take long: they would tell of too slow a pace.
 */
function isBusy({ waiting, capacity }: QueueSight): boolean {
  return lanes.reduce((sum, lane) => sum + waiting[lane], 0) >= capacity / 2
}

function perLane<T>(of: (lane: Lane) => T): Record<Lane, T> {
  return { interactive: of('interactive'), standard: of('standard'), bulk: of('bulk') }
}
