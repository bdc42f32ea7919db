import type { Clock } from '@longhaul/contracts'
import type { BreakerOptions, Breakers, BreakerView, Permit } from '../port.ts'
import { type CoordinationLogger, Receivers } from '../receivers.ts'
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

/** The breakers that this process knows, and what it has to report of them. */
export class SharedBreakers implements Breakers {
  readonly #dependencies: SharedBreakersDependencies
  readonly #options: BreakerOptions
  readonly #receivers: Receivers<[deployment: string, view: BreakerView]>
  readonly #waiting: Receivers<[deployment: string]>
  readonly #breakers = new Map<string, SharedBreaker>()
  readonly #touched = new Set<string>()
  #wholeIsDue = true

  constructor(dependencies: SharedBreakersDependencies, options: BreakerOptions) {
    this.#dependencies = dependencies
    this.#options = options
    this.#receivers = new Receivers(dependencies.logger)
    this.#waiting = new Receivers(dependencies.logger)
  }

  view(deployment: string): BreakerView {
    return this.#of(deployment).view()
  }

  acquire(deployment: string): Permit | undefined {
    return this.#of(deployment).acquire()
  }

  holdUntil(deployment: string, epochMs: number, reason: string): void {
    this.#of(deployment).holdUntil(epochMs, reason)
  }

  onChange(changed: (deployment: string, view: BreakerView) => void): () => void {
    return this.#receivers.add(changed)
  }

  onPermit(told: (deployment: string) => void): () => void {
    return this.#waiting.add(told)
  }

  get notClosed(): string[] {
    return [...this.#breakers]
      .filter(([, breaker]) => breaker.view().state !== 'closed')
      .map(([deployment]) => deployment)
  }

  /** The next reports tell everything, and ask after everything. */
  tellAll(): void {
    this.#wholeIsDue = true
  }

  drain(): BreakerReport[] {
    const whole = this.#wholeIsDue
    const deployments = whole ? [...this.#breakers.keys()] : [...this.#touched]
    this.#wholeIsDue = false
    this.#touched.clear()
    return deployments.map(deployment => this.#of(deployment).drain(whole))
  }

  /** @param reports as they were drained; there may be answers that nobody asked for */
  answered(reports: readonly BreakerReport[], answers: string): void {
    const all = JSON.parse(answers) as Answer[]
    for (const [index, [deployment, granted, version, until, reason, trips]] of all.entries()) {
      const asked = reports[index]?.ask !== undefined
      const finding = findingOf({ version, until, reason, trips })
      this.#of(deployment).answered(finding, asked ? granted === 1 : undefined)
    }
  }

  /** News of another process, or of this one. */
  receive(message: string): void {
    const { d: deployment, version, ...opening } = JSON.parse(message) as News
    if (version === undefined) this.#breakers.get(deployment)?.room()
    else this.#of(deployment).adopt(findingOf({ version, ...opening }))
  }

  tick(): void {
    for (const breaker of this.#breakers.values()) breaker.tick()
  }

  goAlone(): void {
    for (const breaker of this.#breakers.values()) breaker.goAlone()
  }

  /** Silent from now on; what is to be reported can still be drained. */
  stop(): void {
    this.#receivers.clear()
    this.#waiting.clear()
    for (const breaker of this.#breakers.values()) breaker.stop()
  }

  #of(deployment: string): SharedBreaker {
    let breaker = this.#breakers.get(deployment)
    if (!breaker) {
      const { clock, shared, newId } = this.#dependencies
      const request = (withinMs: number) => {
        this.#touched.add(deployment)
        this.#dependencies.request(withinMs)
      }
      breaker = new SharedBreaker(
        deployment,
        {
          ...{ clock, shared, newId, request },
          changed: view => this.#receivers.tell(deployment, view),
          permitFree: () => this.#waiting.tell(deployment),
        },
        this.#options,
      )
      this.#breakers.set(deployment, breaker)
      // What the others know of it.
      request(0)
    }
    return breaker
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
