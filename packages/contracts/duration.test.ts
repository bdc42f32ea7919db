import { describe, expect, it } from '@jest/globals'
import { durationMs, momentMs } from './duration.ts'

describe('durationMs', () => {
  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['10m', 600_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
  ])('%s is %i ms', (text, ms) => expect(durationMs(text)).toBe(ms))

  it.each(['', '10', '1.5h', '-1s', '10 m', '10M', '1w', 'soon', '9999999999s'])(
    '%j is none',
    text => expect(durationMs(text)).toBeUndefined(),
  )
})

describe('momentMs', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')

  it.each([
    ['10m', now + 600_000],
    ['2026-01-01T00:00:01Z', now + 1_000],
    ['2026-01-01T01:00:00.5+01:00', now + 500],
    ['2028-02-29T00:00:00Z', Date.parse('2028-02-29')],
  ])('%s', (text, moment) => expect(momentMs(text, now)).toBe(moment))

  it.each([
    '2026-01-01',
    '2026-13-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-01-01T00:00:00',
    'tomorrow',
    '1767225600',
  ])('%j is none', text => expect(momentMs(text, now)).toBeUndefined())
})
