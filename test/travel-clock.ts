import { type Clock, systemClock } from '@longhaul/contracts'

interface Timer {
  dueAt: number
  fire: () => void
  cancel: () => void
}

/**
 * Real time that a test can push ahead: for systems with real servers, whose
 * rounds run by themselves, and waits of minutes that no test should sit out.
 */
export class TravelClock implements Clock {
  #offsetMs = 0
  readonly #timers = new Set<Timer>()

  now(): number {
    return Date.now() + this.#offsetMs
  }

  schedule(delayMs: number, fire: () => void): () => void {
    const timer: Timer = { dueAt: this.now() + delayMs, fire, cancel: () => {} }
    this.#timers.add(timer)
    this.#arm(timer)
    return () => {
      timer.cancel()
      this.#timers.delete(timer)
    }
  }

  /** What falls due on the way fires soon after. */
  travel(ms: number): void {
    this.#offsetMs += ms
    for (const timer of this.#timers) {
      timer.cancel()
      this.#arm(timer)
    }
  }

  #arm(timer: Timer): void {
    timer.cancel = systemClock.schedule(timer.dueAt - this.now(), () => {
      this.#timers.delete(timer)
      timer.fire()
    })
  }
}
