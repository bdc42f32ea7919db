import type { KafkaBusOptions } from '@longhaul/bus'

type BusMetrics = NonNullable<KafkaBusOptions['metrics']>

/** The counters of a bus, to be read by a test. */
export class CountingMetrics implements BusMetrics {
  readonly #counts = new Map<keyof BusMetrics, number>()
  readonly busRebalances = this.#counter('busRebalances')
  readonly busConsumerFailures = this.#counter('busConsumerFailures')
  readonly busRepeatsDropped = this.#counter('busRepeatsDropped')
  readonly busStragglers = this.#counter('busStragglers')

  of(name: keyof BusMetrics): number {
    return this.#counts.get(name) ?? 0
  }

  #counter(name: keyof BusMetrics) {
    return { add: (amount: number) => void this.#counts.set(name, this.of(name) + amount) }
  }
}
