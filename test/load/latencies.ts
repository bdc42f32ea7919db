import { build, type Histogram } from 'hdr-histogram-js'

/** Milliseconds. */
export interface Latencies {
  p50: number
  p99: number
  max: number
}

const MICROSECONDS = 1_000

/** Collects latencies to three digits, up to an hour. */
export class LatencyRecorder {
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 3_600_000_000,
    numberOfSignificantValueDigits: 3,
  })

  record(milliseconds: number): void {
    this.#histogram.recordValue(Math.max(0, Math.round(milliseconds * MICROSECONDS)))
  }

  get latencies(): Latencies {
    const at = (percentile: number) =>
      this.#histogram.getValueAtPercentile(percentile) / MICROSECONDS
    return { p50: at(50), p99: at(99), max: this.#histogram.maxValue / MICROSECONDS }
  }
}
