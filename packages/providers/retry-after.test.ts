import { describe, expect, it } from '@jest/globals'
import { goDurationMs, rateLimitResetMs, retryAfterMs } from './retry-after.ts'

const now = Date.parse('2026-03-01T12:00:00Z')
const minutes = 60_000

describe('retryAfterMs', () => {
  it.each([
    ['seconds', { 'retry-after': '7' }, 7_000],
    ['fractional seconds', { 'retry-after': '0.25' }, 250],
    ['zero', { 'retry-after': '0' }, 0],
    ['hours', { 'retry-after': '86400' }, 86_400_000],
    ['an HTTP date', { 'retry-after': 'Sun, 01 Mar 2026 12:05:00 GMT' }, 5 * minutes],
    ['the obsolete RFC 850 date', { 'retry-after': 'Sunday, 01-Mar-26 12:05:00 GMT' }, 5 * minutes],
    ['the obsolete asctime date', { 'retry-after': 'Sun Mar  1 12:05:00 2026' }, 5 * minutes],
    ['a date that has passed', { 'retry-after': 'Sun, 01 Mar 2026 11:00:00 GMT' }, 0],
    ['a duration', { 'retry-after': '1m30s' }, 90_000],
    ['milliseconds', { 'retry-after-ms': '1250' }, 1_250],
    ['milliseconds before seconds', { 'retry-after-ms': '1250', 'retry-after': '2' }, 1_250],
    [
      'seconds when the milliseconds are garbage',
      { 'retry-after-ms': '?', 'retry-after': '2' },
      2_000,
    ],
    ['part of a millisecond, rounded up', { 'retry-after-ms': '0.2' }, 1],
  ])('reads %s', (_, headers, expected) => {
    expect(retryAfterMs(headers, now)).toBe(expected)
  })

  it.each(['', 'soon', '-5', 'NaN', 'Infinity', '1e3', '5 apples', 'May 5', '99999999999999'])(
    'ignores %j',
    text => {
      expect(retryAfterMs({ 'retry-after': text }, now)).toBeUndefined()
    },
  )
})

describe('rateLimitResetMs', () => {
  it.each([
    ['minutes and seconds', '1m30s', 90_000],
    ['fractions', '2m59.56s', 179_560],
    ['milliseconds', '250ms', 250],
    ['hours', '6h0m0s', 6 * 60 * minutes],
    ['plain seconds', '30', 30_000],
    ['an epoch time in seconds', String(now / 1_000 + 20), 20_000],
    ['an epoch time in milliseconds', String(now + 20_000), 20_000],
    ['an RFC 3339 time', '2026-03-01T12:00:20Z', 20_000],
  ])('reads %s', (_, text, expected) => {
    expect(rateLimitResetMs({ 'x-ratelimit-reset-requests': text }, now)).toBe(expected)
  })

  it.each(['', 'later', '5 minutes', 's', '1m30'])('ignores %j', text => {
    expect(rateLimitResetMs({ 'x-ratelimit-reset-requests': text }, now)).toBeUndefined()
  })

  it('takes the limit that is used up', () => {
    const headers = {
      'x-ratelimit-remaining-requests': '12',
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '45s',
    }
    expect(rateLimitResetMs(headers, now)).toBe(45_000)
  })

  it('takes the shortest when none says that it is used up', () => {
    const headers = { 'x-ratelimit-reset-requests': '1h', 'x-ratelimit-reset-tokens': '2s' }
    expect(rateLimitResetMs(headers, now)).toBe(2_000)
  })

  it("reads Anthropic's names", () => {
    const headers = {
      'anthropic-ratelimit-input-tokens-remaining': '0',
      'anthropic-ratelimit-input-tokens-reset': '2026-03-01T12:00:08Z',
    }
    expect(rateLimitResetMs(headers, now)).toBe(8_000)
  })
})

describe('goDurationMs', () => {
  it.each([
    ['34.074824224s', 34_075],
    ['1h2m3s4ms', 3_723_004],
    ['900µs', 1],
    ['0s', 0],
  ])('reads %s', (text, expected) => {
    expect(goDurationMs(text)).toBe(expected)
  })
})
