export { describeError, type ErrorDescription, withoutCredentials } from './error-description.ts'
export type {
  Counter,
  Gauge,
  Histogram,
  Labels,
  LabelValue,
  NoLabels,
  Observation,
  UpDownCounter,
} from './instruments.ts'
export { type Logger, type LogLevel, logLevels } from './logger.ts'
export type { Metrics, RedispatchReason, TokenDirection, WebhookOutcome } from './metrics.ts'
export {
  METRICS_CONTENT_TYPE,
  startTelemetry,
  type Telemetry,
  type TelemetryOptions,
} from './telemetry.ts'
