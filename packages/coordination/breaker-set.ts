import type { Breakers, BreakerView, Permit, Probing } from './port.ts'
import { type CoordinationLogger, Receivers } from './receivers.ts'

export interface DeploymentBreaker {
  view(): BreakerView
  acquire(probing?: Probing): Permit | undefined
  holdUntil(epochMs: number, reason: string): void
  stop(): void
}

/** What a breaker tells. */
export interface BreakerNews {
  changed(view: BreakerView): void
  permitFree(): void
}

/** A breaker for each deployment, made when it is first asked for. */
export abstract class BreakerSet<Breaker extends DeploymentBreaker> implements Breakers {
  protected readonly breakers = new Map<string, Breaker>()
  readonly #receivers: Receivers<[deployment: string, view: BreakerView]>
  readonly #waiting: Receivers<[deployment: string]>

  constructor(logger: CoordinationLogger) {
    this.#receivers = new Receivers(logger)
    this.#waiting = new Receivers(logger)
  }

  protected abstract create(deployment: string, news: BreakerNews): Breaker

  view(deployment: string): BreakerView {
    return this.of(deployment).view()
  }

  acquire(deployment: string, probing?: Probing): Permit | undefined {
    return this.of(deployment).acquire(probing)
  }

  holdUntil(deployment: string, epochMs: number, reason: string): void {
    this.of(deployment).holdUntil(epochMs, reason)
  }

  onChange(changed: (deployment: string, view: BreakerView) => void): () => void {
    return this.#receivers.add(changed)
  }

  onPermit(told: (deployment: string) => void): () => void {
    return this.#waiting.add(told)
  }

  get notClosed(): string[] {
    return [...this.breakers]
      .filter(([, breaker]) => breaker.view().state !== 'closed')
      .map(([deployment]) => deployment)
  }

  /** Silent from now on. */
  stop(): void {
    this.#receivers.clear()
    this.#waiting.clear()
    for (const breaker of this.breakers.values()) breaker.stop()
  }

  protected of(deployment: string): Breaker {
    const known = this.breakers.get(deployment)
    if (known) return known
    const breaker = this.create(deployment, {
      changed: view => this.#receivers.tell(deployment, view),
      permitFree: () => this.#waiting.tell(deployment),
    })
    this.breakers.set(deployment, breaker)
    return breaker
  }
}
