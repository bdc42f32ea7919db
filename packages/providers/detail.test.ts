import { describe, expect, it } from '@jest/globals'
import { presentable } from './detail.ts'

describe('what a provider says', () => {
  it('is shown without secrets, and bounded', () => {
    expect(
      presentable('no such key: secret-key-1234 or sk-proj-abcdefgh', ['secret-key-1234']),
    ).toBe('no such key: [redacted] or [redacted]')
    expect(presentable('x'.repeat(9_000), [])).toHaveLength(2_000)
  })

  it.each([
    ['a NUL', 'a\0b', 'a\ufffdb'],
    ['half of a pair that the bound cuts', `${'x'.repeat(1_999)}😀`, `${'x'.repeat(1_999)}\ufffd`],
    ['half of a pair', 'a\ud83d', 'a\ufffd'],
  ])('can be stored: %s', (_what, words, shown) => {
    expect(presentable(words, [])).toBe(shown)
  })
})
