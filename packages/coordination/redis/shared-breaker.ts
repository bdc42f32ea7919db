import type { Clock } from '@longhaul/contracts'
import { Breaker, type Opening } from '../breaker.ts'
import type { BreakerOptions, BreakerView, CallOutcome, Permit, Probing } from '../port.ts'

/** What this process says of one breaker; see `breakers.lua`. */
export interface BreakerReport {
  d: string
  version: number
  opening?: Opening
  told?: true
  ended?: EndedProbe[]
  renew?: string[]
  calls?: number
  failures?: number
  ask?: string
  alone?: true
}

/** What all know of it. */
export interface Finding {
  version: number
  opening: Opening | undefined
}

export interface SharedBreakerDependencies {
  clock: Clock
  changed: (view: BreakerView) => void
  permitFree: () => void
  /** Whether Redis judges for all. */
  shared: () => boolean
  newId: () => string
  /** There is something to report, within so long. */
  request: (withinMs: number) => void
}

interface EndedProbe {
  id: string
  outcome: CallOutcome
  at: number
}

/** What goes well may wait; a failure may be the one that opens. */
const COUNT_WITHIN_MS = 100

/**
 * The breaker of one deployment in one of the processes that share it. The
 * state machine is `Breaker`'s; here is what is shared, and by whom it is judged.
 *
 * *Shared*: outcomes are counted in Redis over all processes, and Redis opens
 * it. A probe needs a lease from there, which is fetched when `acquire` finds
 * none; it is renewed while the probe is under way, and lapses with its
 * process. What a probe found, and a hold, counts here at once, and is
 * reported.
 *
 * *Alone*, while Redis is away: it judges by the calls of this process, and
 * limits the probes of this process. What it comes to is reported afterwards;
 * of two ends the later counts.
 */
export class SharedBreaker {
  readonly #deployment: string
  readonly #dependencies: SharedBreakerDependencies
  readonly #own: Breaker
  #version = 0
  /** Of the opening that all know. */
  #toldUntil: number | undefined
  #calls = 0
  #failures = 0
  #ended: EndedProbe[] = []
  /** Leases of probes that are under way. */
  readonly #underWay = new Set<string>()
  /** Leases that nobody has taken up yet; those of the second list go back at the next tick. */
  #leases: string[] = []
  #oldLeases: string[] = []
  /** The lease that is asked for; told tells whether Redis has been asked. */
  #asking: { id: string; told: boolean; alone: boolean } | undefined
  /** `acquire` was refused a lease, and will want one when there is room: beside others, or alone. */
  #wanting: 'any' | 'alone' | undefined

  constructor(
    deployment: string,
    dependencies: SharedBreakerDependencies,
    options: BreakerOptions,
  ) {
    this.#deployment = deployment
    this.#dependencies = dependencies
    this.#own = new Breaker(
      {
        clock: dependencies.clock,
        changed: view => this.#onChange(view),
        permitFree: () => this.#onRoom(),
        judges: () => !dependencies.shared(),
      },
      options,
    )
  }

  view(): BreakerView {
    return this.#own.view()
  }

  acquire(probing?: Probing): Permit | undefined {
    const { state } = this.#own.view()
    if (state === 'half-open' && this.#dependencies.shared()) return this.#acquireProbe(probing)
    const permit = this.#own.acquire(probing)
    if (!permit) return undefined
    const { epoch } = this.#own
    return new SharedPermit(outcome => {
      if (state === 'closed' && epoch === this.#own.epoch) this.#count(outcome)
      permit.settle(outcome)
    })
  }

  holdUntil(epochMs: number, reason: string): void {
    this.#own.holdUntil(Math.ceil(epochMs), reason)
  }

  /** What is to be reported, taken out; `whole` also when there is nothing new. */
  drain(whole: boolean): BreakerReport {
    const report: BreakerReport = { d: this.#deployment, version: this.#version }
    const { opening } = this.#own
    if (opening) report.opening = opening
    if (opening && opening.until === this.#toldUntil) report.told = true
    if (this.#ended.length > 0) report.ended = this.#ended.splice(0)
    const leases = whole ? [...this.#underWay, ...this.#leases, ...this.#oldLeases] : []
    if (leases.length > 0) report.renew = leases
    if (!opening && this.#calls > 0) {
      report.calls = this.#calls
      report.failures = this.#failures
    }
    this.#calls = 0
    this.#failures = 0
    if (this.#asking && !this.#asking.told) {
      this.#asking.told = true
      report.ask = this.#asking.id
      if (this.#asking.alone) report.alone = true
    }
    return report
  }

  /** @param granted the lease that was asked for is there; undefined when none was asked for */
  answered(finding: Finding, granted: boolean | undefined): void {
    this.adopt(finding)
    if (granted === undefined) return
    const asked = this.#asking
    this.#asking = undefined
    // Somebody else came meanwhile, who need not be alone.
    if (!granted && asked?.alone && this.#wanting === 'any') this.#ask(false)
    const id = asked?.id
    if (!granted || id === undefined) return
    if (this.#own.view().state !== 'half-open') {
      this.#giveBack([id])
      return
    }
    this.#wanting = undefined
    this.#leases.push(id)
    this.#dependencies.permitFree()
  }

  /** What is older than what is known here says nothing. */
  adopt({ version, opening }: Finding): void {
    if (version === 0 || version < this.#version) return
    const knew = version > this.#version && this.#own.opening?.until === this.#toldUntil
    this.#version = version
    this.#toldUntil = opening?.until
    this.#own.adopt(opening, knew)
  }

  /** A probe ended somewhere. */
  room(): void {
    if (this.#wanting) this.#ask(this.#wanting === 'alone')
  }

  /** Every second or so: gives back leases that were not taken up, asks again for one that is wanted. */
  tick(): void {
    this.#giveBack(this.#oldLeases)
    this.#oldLeases = this.#leases
    this.#leases = []
    this.room()
  }

  /** Redis went away: what was asked of it is void. */
  goAlone(): void {
    this.#asking = undefined
    this.#wanting = undefined
    this.#ended = []
    this.#dropLeases()
    if (this.#own.view().state === 'half-open') this.#dependencies.permitFree()
  }

  /** Gives back what is not under way; calls that are may still end. */
  stop(): void {
    this.#giveBack([...this.#oldLeases, ...this.#leases])
    this.#dropLeases()
    this.#own.stop()
  }

  #acquireProbe({ alone = false }: Probing = {}): Permit | undefined {
    if (alone && this.#own.probesOut > 0) return undefined
    const id = this.#oldLeases.shift() ?? this.#leases.shift()
    if (id === undefined) {
      this.#ask(alone)
      return undefined
    }
    const permit = this.#own.acquire()
    if (!permit) {
      // Probes that began while it was alone are still out.
      this.#giveBack([id])
      return undefined
    }
    const { epoch } = this.#own
    this.#underWay.add(id)
    return new SharedPermit(outcome => {
      this.#underWay.delete(id)
      if (epoch === this.#own.epoch) this.#end(id, outcome)
      permit.settle(outcome)
    })
  }

  #ask(alone: boolean): void {
    if (this.#wanting !== 'any') this.#wanting = alone ? 'alone' : 'any'
    if (this.#asking?.told === false) this.#asking.alone &&= alone
    if (this.#asking) return
    this.#asking = { id: this.#dependencies.newId(), told: false, alone }
    this.#dependencies.request(0)
  }

  #count(outcome: CallOutcome): void {
    if (outcome === 'neutral' || !this.#dependencies.shared()) return
    this.#calls += 1
    if (outcome === 'failure') this.#failures += 1
    this.#dependencies.request(outcome === 'failure' ? 0 : COUNT_WITHIN_MS)
  }

  #end(id: string, outcome: CallOutcome): void {
    if (!this.#dependencies.shared()) return
    this.#ended.push({ id, outcome, at: this.#dependencies.clock.now() })
    this.#dependencies.request(0)
  }

  #giveBack(ids: string[]): void {
    for (const id of ids) this.#end(id, 'neutral')
  }

  #dropLeases(): void {
    this.#leases = []
    this.#oldLeases = []
  }

  #onChange(view: BreakerView): void {
    this.#calls = 0
    this.#failures = 0
    this.#dropLeases()
    if (view.state !== 'half-open') this.#wanting = undefined
    if (view.state === 'open') this.#dependencies.request(0)
    this.#dependencies.changed(view)
  }

  #onRoom(): void {
    if (!this.#dependencies.shared()) this.#dependencies.permitFree()
  }
}

class SharedPermit implements Permit {
  readonly #settle: (outcome: CallOutcome) => void
  #settled = false

  constructor(settle: (outcome: CallOutcome) => void) {
    this.#settle = settle
  }

  settle(outcome: CallOutcome): void {
    if (this.#settled) return
    this.#settled = true
    this.#settle(outcome)
  }
}
