import { type DestinationStream, type Logger, pino } from 'pino'
import { describeError } from './error-description.ts'

export type { Logger } from 'pino'

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** What must never reach a log, should a caller hand over a whole object. */
const secretKeys = [
  ...['body', 'request', 'result', 'prompt', 'messages', 'content', 'payload'],
  ...['apiKey', 'api_key', 'secret', 'password', 'token', 'authorization', 'headers'],
]

/** JSON lines, to stderr unless told otherwise; bodies and secrets are cut out. */
export function createLogger(options: {
  service: string
  level: LogLevel
  destination?: DestinationStream | undefined
}): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      serializers: { err: describeError, error: describeError },
      redact: { paths: secretKeys.flatMap(key => [key, `*.${key}`]), censor: '[redacted]' },
    },
    options.destination ?? pino.destination({ dest: 2, sync: true }),
  )
}
