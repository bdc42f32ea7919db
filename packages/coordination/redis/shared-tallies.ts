import { systemClock } from '@longhaul/contracts'
import { addTo } from '../own-tallies.ts'
import type { Amounts, Tallies } from '../port.ts'

interface Tally {
  /** As Redis had them last. */
  known: Amounts
  /** Not told yet. */
  pending: Record<string, number>
  /** Told, and not answered yet. */
  told: Amounts
  /** All three together. */
  total: Record<string, number>
  keepMs: number
  /** Where nobody knows anything of it. */
  beginning: Amounts
  /** When somebody here asked for it, or added to it. */
  wantedAt: number
}

/** Taken to Redis: what is to be added, and what to begin with where it knows nothing. */
interface Told {
  name: string
  add: Amounts
  base: Amounts
  keepMs: number
}

const NONE: Amounts = {}
/** Of a sum that nobody here has added to. */
const KEEP_MS = 86_400_000
/** Others need not know at once; what comes meanwhile goes together. */
const TELL_WITHIN_MS = 100

/**
 * What is added counts here at once and goes with the next flush; the answer
 * tells what all others added. Sums that somebody asked for within their time are
 * asked after with every tick. If Redis lost one, it begins with what was known here.
 */
export class SharedTallies implements Tallies {
  readonly #request: (withinMs: number) => void
  readonly #tallies = new Map<string, Tally>()
  #askAll = true

  constructor(dependencies: { request: (withinMs: number) => void }) {
    this.#request = dependencies.request
  }

  add(name: string, amounts: Amounts, keepMs: number): void {
    const tally = this.#of(name)
    tally.keepMs = keepMs
    addTo(tally.pending, amounts)
    addTo(tally.total, amounts)
    this.#request(TELL_WITHIN_MS)
  }

  of(name: string): Amounts {
    return this.#of(name).total
  }

  begin(name: string, amounts: Amounts, keepMs: number): void {
    const tally = this.#of(name)
    if (tally.known !== NONE || tally.beginning !== NONE) return
    tally.keepMs = keepMs
    tally.beginning = amounts
    this.#addUp(tally)
    this.tellAll()
  }

  /** The next flush asks after every sum. */
  tellAll(): void {
    this.#askAll = true
    if (this.#tallies.size > 0) this.#request(TELL_WITHIN_MS)
  }

  /** Takes what is to be told and asked; empty when there is nothing. */
  drain(): Told[] {
    const all = this.#askAll
    this.#askAll = false
    const now = systemClock.now()
    const told: Told[] = []
    for (const [name, tally] of this.#tallies) {
      const hasNews = Object.keys(tally.pending).length > 0
      if (!hasNews && now - tally.wantedAt > tally.keepMs) this.#tallies.delete(name)
      else if (hasNews || all) told.push(this.#tell(name, tally))
    }
    return told
  }

  answered(told: readonly Told[], answer: string): void {
    const sums = JSON.parse(answer) as Array<Record<string, string>>
    for (const [index, { name }] of told.entries()) {
      const tally = this.#tallies.get(name)
      if (!tally) continue
      const fields = Object.entries(sums[index] ?? {}).map(([field, sum]) => [field, Number(sum)])
      tally.known = fields.length > 0 ? Object.fromEntries(fields) : NONE
      tally.told = NONE
      this.#addUp(tally)
    }
  }

  /** Perhaps Redis has it and could not say so: it is told again, since too much is safer than too little. */
  failed(told: readonly Told[]): void {
    for (const { name, add } of told) {
      const tally = this.#tallies.get(name)
      if (!tally) continue
      tally.told = NONE
      addTo(tally.pending, add)
    }
  }

  #tell(name: string, tally: Tally): Told {
    const { pending: add, keepMs } = tally
    tally.pending = {}
    tally.told = add
    const base = tally.known === NONE ? tally.beginning : tally.known
    return { name, add, base, keepMs }
  }

  #of(name: string): Tally {
    let tally = this.#tallies.get(name)
    if (!tally) {
      const none = { known: NONE, told: NONE, beginning: NONE }
      tally = { ...none, pending: {}, total: {}, keepMs: KEEP_MS, wantedAt: 0 }
      this.#tallies.set(name, tally)
      this.tellAll()
    }
    tally.wantedAt = systemClock.now()
    return tally
  }

  #addUp(tally: Tally): void {
    const total = { ...(tally.known === NONE ? tally.beginning : tally.known) }
    addTo(total, tally.told)
    addTo(total, tally.pending)
    tally.total = total
  }
}
