import { describe, expect, it } from '@jest/globals'
import { compileExpression } from './expression.ts'

const long = 'lorem ipsum '.repeat(6_000)

describe('an expression', () => {
  it.each([
    ['contract|clause', 'the Clause', true],
    ['contract|clause', `${long} clause`, true],
    ['contract|clause', long, false],
    ['total:? .*eur', 'TOTAL 12 EUR', true],
    ['\\w+@\\w+\\.com', `${long} ann@example.com`, true],
    ['\\w+@\\w+\\.com', 'nobody', false],
    ['^\\p{Lu}{3}', 'ÖLIG', true],
  ])('%s', (source, text, matches) => {
    expect(compileExpression(source)(text)).toBe(matches)
  })

  it.each([
    ['of quadratic time', '\\w+@\\w+', 'a'.repeat(80_000)],
    ['of cubic time', 'into.*in.*french', 'into '.repeat(16_000)],
    ['of exponential time', '(\\w+\\s?)+:', 'a'.repeat(5_000)],
  ])('that would be %s elsewhere comes to its end on a hostile text', (_kind, source, text) => {
    expect(compileExpression(source)(text)).toBe(false)
  })

  it.each(['(', 'a(?=b)', '(a)\\1'])('%s is refused', source => {
    expect(() => compileExpression(source)).toThrow()
  })
})
