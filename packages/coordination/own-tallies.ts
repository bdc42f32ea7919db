import type { Clock } from '@longhaul/contracts'
import type { Amounts, Tallies } from './port.ts'

interface Tally {
  sums: Record<string, number>
  /** Epoch milliseconds. */
  keptUntil: number
}

const NONE: Amounts = {}
/** Sums above this are looked through for those whose time is over. */
const SWEEP_ABOVE = 100

/** The sums of this process. */
export class OwnTallies implements Tallies {
  readonly #clock: Clock
  readonly #tallies = new Map<string, Tally>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(name: string, amounts: Amounts, keepMs: number): void {
    const now = this.#clock.now()
    let tally = this.#tallies.get(name)
    if (!tally || tally.keptUntil <= now) {
      this.#sweep(now)
      tally = { sums: {}, keptUntil: 0 }
      this.#tallies.set(name, tally)
    }
    tally.keptUntil = now + keepMs
    addTo(tally.sums, amounts)
  }

  of(name: string): Amounts {
    const tally = this.#tallies.get(name)
    return tally && tally.keptUntil > this.#clock.now() ? tally.sums : NONE
  }

  begin(name: string, amounts: Amounts, keepMs: number): void {
    if (this.of(name) === NONE) this.add(name, amounts, keepMs)
  }

  #sweep(now: number): void {
    if (this.#tallies.size < SWEEP_ABOVE) return
    for (const [name, { keptUntil }] of this.#tallies) {
      if (keptUntil <= now) this.#tallies.delete(name)
    }
  }
}

export function addTo(sums: Record<string, number>, amounts: Amounts): void {
  for (const [field, amount] of Object.entries(amounts)) sums[field] = (sums[field] ?? 0) + amount
}
