import { AggregationTemporality, InstrumentType, MetricReader } from '@opentelemetry/sdk-metrics'

/**
 * Collects when it is asked; services serve /metrics themselves. Everything is
 * cumulative, but gauges, which would otherwise go on showing what nobody
 * observes any more.
 */
export class ScrapeReader extends MetricReader {
  constructor() {
    super({
      aggregationTemporalitySelector: instrument =>
        instrument === InstrumentType.OBSERVABLE_GAUGE
          ? AggregationTemporality.DELTA
          : AggregationTemporality.CUMULATIVE,
    })
  }

  protected override async onForceFlush(): Promise<void> {}

  protected override async onShutdown(): Promise<void> {}
}
