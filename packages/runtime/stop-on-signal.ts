import { constants } from 'node:os'
import { type Clock, systemClock } from '@longhaul/contracts'
import type { Logger } from '@longhaul/telemetry'
import { type Stoppable, type StopReport, stopInOrder } from './lifecycle.ts'

/** Not SIGHUP: whoever listens to it stops when a terminal is closed, `nohup` or not. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const
export type StopSignal = (typeof SIGNALS)[number]

export interface SignalSource {
  on(signal: StopSignal, listener: () => void): unknown
  off(signal: StopSignal, listener: () => void): unknown
}

export interface StopOnSignalOptions {
  /** Ends the process; called once all is stopped, or at the second signal. Default: `process.exit`. */
  exit?: (code: number) => void
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
  const { logger, clock = systemClock } = options
  const exit = options.exit ?? (code => process.exit(code))
  const source: SignalSource = options.source ?? process
  const { promise: first, resolve: begin } = Promise.withResolvers<StopSignal>()
  let begun = false

  const listeners = SIGNALS.map(signal => {
    const listener = () => {
      if (begun) exit(SIGNAL_EXIT_BASE + constants.signals[signal])
      begun = true
      begin(signal)
    }
    source.on(signal, listener)
    return { signal, listener }
  })
  const received = await first
  logger?.info({ signal: received, shutdownMs }, 'stopping; a second signal ends it at once')
  const report = await stopInOrder(parts, shutdownMs, { clock, ...(logger ? { logger } : {}) })
  for (const { signal, listener } of listeners) source.off(signal, listener)
  exit(report.unfinished.length === 0 ? 0 : 1)
  return report
}
