export interface FaultOptions {
  jobs: number
  /** Of the moments at which things are killed; printed, so that a run can be repeated. */
  seed: number
  log?: (line: string) => void
}

/** What a fault test found. */
export interface FaultReport {
  name: string
  seed: number
  /** What was not as promised; empty when all is well. */
  violations: string[]
  figures: Record<string, string | number>
}

/** Milliseconds from a start: a list with its largest. */
export function describeTimes(timesMs: readonly number[]): string {
  const rounded = timesMs.map(ms => Math.round(ms))
  return `${rounded.join(', ')} (at most ${Math.max(...rounded)})`
}
