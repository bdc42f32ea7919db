import { describe, expect, it } from '@jest/globals'
import { rangeOf } from './byte-range.ts'

describe('Range', () => {
  it.each([
    ['bytes=0-9', { start: 0, end: 9 }],
    ['bytes=90-', { start: 90, end: 99 }],
    ['bytes=-10', { start: 90, end: 99 }],
    ['bytes=-1000', { start: 0, end: 99 }],
    ['bytes=50-1000', { start: 50, end: 99 }],
  ])('%s of 100 bytes', (header, range) => {
    expect(rangeOf(header, 100)).toEqual(range)
  })

  it.each([undefined, 'bytes=-', 'bytes=9-3', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=a-b'])(
    '%s is ignored',
    header => {
      expect(rangeOf(header, 100)).toBeUndefined()
    },
  )

  it.each(['bytes=100-', 'bytes=100-200', 'bytes=-0'])('%s of 100 bytes is refused', header => {
    expect(() => rangeOf(header, 100)).toThrow('The file has 100 bytes')
  })
})
