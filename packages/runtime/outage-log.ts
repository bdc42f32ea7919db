import type { Clock } from '@longhaul/contracts'

interface Logger {
  warn(fields: object, text: string): void
}

/** The store or the bus is away, or has too much to do: that passes. */
export function isOutage(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown }
  return OUTAGES.has(String(code))
}

const OUTAGES = new Set(['store_unavailable', 'store_busy', 'bus_unavailable', 'bus_full'])
const EVERY_MS = 30_000

/**
 * For what is tried again and again: an outage stops all that is under way, and
 * is told once in 30 s with how often more it was met. Any other failure is told
 * each time.
 */
export class OutageLog {
  readonly #logger: Logger
  readonly #clock: Clock
  #toldAt = Number.NEGATIVE_INFINITY
  #untold = 0

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger
    this.#clock = clock
  }

  warn(error: unknown, fields: object, text: string): void {
    if (!isOutage(error)) {
      this.#logger.warn({ err: error, ...fields }, text)
      return
    }
    const now = this.#clock.now()
    if (now - this.#toldAt < EVERY_MS) {
      this.#untold += 1
      return
    }
    this.#logger.warn({ err: error, ...fields, untold: this.#untold }, text)
    this.#toldAt = now
    this.#untold = 0
  }
}
