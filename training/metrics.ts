/** One prompt as routing between two models sees it. */
export interface Choice {
  weak: number
  strong: number
  /** Higher: to the strong model. */
  score: number
  group: string
}

export interface RoutingFigures {
  apgr: number
  cpt50: number
  cpt80: number
}

/**
 * Area under the share of the gap won over the share of strong calls, and the
 * smallest shares that win 50% and 80%. Equal scores count as in random order.
 */
export function routingFigures(choices: readonly Choice[]): RoutingFigures {
  const n = choices.length
  const sorted = choices.toSorted((a, b) => b.score - a.score)
  const gains = new Float64Array(n + 1)
  let from = 0
  while (from < n) {
    let to = from
    let sum = 0
    const score = sorted[from]?.score
    for (; to < n && sorted[to]?.score === score; to++) {
      sum += (sorted[to]?.strong ?? 0) - (sorted[to]?.weak ?? 0)
    }
    for (let place = from; place < to; place++) {
      gains[place + 1] = (gains[place] as number) + sum / (to - from)
    }
    from = to
  }
  const whole = gains[n] as number
  let area = 0
  for (let place = 0; place < n; place++) {
    area += ((gains[place] as number) + (gains[place + 1] as number)) / 2
  }
  return { apgr: area / n / whole, cpt50: shareFor(0.5, gains), cpt80: shareFor(0.8, gains) }
}

function shareFor(part: number, gains: Float64Array): number {
  const n = gains.length - 1
  const wanted = part * (gains[n] as number)
  for (let place = 1; place <= n; place++) {
    const reached = gains[place] as number
    if (reached < wanted) continue
    const before = gains[place - 1] as number
    return (place - 1 + (wanted - before) / (reached - before)) / n
  }
  return 1
}

/** Share of pairs that the scores put in the right order. */
export function auc(lower: readonly number[], higher: readonly number[]): number {
  let right = 0
  for (const low of lower) {
    for (const high of higher) right += high > low ? 1 : high === low ? 0.5 : 0
  }
  return right / (lower.length * higher.length)
}

/** A small generator of known quality, so that runs repeat: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export type Interval = readonly [low: number, high: number]

/** 95% interval of a figure by drawing whole groups with replacement. */
export function bootstrap<T extends { group: string }>(
  items: readonly T[],
  figure: (sample: readonly T[]) => number,
  draws = 400,
): Interval {
  const groups = [...Map.groupBy(items, item => item.group).values()]
  const random = seededRandom(12_345)
  const figures: number[] = []
  for (let draw = 0; draw < draws; draw++) {
    const sample: T[] = []
    for (let index = 0; index < groups.length; index++) {
      sample.push(...(groups[Math.floor(random() * groups.length)] ?? []))
    }
    const value = figure(sample)
    if (Number.isFinite(value)) figures.push(value)
  }
  figures.sort((a, b) => a - b)
  const at = (share: number) => figures[Math.floor(share * figures.length)] ?? Number.NaN
  return [at(0.025), at(0.975)]
}
