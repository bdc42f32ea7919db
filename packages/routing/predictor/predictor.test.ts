import { describe, expect, it } from '@jest/globals'
import { domains } from '@longhaul/contracts'
import fc from 'fast-check'
import { loadPredictor, predictorOf } from './load.ts'

const predictor = loadPredictor()

describe('the predictor', () => {
  it.each([
    ['math', 'Let G be a finite group of prime order. Show that G is cyclic.'],
    ['law', 'Is the landlord liable for damages under this lease clause?'],
    ['health', 'What is the usual dose of ibuprofen for an adult with fever?'],
    ['computer science', 'Write a Python function that reverses a linked list.'],
    ['history', 'What led to the fall of the Roman Empire?'],
  ])('finds that the domain is %s', (domain, text) => {
    expect(domains[predictor.predict(text).domain]).toBe(domain)
  })

  it('says the same of a text whatever its case and its white space', () => {
    const text = 'Explain  WHY\tthe Treaty of Versailles\nfailed: three reasons.'
    const one = structuredClone(predictor.predict(text).complexity)
    const other = predictor.predict(text.toLowerCase().replace(/\s+/g, '\n')).complexity
    expect(other).toBe(one)
  })

  it('stays within bounds, whatever it reads', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), text => {
        const { domains: shares, complexity, familiarity, bands } = predictor.predict(text)
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1)
        for (const figure of [complexity, familiarity]) {
          expect(figure).toBeGreaterThanOrEqual(0)
          expect(figure).toBeLessThanOrEqual(1)
        }
        for (const share of bands) expect(Number.isFinite(share)).toBe(true)
      }),
    )
  })

  it.each(['', ' \n', '...', '🙂'])('takes a text without a word for simple: %j', text => {
    const { complexity, familiarity } = predictor.predict(text)
    expect([complexity, familiarity]).toEqual([0, 0])
  })

  it.each(['hm', 'ok', 'wow', 'x', '42', 'and?', 'ja', 'asdf', 'hmm, uh huh'])(
    'takes a text that asks for nothing for simple, and not for an examination: %j',
    text => {
      const { complexity, familiarity } = predictor.predict(text)
      expect(complexity).toBeLessThan(0.2)
      expect(familiarity).toBeLessThan(0.4)
    },
  )

  it.each(['2+2', '2+2=', '1+1=?', '3*4', '5 > 3?', '10/2', '[1,2,3]', 'x^2=4'])(
    'takes a small sum for simple, and not for an examination: %j',
    text => {
      const { complexity, familiarity } = predictor.predict(text)
      expect(complexity).toBeLessThan(0.1)
      expect(familiarity).toBeLessThan(0.25)
    },
  )

  it.each([
    ['a word', 'ha ', 50],
    ['many times', 'test ', 5_000],
    ['a sentence', 'The quick brown fox jumps over the lazy dog. ', 20],
    ['a line of a log', '2026-01-01 ERROR failed to connect\n', 40],
    ['a sign', '中', 100],
  ])('is not impressed by repetition: %s', (_, text, times) => {
    const { complexity, familiarity } = predictor.predict(text.repeat(times))
    expect(complexity).toBeLessThan(0.2)
    expect(familiarity).toBeLessThan(0.3)
  })

  it('reads a question that repeats much of its words as a question', () => {
    const proof =
      'Prove that the sum of two even numbers is even, and the product of two odd is odd. '
    const once = predictor.predict(proof).complexity
    expect(predictor.predict(proof.repeat(2)).complexity).toBeGreaterThan(0.8 * once)
  })

  it.each([
    '请证明存在无穷多个素数。',
    'コンパクトハウスドルフ空間が正規であることを証明せよ',
    '무한히 많은 소수가 있음을 증명하시오',
    'รักษาผู้ป่วยภาวะหัวใจห้องบนสั่นพลิ้วที่มีเลือดออกในทางเดินอาหาร',
    'Докажите, что простых чисел бесконечно много.',
    'أثبت أن الأعداد الأولية غير منتهية',
  ])('takes no text for simple because it cannot read it: %j', text => {
    expect(predictor.predict(text).complexity).toBeGreaterThanOrEqual(0.25)
  })

  it('names what weighed most in the complexity, strongest first', () => {
    const features = predictor.explain(predictor.predict('Prove this theorem by induction.'))
    expect(features.length).toBeGreaterThan(0)
    const sizes = features.map(({ weight }) => Math.abs(weight))
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a))
  })

  it('refuses files that are not weights', () => {
    expect(() => predictorOf(new Uint8Array(100), new Uint8Array(100))).toThrow(RangeError)
  })
})
