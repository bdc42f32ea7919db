import { type Clock, type Config, systemClock } from '@longhaul/contracts'
import type { Logger } from '@longhaul/telemetry'
import type { HealthReport } from './health.ts'

/** Anything that ends; buses, stores and telemetry are, beside services. */
export interface Stoppable {
  readonly name?: string
  /**
   * Safe to call twice; resolves once work in flight has settled or
   * `budgetMs` milliseconds have passed.
   */
  stop(budgetMs: number): Promise<unknown>
}

export interface Service extends Stoppable {
  readonly name: string
  /** Resolves once it does its work. */
  start(): Promise<void>
  health(): HealthReport | Promise<HealthReport>
  /**
   * Takes up a changed configuration while it runs; jobs under way go on.
   * Called again when it rejects. Absent: it reads nothing that may change.
   */
  reconfigure?(config: Config): void | Promise<void>
}

export interface StopReport {
  /** Parts that failed to stop, or that were still busy at the deadline. */
  unfinished: string[]
  elapsedMs: number
}

interface StopDependencies {
  clock?: Clock
  logger?: Logger
}

/** What every later part still gets when the ones before it used up the time. */
const LAST_CHANCE_MS = 250

/**
 * Starts one after the other. When one fails, those before it are stopped in
 * reverse order, and its error is thrown.
 * @param stopMs for that stop, all together
 */
export async function startInOrder(
  services: readonly Service[],
  options: StopDependencies & { stopMs: number },
): Promise<void> {
  const started: Service[] = []
  for (const service of services) {
    // The one that fails half-way holds things as well.
    started.unshift(service)
    try {
      await service.start()
      options.logger?.debug({ part: service.name }, 'started')
    } catch (error) {
      await stopInOrder(started, options.stopMs, options)
      throw error
    }
  }
}

/** Stops one after the other, each within what is left of `totalMs`; never rejects. */
export async function stopInOrder(
  parts: readonly Stoppable[],
  totalMs: number,
  dependencies: StopDependencies = {},
): Promise<StopReport> {
  const clock = dependencies.clock ?? systemClock
  const begun = clock.now()
  const unfinished: string[] = []
  for (const [index, part] of parts.entries()) {
    const left = begun + totalMs - clock.now()
    const name = part.name ?? `part ${index + 1}`
    const fault = await stopOne(part, Math.max(left, LAST_CHANCE_MS), clock)
    if (fault === undefined) continue
    unfinished.push(name)
    dependencies.logger?.error({ part: name, err: fault }, 'did not stop in order')
  }
  return { unfinished, elapsedMs: clock.now() - begun }
}

async function stopOne(part: Stoppable, budgetMs: number, clock: Clock): Promise<unknown> {
  const { promise: late, resolve } = Promise.withResolvers<Error>()
  const cancel = clock.schedule(budgetMs, () =>
    resolve(new Error(`still busy after ${budgetMs} ms`)),
  )
  try {
    const stopped = (async () => {
      await part.stop(budgetMs)
    })()
    return await Promise.race([stopped, late])
  } catch (error) {
    return error
  } finally {
    cancel()
  }
}
