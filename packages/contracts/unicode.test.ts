import { describe, expect, it } from '@jest/globals'
import { findBadText, mayHoldBadText } from './unicode.ts'

describe('findBadText', () => {
  it.each([
    [
      'a NUL in a string',
      { messages: [{ content: 'a\0b' }] },
      'messages[0].content',
      'a NUL character',
    ],
    ['a lone surrogate', { a: { b: '\ud800' } }, 'a.b', 'a lone surrogate'],
    ['a NUL in a key', { 'a\0': 1 }, 'a\0', 'a NUL character'],
  ])('finds %s and its place', (_name, value, path, problem) => {
    expect(findBadText(value)).toEqual({ path, problem })
  })

  it('passes pairs of surrogates, and all else', () => {
    expect(findBadText({ a: ['😀', 1, null, true, { b: '' }] })).toBeUndefined()
  })
})

describe('mayHoldBadText', () => {
  it.each([
    [JSON.stringify({ a: '\0' }), true],
    [JSON.stringify({ a: '\ud800' }), true],
    [JSON.stringify({ a: 'plain 😀' }), false],
  ])('%s: %s', (json, may) => expect(mayHoldBadText(json)).toBe(may))
})
