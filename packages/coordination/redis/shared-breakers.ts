import type { Clock } from '@longhaul/contracts'
import { type BreakerNews, BreakerSet } from '../breaker-set.ts'
import type { BreakerOptions } from '../port.ts'
import type { CoordinationLogger } from '../receivers.ts'
import { type BreakerReport, type Finding, SharedBreaker } from './shared-breaker.ts'

export interface SharedBreakersDependencies {
  clock: Clock
  logger: CoordinationLogger
  shared: () => boolean
  newId: () => string
  request: (withinMs: number) => void
}

/** As `breakers.lua` answers; `until` 0 is closed. */
type Answer = [
  deployment: string,
  granted: 0 | 1,
  version: number,
  until: number,
  reason: string,
  trips: number,
]

interface News {
  d: string
  /** Absent: the state is as it was, but there is room for a probe. */
  version?: number
  until: number
  reason: string
  trips: number
}

/** The breakers that this process knows, and what it has to report of them; that can be drained after a stop as well. */
export class SharedBreakers extends BreakerSet<SharedBreaker> {
  readonly #dependencies: SharedBreakersDependencies
  readonly #options: BreakerOptions
  readonly #touched = new Set<string>()
  #wholeIsDue = true

  constructor(dependencies: SharedBreakersDependencies, options: BreakerOptions) {
    super(dependencies.logger)
    this.#dependencies = dependencies
    this.#options = options
  }

  /** The next reports tell everything, and ask after everything. */
  tellAll(): void {
    this.#wholeIsDue = true
  }

  drain(): BreakerReport[] {
    const whole = this.#wholeIsDue
    const deployments = whole ? [...this.breakers.keys()] : [...this.#touched]
    this.#wholeIsDue = false
    this.#touched.clear()
    return deployments.map(deployment => this.of(deployment).drain(whole))
  }

  /** @param reports as they were drained; there may be answers that nobody asked for */
  answered(reports: readonly BreakerReport[], answers: string): void {
    const all = JSON.parse(answers) as Answer[]
    for (const [index, [deployment, granted, version, until, reason, trips]] of all.entries()) {
      const asked = reports[index]?.ask !== undefined
      const finding = findingOf({ version, until, reason, trips })
      this.of(deployment).answered(finding, asked ? granted === 1 : undefined)
    }
  }

  /** News of another process, or of this one. */
  receive(message: string): void {
    const { d: deployment, version, ...opening } = JSON.parse(message) as News
    if (version === undefined) this.breakers.get(deployment)?.room()
    else this.of(deployment).adopt(findingOf({ version, ...opening }))
  }

  tick(): void {
    for (const breaker of this.breakers.values()) breaker.tick()
  }

  goAlone(): void {
    for (const breaker of this.breakers.values()) breaker.goAlone()
  }

  protected create(deployment: string, news: BreakerNews): SharedBreaker {
    const { clock, shared, newId } = this.#dependencies
    const request = (withinMs: number) => {
      this.#touched.add(deployment)
      this.#dependencies.request(withinMs)
    }
    // What the others know of it.
    request(0)
    const dependencies = { clock, shared, newId, request, ...news }
    return new SharedBreaker(deployment, dependencies, this.#options)
  }
}

function findingOf(found: {
  version: number
  until: number
  reason: string
  trips: number
}): Finding {
  const { version, ...opening } = found
  return { version, opening: opening.until > 0 ? opening : undefined }
}
