import type { Meter } from '@opentelemetry/api'

/**
 * OpenTelemetry's JavaScript instruments hash their attributes at every record
 * (about 0.4 µs per attribute). Counters and gauges are therefore plain cells
 * that the SDK observes at a scrape (about 0.02 µs per record); histograms,
 * of which a job records few, are the SDK's own.
 */
export type LabelValue = string | number
export type Labels = Readonly<Record<string, LabelValue>>
export type NoLabels = Record<never, never>

export interface Counter<L extends Labels> {
  /** @param amount not negative; anything else is ignored */
  add(amount: number, labels: L): void
}

export interface UpDownCounter<L extends Labels> {
  add(amount: number, labels: L): void
}

export interface Histogram<L extends Labels> {
  /** @param value in the unit; what is below zero (clocks differ) counts as zero, NaN is ignored */
  record(value: number, labels: L): void
}

export type Observation<L extends Labels> = readonly [value: number, labels: L]

export interface Gauge<L extends Labels> {
  /** Asks `read` at every scrape, for two seconds at most; returns the way to end it. */
  observe(read: () => Iterable<Observation<L>> | Promise<Iterable<Observation<L>>>): () => void
}

export interface Description<L extends Labels> {
  /** As Prometheus shows it, without `_total`. */
  name: string
  /** UCUM, as OpenTelemetry wants it: `s`, `By`, `{job}`. */
  unit: string
  help: string
  labels: readonly (keyof L & string)[]
}

interface CounterDescription<L extends Labels> extends Description<L> {
  /** Sets of labels that start at zero: a rate misses the first event of a series that begins with it. */
  known?: readonly L[]
}

/** The SDK's own bound on attribute sets per instrument; what is above shares one set. */
const MAX_CELLS = 1_999
const OVERFLOW = { 'otel.metric.overflow': 'true' }

interface Cell {
  value: number
  readonly attributes: Record<string, string>
}

/** One number per set of labels, found by walking one map per label. */
class Cells<L extends Labels> {
  readonly #labels: readonly (keyof L & string)[]
  readonly #root: Map<unknown, unknown> = new Map()
  readonly #all: Cell[] = []
  readonly #overflow: Cell = { value: 0, attributes: OVERFLOW }
  readonly #only: Cell | undefined

  constructor(labels: readonly (keyof L & string)[]) {
    this.#labels = labels
    if (labels.length > 0) return
    this.#only = { value: 0, attributes: {} }
    this.#all.push(this.#only)
  }

  of(labels: L): Cell {
    if (this.#only) return this.#only
    const path = this.#labels
    let map = this.#root
    const last = path.length - 1
    for (let index = 0; index < last; index += 1) {
      const value = labels[path[index] as keyof L]
      let next = map.get(value) as Map<unknown, unknown> | undefined
      if (!next) {
        if (this.#full) return this.#overflow
        next = new Map()
        map.set(value, next)
      }
      map = next
    }
    const value = labels[path[last] as keyof L]
    return (map.get(value) as Cell | undefined) ?? this.#create(map, value, labels)
  }

  *[Symbol.iterator](): Iterable<Cell> & Iterator<Cell> {
    yield* this.#all
    if (this.#overflow.value !== 0) yield this.#overflow
  }

  get #full(): boolean {
    return this.#all.length >= MAX_CELLS
  }

  #create(map: Map<unknown, unknown>, value: unknown, labels: L): Cell {
    if (this.#full) return this.#overflow
    const attributes = Object.fromEntries(this.#labels.map(label => [label, String(labels[label])]))
    const cell = { value: 0, attributes }
    map.set(value, cell)
    this.#all.push(cell)
    return cell
  }
}

/** Makes instruments of one meter. */
export class Instruments {
  readonly #meter: Meter

  constructor(meter: Meter) {
    this.#meter = meter
  }

  counter<L extends Labels>(description: CounterDescription<L>): Counter<L> {
    const { name, unit, help, labels, known = [] } = description
    const cells = new Cells<L>(labels)
    for (const set of known) cells.of(set)
    this.#meter.createObservableCounter(name, { unit, description: help }).addCallback(result => {
      for (const cell of cells) result.observe(cell.value, cell.attributes)
    })
    return {
      add(amount, labels) {
        if (amount >= 0) cells.of(labels).value += amount
      },
    }
  }

  upDownCounter<L extends Labels>(description: Description<L>): UpDownCounter<L> {
    const { name, unit, help, labels } = description
    const cells = new Cells<L>(labels)
    this.#meter
      .createObservableUpDownCounter(name, { unit, description: help })
      .addCallback(result => {
        for (const cell of cells) result.observe(cell.value, cell.attributes)
      })
    return {
      add(amount, labels) {
        cells.of(labels).value += amount
      },
    }
  }

  /** @param boundaries upper bounds of the buckets, ascending, in the unit */
  histogram<L extends Labels>(
    description: Description<L> & { boundaries: readonly number[] },
  ): Histogram<L> {
    const { name, unit, help, boundaries } = description
    const histogram = this.#meter.createHistogram(name, {
      unit,
      description: help,
      advice: { explicitBucketBoundaries: [...boundaries] },
    })
    return {
      record(value, labels) {
        if (!Number.isNaN(value)) histogram.record(Math.max(0, value), labels)
      },
    }
  }

  gauge<L extends Labels>(description: Description<L>): Gauge<L> {
    const { name, unit, help } = description
    const gauge = this.#meter.createObservableGauge(name, { unit, description: help })
    return {
      observe(read) {
        const callback: Parameters<typeof gauge.addCallback>[0] = async result => {
          for (const [value, labels] of await read()) result.observe(value, { ...labels })
        }
        gauge.addCallback(callback)
        return () => gauge.removeCallback(callback)
      },
    }
  }
}
