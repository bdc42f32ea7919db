const TICK_MS = 10
/** Above this nobody ran: the machine was paused, or others had the processors. */
const PAUSE_MS = 500

/**
 * Time in which this process was let run, for bounds on what the code under
 * test may take. A pause of the whole machine counts as one tick, and where
 * others have the processors ticks come late as well; a timer that is set too
 * long, or an answer that nobody sends, shows as on a stopwatch. Not for work
 * that holds the event loop: that counts as one tick, too.
 */
export class RunningTime {
  #ticks = 0
  #pausedMs = 0
  #tickedAt = performance.now()
  readonly #timer = setInterval(() => {
    const gapMs = performance.now() - this.#tickedAt
    this.#tickedAt += gapMs
    this.#ticks += 1
    if (gapMs > PAUSE_MS) this.#pausedMs += gapMs - PAUSE_MS
  }, TICK_MS)

  /** Milliseconds since it was made, never more than a clock on the wall shows. */
  get elapsedMs(): number {
    return this.#ticks * TICK_MS
  }

  /** What a clock on the wall shows of pauses beyond their first half second: timers that were running ran on. */
  get pausedMs(): number {
    return this.#pausedMs
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

/** What the work takes of it, in milliseconds. */
export async function runningMs(work: () => Promise<unknown>): Promise<number> {
  const time = new RunningTime()
  try {
    await work()
    return time.elapsedMs
  } finally {
    time.stop()
  }
}
