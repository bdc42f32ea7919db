import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { findJsonFault } from './json-fault.ts'

describe('findJsonFault', () => {
  it.each([
    ['', 1, 1, 'the text ends where a value must follow'],
    ['{', 1, 2, 'the text ends where a key in double quotes or "}" must follow'],
    ['{"a" 1}', 1, 6, '"1" where ":" must follow'],
    ['{"a":}', 1, 6, '"}" where a value must follow'],
    ['{"a":1,}', 1, 8, '"}" where a key in double quotes must follow'],
    ["{'a':1}", 1, 2, `"'" where a key in double quotes or "}" must follow`],
    ['{\n  "a": tru\n}', 2, 8, '"t" where a value must follow'],
    ['[1 2]', 1, 4, '"2" where "," or the closing bracket must follow'],
    ['[1,]', 1, 4, '"]" where a value must follow'],
    ['{} x', 1, 4, '"x" where nothing more must follow'],
    ['\uFEFF{}', 1, 1, 'U+FEFF where a value must follow'],
    ['"abc', 1, 5, 'the text ends within a string'],
    ['"a\nb"', 1, 3, 'a control character within a string: escape it'],
    ['"\\x"', 1, 3, 'no such escape in JSON'],
    ['"\\u12"', 1, 4, '"\\u" must be followed by four hexadecimal digits'],
  ])('says where %j goes wrong', (text, line, column, problem) => {
    expect(findJsonFault(text)).toEqual({ line, column, problem })
  })

  it('finds nothing wrong with what is valid, however deep', () => {
    expect(findJsonFault('['.repeat(100_000) + ']'.repeat(100_000))).toBeUndefined()
    fc.assert(fc.property(fc.json(), text => findJsonFault(text) === undefined))
  })

  it('agrees with the engine about what is valid', () => {
    const pieces = [
      ...'{}[],:"\\',
      'true',
      'nul',
      '-0',
      '1e5',
      '01',
      '"a"',
      '\\u00e9',
      '\n',
      ' ',
      'é',
    ]
    const texts = fc.array(fc.constantFrom(...pieces)).map(parts => parts.join(''))
    fc.assert(
      fc.property(texts, text => (findJsonFault(text) === undefined) === parses(text)),
      { numRuns: 2_000 },
    )
  })
})

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
