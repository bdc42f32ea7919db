import type { IncomingHttpHeaders } from 'node:http'

/**
 * A call is in flight from the moment its body has arrived until one of:
 * - answered: the whole answer, or the error, was handed to the socket
 * - dropped: the simulator destroyed the socket, as a fault told it to
 * - aborted: the client left first
 */
export type CallOutcome = 'in-flight' | 'answered' | 'dropped' | 'aborted'

export interface LoggedCall {
  marker: string | undefined
  model: string
  path: string
  /** Milliseconds since the epoch, with fractions. */
  at: number
  endedAt: number | undefined
  outcome: CallOutcome
  /** The HTTP status sent, if any was. */
  status: number | undefined
  /** The kind of fault that struck the call, if one did. */
  fault: string | undefined
  /** Those that tell callers and attempts apart; names in lower case. */
  headers: Record<string, string>
}

/** Live counts: they move on while they are held. */
export interface CallCounts {
  readonly total: number
  readonly byMarker: ReadonlyMap<string, number>
  readonly byModel: ReadonlyMap<string, number>
  readonly inFlight: number
  readonly maxInFlight: number
  /** Calls whose client disconnected before the answer was complete. */
  readonly aborted: number
  /** Calls whose prompt carried the marker. */
  of(marker: string): number
}

/** A call while it runs; the log keeps it, so it holds no request or socket. */
export interface OpenCall extends LoggedCall {
  readonly era: number
}

interface Waiter {
  predicate: (calls: CallCounts) => boolean
  resolve: () => void
  reject: (reason: unknown) => void
}

const loggedHeaders = [
  'authorization',
  'x-api-key',
  'anthropic-version',
  'idempotency-key',
  'user-agent',
  'x-request-id',
  'x-stainless-retry-count',
  'traceparent',
]

/** Counts calls, keeps the last `logLimit` of them, and wakes who waits for a count. */
export class CallRegistry implements CallCounts {
  total = 0
  inFlight = 0
  maxInFlight = 0
  aborted = 0
  readonly byMarker = new Map<string, number>()
  readonly byModel = new Map<string, number>()
  readonly #clock: () => number
  readonly #logLimit: number
  readonly #waiters = new Set<Waiter>()
  #log: OpenCall[] = []
  #logNext = 0
  #era = 0

  constructor(dependencies: { clock: () => number }, options: { logLimit: number }) {
    this.#clock = dependencies.clock
    this.#logLimit = options.logLimit
  }

  of(marker: string): number {
    return this.byMarker.get(marker) ?? 0
  }

  /** The recent calls, oldest first. */
  log(): LoggedCall[] {
    const inOrder = [...this.#log.slice(this.#logNext), ...this.#log.slice(0, this.#logNext)]
    return inOrder.map(({ era: _, ...call }) => call)
  }

  begin(
    call: Pick<LoggedCall, 'marker' | 'model' | 'path'>,
    headers: IncomingHttpHeaders,
  ): OpenCall {
    const { marker, model, path } = call
    const open: OpenCall = {
      marker,
      model,
      path,
      headers: pickHeaders(headers),
      at: this.#clock(),
      era: this.#era,
      endedAt: undefined,
      outcome: 'in-flight',
      status: undefined,
      fault: undefined,
    }
    this.total += 1
    this.inFlight += 1
    if (this.inFlight > this.maxInFlight) this.maxInFlight = this.inFlight
    if (marker !== undefined) this.byMarker.set(marker, this.of(marker) + 1)
    this.byModel.set(model, (this.byModel.get(model) ?? 0) + 1)
    this.#record(open)
    this.#wake()
    return open
  }

  end(call: OpenCall, outcome: Exclude<CallOutcome, 'in-flight'>): void {
    if (call.outcome !== 'in-flight') return
    call.outcome = outcome
    call.endedAt = this.#clock()
    if (call.era !== this.#era) return
    this.inFlight -= 1
    if (outcome === 'aborted') this.aborted += 1
    this.#wake()
  }

  /** Forgets all calls; those still in flight are not counted when they end. */
  reset(): void {
    this.total = 0
    this.inFlight = 0
    this.maxInFlight = 0
    this.aborted = 0
    this.byMarker.clear()
    this.byModel.clear()
    this.#log = []
    this.#logNext = 0
    this.#era += 1
    this.#wake()
  }

  /** Resolves once the predicate holds; it is asked whenever a call begins, ends or aborts. */
  waitFor(predicate: (calls: CallCounts) => boolean, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (predicate(this)) return Promise.resolve()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiter = { predicate, resolve, reject }
    const onAbort = () => reject(signal?.reason)
    this.#waiters.add(waiter)
    signal?.addEventListener('abort', onAbort, { once: true })
    return promise.finally(() => {
      this.#waiters.delete(waiter)
      signal?.removeEventListener('abort', onAbort)
    })
  }

  /** Rejects everyone who still waits. */
  close(reason: Error): void {
    for (const waiter of this.#waiters) waiter.reject(reason)
  }

  #record(call: OpenCall): void {
    this.#log[this.#logNext] = call
    this.#logNext = (this.#logNext + 1) % this.#logLimit
  }

  #wake(): void {
    for (const waiter of this.#waiters) {
      try {
        if (waiter.predicate(this)) waiter.resolve()
      } catch (error) {
        waiter.reject(error)
      }
    }
  }
}

/** A few of them: all that a client sends, kept for every logged call, is work for the collector. */
function pickHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const name of loggedHeaders) {
    const value = headers[name]
    if (value !== undefined) picked[name] = String(value)
  }
  return picked
}
