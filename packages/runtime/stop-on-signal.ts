import { constants } from 'node:os'
import { type Clock, systemClock } from '@longhaul/contracts'
import type { Logger } from '@longhaul/telemetry'
import { type Stoppable, type StopReport, stopInOrder } from './lifecycle.ts'

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

export interface SignalSource {
  on(signal: StopSignal, listener: () => void): unknown
  off(signal: StopSignal, listener: () => void): unknown
}

export interface StopOnSignalOptions {
  /** Default: SIGINT and SIGTERM. */
  signals?: readonly StopSignal[]
  /** Ends the process; called once all is stopped, or at the second signal. Default: `process.exit`. */
  exit?: (code: number) => void
  /** Stops as a signal does: for a process that ends by itself. */
  abort?: AbortSignal
  logger?: Logger
  clock?: Clock
  source?: SignalSource
}

/** How a shell reports a process that a signal ended. */
const SIGNAL_EXIT_BASE = 128

/**
 * Waits for the first signal, then stops the parts in the order given (intake
 * first) within `shutdownMs` and exits: 0, or 1 when a part did not stop. A
 * second signal exits at once.
 */
export async function stopOnSignal(
  parts: readonly Stoppable[],
  shutdownMs: number,
  options: StopOnSignalOptions = {},
): Promise<StopReport> {
  const { signals = ['SIGINT', 'SIGTERM'], logger, clock = systemClock } = options
  const exit = options.exit ?? (code => process.exit(code))
  const source: SignalSource = options.source ?? process
  const { promise: first, resolve: begin } = Promise.withResolvers<string>()
  let begun = false

  const listeners = signals.map(signal => {
    const listener = () => {
      if (begun) exit(SIGNAL_EXIT_BASE + constants.signals[signal])
      begun = true
      begin(signal)
    }
    source.on(signal, listener)
    return { signal, listener }
  })
  const onAbort = () => {
    begun = true
    begin('request')
  }
  if (options.abort?.aborted) onAbort()
  options.abort?.addEventListener('abort', onAbort, { once: true })

  const reason = await first
  logger?.info({ reason, shutdownMs }, 'stopping; a second signal ends it at once')
  const report = await stopInOrder(parts, shutdownMs, { clock, ...(logger ? { logger } : {}) })
  for (const { signal, listener } of listeners) source.off(signal, listener)
  options.abort?.removeEventListener('abort', onAbort)
  exit(report.unfinished.length === 0 ? 0 : 1)
  return report
}
