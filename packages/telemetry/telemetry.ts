import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions'
import type { DestinationStream } from 'pino'
import { createLogger, type Logger, type LogLevel } from './logger.ts'
import { defineMetrics, type Metrics } from './metrics.ts'
import { observeProcess } from './process-metrics.ts'
import { ScrapeReader } from './scrape-reader.ts'

const DEFAULT_GAUGE_TIMEOUT_MS = 2_000

export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export interface TelemetryOptions {
  /** `longhaul` for the embedded process, else the name of the service. */
  service: string
  /** Default: `info`. */
  logLevel?: LogLevel
  /** Default: stderr. */
  logDestination?: DestinationStream
  /** A scrape waits this long for a gauge, and goes on without it; default 2,000. */
  gaugeTimeoutMs?: number
}

/** One per process; the services of the embedded launcher share it. */
export interface Telemetry {
  readonly logger: Logger
  readonly metrics: Metrics
  /** All metrics in Prometheus' text format, for `METRICS_CONTENT_TYPE`; empty once stopped. */
  scrape(): Promise<string>
  /** Safe to call twice. */
  stop(): Promise<void>
}

export function startTelemetry(options: TelemetryOptions): Telemetry {
  const timeoutMillis = options.gaugeTimeoutMs ?? DEFAULT_GAUGE_TIMEOUT_MS
  const logger = createLogger({
    service: options.service,
    level: options.logLevel ?? 'info',
    destination: options.logDestination,
  })
  const reader = new ScrapeReader()
  const serializer = new PrometheusSerializer(undefined, false, undefined, false, true)
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ [ATTR_SERVICE_NAME]: options.service }),
    readers: [reader],
  })
  const meter = provider.getMeter('longhaul')
  const metrics = defineMetrics(meter)
  const endProcessMetrics = observeProcess(meter)

  let stopping: Promise<void> | undefined
  return {
    logger,
    metrics,
    async scrape() {
      if (stopping) return ''
      const { resourceMetrics, errors } = await reader.collect({ timeoutMillis })
      for (const error of errors) logger.warn({ err: error }, 'a metric could not be read')
      return serializer.serialize(resourceMetrics)
    },
    stop() {
      stopping ??= Promise.resolve().then(async () => {
        endProcessMetrics()
        await provider.shutdown()
        logger.flush()
      })
      return stopping
    },
  }
}
