import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { MOST_LETTER_BUCKETS, MOST_WORDS, SCANNED_HEAD, SCANNED_TAIL, Scanner } from './scan.ts'
import { hashWord } from './word-hash.ts'

const scanner = new Scanner()

/** All that a scan says, apart from the length of what was given. */
function scanned(text: string) {
  scanner.scan(text)
  const { words, termCount, letterBucketCount, numbers, options, characters } = scanner
  return {
    words,
    numbers,
    options,
    characters,
    hashes: [...scanner.hashes.slice(0, words)],
    terms: [...scanner.terms.slice(0, termCount)],
    letters: [...scanner.letterBuckets.slice(0, letterBucketCount)],
    marks: [...scanner.marks],
  }
}

describe('a scan', () => {
  it.each(['İ', '1İ', '漢', 'a1 ', '\ud800', '1a.', '(a) ', 'x'])(
    'of %j without end stays within its memory',
    unit => {
      const plain = scanned('Prove that the kernel holds.')
      scanner.scan(unit.repeat(20_000))
      const { words, termCount, letterBucketCount } = scanner
      expect(words).toBeLessThanOrEqual(MOST_WORDS)
      expect(termCount).toBeLessThanOrEqual(scanner.terms.length)
      expect(letterBucketCount).toBeLessThanOrEqual(scanner.letterBuckets.length)
      expect(scanned('Prove that the kernel holds.')).toEqual(plain)
    },
  )

  it('knows words by their hash in lower case', () => {
    expect(scanned('Prove THAT').hashes).toEqual([hashWord('prove'), hashWord('that')])
  })

  it.each([
    // Between gaps, which count: ` a `.
    ['a', 1],
    // ` ab`, `ab `, ` ab `.
    ['ab', 3],
    [' ab', 3],
    ['ab ab AB', 3],
    // ` ab`, `abc`, `bc `, ` abc`, `abc `, ` abc `.
    ['abc', 6],
    ['c4?', 6],
    ['ab cd', 6],
    ['abcdefgh', 8 + 7 + 6],
    ['', 0],
  ])('finds the runs of three to five characters of %j', (text, runs) => {
    expect(scanned(text).letters).toHaveLength(runs)
    expect(new Set(scanned(text).letters).size).toBe(runs)
  })

  it('knows runs by all of their characters, beyond ASCII as well', () => {
    // ` ab`, `abc`, ` abc` are runs of both.
    expect(new Set([...scanned('abcd').letters, ...scanned('abce').letters]).size).toBe(9 + 9 - 3)
    expect(scanned('naïve').letters).not.toEqual(scanned('naive').letters)
  })

  it('finds no more runs than there is room for, those of the beginning', () => {
    const words = Array.from({ length: 400 }, (_, number) => `word${number * 7919}`)
    const { letters } = scanned(words.join(' '))
    expect(letters).toHaveLength(MOST_LETTER_BUCKETS)
    const beginning = scanned(words.slice(0, 5).join(' ')).letters
    expect(letters.slice(0, beginning.length)).toEqual(beginning)
  })

  it('is the same whatever the case and the white space', () => {
    const word = fc.string({
      unit: fc.constantFrom(...'abcXYZ019.,?$'),
      minLength: 1,
      maxLength: 9,
    })
    const gap = fc.constantFrom(' ', '\n', '\t  ', ' \r\n ')
    fc.assert(
      fc.property(fc.array(fc.tuple(word, gap), { maxLength: 40 }), parts => {
        const plain = parts.map(([text]) => text.toLowerCase()).join(' ')
        expect(scanned(parts.flat().join(''))).toEqual(scanned(plain))
      }),
    )
  })

  it('knows the small letter of every capital', () => {
    const units = Array.from({ length: 0x1_0000 }, (_, unit) => `B${String.fromCharCode(unit)}C`)
    const words = (text: string) => scanned(text).hashes.join()
    expect(units.filter(text => words(text) !== words(text.toLowerCase()))).toEqual([])
  })

  it('counts each word and each pair of neighbours once', () => {
    const once = scanned('to be or not to be')
    expect(once.words).toBe(6)
    // to, be, or, not; to be, be or, or not, not to
    expect(once.terms).toHaveLength(8)
  })

  it('takes numbers for the same that have as many digits', () => {
    expect(scanned('room 17').hashes).toEqual(scanned('room 42').hashes)
    expect(scanned('room 17').hashes).not.toEqual(scanned('room 9001').hashes)
  })

  it('finds answers to choose from, and where they begin', () => {
    scanner.scan('Which is red?\nA. grass\nB. blood\nC. snow\nAnswer:')
    expect(scanner).toMatchObject({ options: 3, stemWords: 3, stemEnd: '?'.charCodeAt(0) })
    scanner.scan('Vitamin A. is good, b. is not')
    expect(scanner.options).toBe(0)
  })

  it('reads how many words are wanted', () => {
    scanner.scan('A toast of at most 120 words on 3 friends')
    expect(scanner.wordLimit).toBe(120)
  })

  it('takes each character of scripts without gaps for a word', () => {
    expect(scanned('证明勾股定理').words).toBe(6)
  })

  it('looks at the beginning and the end of a long text', () => {
    const long = `${'a '.repeat(SCANNED_HEAD)}end`
    scanner.scan(long)
    expect(scanner.length).toBe(long.length)
    expect(scanner.words).toBeLessThan(SCANNED_HEAD + SCANNED_TAIL)
    expect(scanner.hashes[scanner.words - 1]).toBe(hashWord('end'))
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 9_000 }), text => {
        expect(() => scanner.scan(text)).not.toThrow()
      }),
    )
  })
})
