import { describe, expect, it } from '@jest/globals'
import { MAX_ATTEMPTS, parseRetryAfter, retryDelayMs, throttleMs } from './retry-schedule.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const middle = () => 0.5

describe('retryDelayMs', () => {
  it.each([
    [1, 5 * SECOND],
    [2, 5 * MINUTE],
    [3, 30 * MINUTE],
    [4, 2 * HOUR],
    [5, 5 * HOUR],
    [6, 10 * HOUR],
    [7, 10 * HOUR],
  ])('after failure %i waits %i ms, give or take 20%%', (failures, ms) => {
    expect(retryDelayMs(failures, middle)).toBe(ms)
    expect(retryDelayMs(failures, () => 0)).toBe(0.8 * ms)
    expect(retryDelayMs(failures, () => 1)).toBe(1.2 * ms)
  })

  it('gives up after the last', () => {
    expect(retryDelayMs(MAX_ATTEMPTS, middle)).toBeUndefined()
    expect(retryDelayMs(MAX_ATTEMPTS + 1, middle, 1)).toBeUndefined()
  })

  it.each([
    ['less than the schedule', 1 * SECOND, 5 * SECOND],
    ['within twice the schedule', 7 * SECOND, 7 * SECOND],
    ['more than that', HOUR, 10 * SECOND],
  ])('when the receiver asks for %s', (_, retryAfterMs, expected) => {
    expect(retryDelayMs(1, middle, retryAfterMs)).toBe(expected)
  })
})

describe('throttleMs', () => {
  it.each([
    ['what was asked for', 60 * SECOND, 5 * MINUTE, 60 * SECOND],
    ['5 s when nothing was', undefined, 5 * MINUTE, 5 * SECOND],
    ['no longer than the event waits', 60 * SECOND, 10 * SECOND, 10 * SECOND],
    ['no longer than 5 minutes', HOUR, 10 * HOUR, 5 * MINUTE],
    ['5 minutes at most when the event was given up', HOUR, undefined, 5 * MINUTE],
  ])('%s', (_, retryAfterMs, eventDelayMs, expected) => {
    expect(throttleMs(retryAfterMs, eventDelayMs)).toBe(expected)
  })
})

describe('parseRetryAfter', () => {
  const now = Date.UTC(2026, 10, 24, 3, 0, 0)

  it.each([
    ['120', 120 * SECOND],
    ['0', 0],
    ['Tue, 24 Nov 2026 03:01:30 GMT', 90 * SECOND],
    ['Tue, 24 Nov 2026 02:00:00 GMT', 0],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
    [['1', '2'], undefined],
  ])('%j: %j', (header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected)
  })
})
