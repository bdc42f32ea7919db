import { describe, expect, it } from '@jest/globals'
import { MAX_DEPTH, parseJson } from './json.ts'

const parse = (text: string) => parseJson(Buffer.from(text))
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

describe('parseJson', () => {
  it('gives the value', () => {
    expect(parse('{"a": [1, "é"]}')).toEqual({ a: [1, 'é'] })
  })

  it.each(['', ' \n'])('asks for an object in place of %j', text => {
    expect(() => parse(text)).toThrow('The request body is empty: send a JSON object.')
  })

  it('says where the JSON is wrong', () => {
    expect(() => parse('{\n"a": 1\n"b": 2}')).toThrow(
      'The request body is not valid JSON: line 3, column 1: "\\"" where "," or the closing bracket must follow.',
    )
  })

  it('refuses bytes that are not UTF-8', () => {
    expect(() => parseJson(Buffer.from([0x22, 0xc3, 0x28, 0x22]))).toThrow('not valid UTF-8')
  })

  it.each([MAX_DEPTH + 1, 100_000, 1_000_000])('refuses %i levels', levels => {
    expect(() => parse(nested(levels))).toThrow(`at most ${MAX_DEPTH} levels`)
    expect(() => parse(`{"a":${nested(levels)}}`)).toThrow(`at most ${MAX_DEPTH} levels`)
  })

  it('takes as many levels as it says', () => {
    expect(() => parse(nested(MAX_DEPTH))).not.toThrow()
  })

  it.each([
    ['{"a":{"b":["x","\\u0000"]}}', '`a.b[1]` holds a NUL character ("\\u0000"): remove it.'],
    ['{"a":"\\ud800"}', '`a` holds a lone surrogate ("\\ud800"): remove it.'],
    ['{"a\\udc00":1}', '`a\uFFFD` holds a lone surrogate ("a\\udc00"): remove it.'],
    ['"\\u0000"', 'The request body holds a NUL character ("\\u0000"): remove it.'],
    ['{"a":[1,1e400]}', '`a[1]` is a number beyond ±1.8e308: give one that a double can hold.'],
  ])('refuses %s', (text, message) => {
    expect(() => parse(text)).toThrow(message)
  })

  it('takes escapes that mean something', () => {
    expect(parse('"\\u00e9\\ud83d\\ude00"')).toBe('é😀')
  })

  it('makes no prototype of what is called so', () => {
    const value = parse('{"__proto__":{"polluted":true}}')
    expect(Object.keys(value as object)).toEqual(['__proto__'])
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})
