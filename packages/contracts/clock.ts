/** The time, and a way to wait for it; tests put a hand-driven one in its place. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Calls `fire` once, `delayMs` from now, unless the returned function is called first. */
  schedule(delayMs: number, fire: () => void): () => void
}

/** `setTimeout` overflows to 1 ms above this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(delayMs, fire) {
    const timer = setTimeout(fire, Math.min(Math.max(0, delayMs), LONGEST_TIMER_MS))
    return () => clearTimeout(timer)
  },
}

/** Resolves after `delayMs`, or at once when `signal` aborts; never rejects. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  return new Promise(resolve => {
    const finish = () => {
      cancel()
      signal?.removeEventListener('abort', finish)
      resolve()
    }
    const cancel = clock.schedule(delayMs, finish)
    signal?.addEventListener('abort', finish, { once: true })
  })
}
