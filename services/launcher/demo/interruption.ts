import type { Clock } from '@longhaul/contracts'

/** Ctrl-C may reach the program twice: from the terminal, and passed on by npm. */
const SAME_KEYSTROKE_MS = 500

/**
 * Aborts at the first SIGINT or SIGTERM, so that everything is cleaned up; a
 * later one exits at once.
 */
export function abortOnSignal(clock: Clock): AbortSignal {
  const controller = new AbortController()
  let firstAt: number | undefined
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (firstAt !== undefined && clock.now() - firstAt > SAME_KEYSTROKE_MS) process.exit(130)
      if (firstAt !== undefined) return
      firstAt = clock.now()
      controller.abort(new InterruptedError())
    })
  }
  return controller.signal
}

class InterruptedError extends Error {
  readonly code = 'interrupted'
  constructor() {
    super('Interrupted; everything was stopped and removed.')
    this.name = 'InterruptedError'
  }
}
