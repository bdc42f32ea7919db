import { z } from 'zod'
import { namePattern, nameRule } from './catalog-names.ts'
import { durationMs, durationPattern } from './duration.ts'

export const name = z.string().regex(namePattern, nameRule)

/** As `z.record(name, …)`, which would not look at what stands under a bad name; `namingIssues` looks at the names. */
export function named<S extends z.ZodType>(value: S) {
  return z
    .record(z.string(), value)
    .meta({ propertyNames: { type: 'string', pattern: namePattern.source } })
}

/** A time so far ahead must still be one that PostgreSQL can write down. */
const LONGEST_DURATION = '365d'
const LONGEST_DURATION_MS = durationMs(LONGEST_DURATION) as number

export const duration = z
  .string()
  .regex(durationPattern, 'must be a duration')
  .meta({ examples: ['500ms', '30s', '10m', '24h', '7d'] })
  .transform(text => durationMs(text) as number)
  .refine(ms => ms <= LONGEST_DURATION_MS, {
    error: `must be at most ${LONGEST_DURATION}`,
    params: { remedy: `write ${LONGEST_DURATION} or less` },
  })

/** @param least as it would be written: `1s` */
export function durationFrom(least: string) {
  const leastMs = durationMs(least) as number
  return duration.refine(ms => ms >= leastMs, {
    error: `must be at least ${least}`,
    params: { remedy: `write ${least} or more` },
  })
}

export const usdPerMillion = z.number().nonnegative().max(1_000_000)
