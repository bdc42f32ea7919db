import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { loadTokenizer } from './index.ts'

const tokenizer = await loadTokenizer()
const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

describe('the tokenizer', () => {
  it.each([
    ['prose', 'The tide rises twice a day. It does not rise alike! Why? '.repeat(40)],
    ['a document', read('../../README.md')],
    ['code', read('./tokenizer.ts')],
    ['JSON', read('../../package.json')],
    ['Chinese', '研究人员发现，长期坚持体育锻炼能够显著降低心血管疾病的风险。'.repeat(20)],
    [
      'words that nobody writes',
      Array.from({ length: 500 }, (_, n) => (n * 7919).toString(36)).join(' '),
    ],
    ['one letter', 'x'.repeat(5_000)],
  ])('counts %s as the vocabulary does, within a fiftieth', (_, text) => {
    const exact = countTokens(text, { disallowedSpecial: new Set() })
    expect(Math.abs(tokenizer.count(text) / exact - 1)).toBeLessThan(0.02)
  })

  it('counts any digits alike, as the vocabulary does', () => {
    const numbers = [1, 2, 3].flatMap(width =>
      Array.from({ length: 10 ** width }, (_, number) => String(number).padStart(width, '0')),
    )
    expect(new Set(numbers.map(number => countTokens(number)))).toEqual(new Set([1]))
    const text = 'Invoice 2041 of 17 May: 3,250.75 EUR, item x9-b12, “½ × 12²” — see RFC9110.'
    const exact = countTokens(text)
    expect(countTokens(text.replace(/[0-9]/g, '0'))).toBe(exact)
    expect(tokenizer.count(text)).toBe(exact)
  })

  it('takes marks of its own for text', () => {
    expect(tokenizer.count('<|endoftext|>')).toBeGreaterThan(3)
  })

  it('counts the same again, and nothing as nothing', () => {
    const text = 'One sentence. Another one. '
    expect(tokenizer.count(text)).toBe(tokenizer.count(text))
    expect(tokenizer.count('')).toBe(0)
  })
})
