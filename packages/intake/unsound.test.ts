import { describe, expect, it } from '@jest/globals'
import { findUnsound, mayHoldBadText } from './unsound.ts'

describe('findUnsound', () => {
  it.each([
    [
      'a NUL in a string',
      { messages: [{ content: 'a\0b' }] },
      { path: 'messages[0].content', problem: 'a NUL character', around: '"a\\u0000b"' },
    ],
    [
      'a lone surrogate',
      { a: { b: '\ud800' } },
      { path: 'a.b', problem: 'a lone surrogate', around: '"\\ud800"' },
    ],
    [
      'a NUL in a key',
      { 'a\0': 1 },
      { path: 'a\0', problem: 'a NUL character', around: '"a\\u0000"' },
    ],
    [
      'a NUL among much else, between pairs of surrogates',
      ['😀'.repeat(99), `${'😀'.repeat(99)}a\0b${'😀'.repeat(99)}`],
      {
        path: '[1]',
        problem: 'a NUL character',
        around: `"${'😀'.repeat(9)}a\\u0000b${'😀'.repeat(9)}"`,
      },
    ],
    [
      'the lone one of many surrogates',
      `${'😀'.repeat(99)}\udc00😀`,
      { path: '', problem: 'a lone surrogate', around: `"${'😀'.repeat(10)}\\udc00😀"` },
    ],
    [
      'a number that is none by now',
      JSON.parse('{"a":[1,-1e400]}'),
      { path: 'a[1]', problem: 'a number beyond ±1.8e308' },
    ],
  ])('finds %s, its place and what stands around it', (_name, value, found) => {
    expect(findUnsound(value)).toEqual(found)
  })

  it('passes pairs of surrogates, and all else', () => {
    expect(findUnsound({ a: ['😀', 1, 1.7e308, null, true, { b: '' }] })).toBeUndefined()
  })
})

describe('mayHoldBadText', () => {
  it.each([
    [JSON.stringify({ a: '\0' }), true],
    [JSON.stringify({ a: '\ud800' }), true],
    [JSON.stringify({ a: 'plain 😀' }), false],
  ])('%s: %s', (json, may) => expect(mayHoldBadText(json)).toBe(may))
})
