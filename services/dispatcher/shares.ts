/** Somebody who takes part in a share. */
export interface Taker {
  /** The same from round to round. */
  name: string
  weight: number
  /** The most that it can take. */
  room: number
}

/**
 * Shares whole jobs by weight, round after round, as deficit round robin does
 * (Shreedhar and Varghese, 1995): what is due to somebody beyond the jobs that
 * it got is carried over, so that shares of less than one job a round are served
 * too, and nobody is always the one whose share is rounded up. Who takes all
 * that it can, or does not take part in a round, carries nothing over.
 */
export class Shares {
  #due = new Map<string, number>()
  #kept = new Map<string, number>()

  /** Begins a round: who took no part in the last one is forgotten. */
  begin(): void {
    this.#due = this.#kept
    this.#kept = new Map()
  }

  /** @returns what each takes, in the order of `takers`; together `amount`, unless all of them can take less */
  share(amount: number, takers: readonly Taker[]): number[] {
    const counts = new Map<Taker, number>()
    const { left, hungry } = fill(amount, takers, counts)
    const weights = weightOf(hungry)
    let rest = left
    const owed = new Map<Taker, number>()
    for (const taker of hungry) {
      const due = (this.#due.get(taker.name) ?? 0) + (left * taker.weight) / weights
      const count = Math.min(taker.room, Math.max(0, Math.floor(due)), rest)
      counts.set(taker, count)
      owed.set(taker, due - count)
      rest -= count
    }
    for (const taker of inOrderOf(owed)) {
      const count = counts.get(taker) ?? 0
      const more = rest > 0 && count < taker.room ? 1 : 0
      rest -= more
      counts.set(taker, count + more)
      this.#keep(taker, (owed.get(taker) ?? 0) - more)
    }
    return takers.map(taker => counts.get(taker) ?? 0)
  }

  /** Never more than a job: rounds that others could not use are not paid back. */
  #keep({ name }: Taker, owed: number): void {
    this.#kept.set(name, Math.max(-1, Math.min(1, owed)))
  }
}

/** Whoever can take less than its share gets that, and the others share the rest. */
function fill(
  amount: number,
  takers: readonly Taker[],
  counts: Map<Taker, number>,
): { left: number; hungry: readonly Taker[] } {
  let left = amount
  let hungry = takers
  for (;;) {
    const perWeight = left / weightOf(hungry)
    const filled = hungry.filter(({ room, weight }) => room <= perWeight * weight)
    if (filled.length === 0) return { left, hungry }
    for (const taker of filled) {
      counts.set(taker, taker.room)
      left -= taker.room
    }
    hungry = hungry.filter(taker => !counts.has(taker))
  }
}

function inOrderOf(owed: ReadonlyMap<Taker, number>): Taker[] {
  return [...owed].toSorted(([, a], [, b]) => b - a).map(([taker]) => taker)
}

function weightOf(takers: readonly Taker[]): number {
  return takers.reduce((sum, { weight }) => sum + weight, 0)
}
