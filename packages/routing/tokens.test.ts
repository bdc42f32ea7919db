import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { WINDOW_MARGIN } from './requirements.ts'
import { jsonTokens, textTokens } from './tokens.ts'

/** Real counts by OpenAI's vocabularies. */
const counted: [kind: string, text: string, o200k: number, cl100k: number][] = [
  [
    'English law',
    'Notwithstanding anything to the contrary contained herein, the indemnifying party shall not be liable for any consequential, incidental or punitive damages, except to the extent such damages are awarded to a third party in connection with an indemnifiable claim.',
    46,
    46,
  ],
  [
    'capitals',
    'THE PARTIES HEREBY AGREE THAT ALL DISPUTES ARISING OUT OF THIS AGREEMENT SHALL BE SETTLED BY BINDING ARBITRATION IN ACCORDANCE WITH THE RULES OF THE INTERNATIONAL CHAMBER OF COMMERCE.',
    49,
    49,
  ],
  [
    'Polish',
    'Zgodnie z przepisami przedsiębiorca jest zobowiązany do przechowywania dokumentacji księgowej przez pięć lat, licząc od końca roku kalendarzowego, w którym upłynął termin płatności podatku.',
    54,
    68,
  ],
  [
    'Chinese',
    '研究人员发现，长期坚持体育锻炼能够显著降低心血管疾病的风险，尤其是对于六十岁以上的人群。该研究历时十年，覆盖了全国二十多个省份的居民。',
    49,
    96,
  ],
  [
    'Japanese',
    '研究チームは、睡眠時間が短い人ほど集中力が低下しやすいことを明らかにした。この結果は、企業が従業員の労働時間を見直すうえで重要な手がかりになると考えられる。コンピューターやスマートフォンの利用も影響する。',
    79,
    114,
  ],
  [
    'Russian',
    'Правительство утвердило программу развития железнодорожного транспорта до две тысячи тридцать пятого года. Документ предусматривает строительство новых линий и обновление подвижного состава.',
    38,
    81,
  ],
  ['Amharic', 'ተመራማሪዎች መደበኛ የአካል ብቃት እንቅስቃሴ የልብ በሽታን አደጋ በከፍተኛ ሁኔታ እንደሚቀንስ ደርሰውበታል።', 125, 169],
  [
    'mathematics',
    '∀ε>0 ∃δ>0: |x−a|<δ ⇒ |f(x)−f(a)|<ε. ∫₀^∞ e^{−x²} dx = √π/2, ∑_{n=1}^∞ 1/n² = π²/6; A ⊆ B ⇔ A ∩ B = A, ‖v‖₂ ≤ √n·‖v‖_∞',
    98,
    102,
  ],
  [
    'LaTeX',
    '\\begin{align} \\frac{\\partial u}{\\partial t} &= \\alpha \\nabla^2 u + \\sum_{i=1}^{n} \\left( \\beta_i x_i^{2} - \\gamma_i \\right) \\\\ \\int_0^1 \\sqrt{1-x^2}\\,dx &= \\frac{\\pi}{4} \\end{align}',
    82,
    84,
  ],
  [
    'chemistry',
    "(2S,3R)-2-amino-3-hydroxybutanoic acid reacts with N,N'-dicyclohexylcarbodiimide; CC(C)Cc1ccc(cc1)[C@@H](C)C(=O)O; C8H10N4O2, pKa 4.76, ΔG° = −33.0 kJ·mol⁻¹",
    89,
    88,
  ],
  [
    'emoji',
    "Great job 🎉🎉 see you tomorrow 😂😂😂 👍🏽 I ❤️ this 🇩🇪🇫🇷 👨‍👩‍👧‍👦 ✨✨ 🔥 let's go 🚀🚀 → ✅ done ❌ failed ⚠️ careful",
    58,
    82,
  ],
]

describe('textTokens', () => {
  it.each(counted)('with the margin covers what o200k makes of %s', (_kind, text, o200k) => {
    expect(textTokens(text) * WINDOW_MARGIN).toBeGreaterThanOrEqual(o200k)
  })

  it.each(counted)(
    'does not exceed the counts of %s by more than half',
    (_kind, text, o200k, cl100k) => {
      expect(textTokens(text)).toBeLessThan(1.5 * Math.max(o200k, cl100k))
    },
  )

  it('takes about 4 characters of English, 1 of Chinese and 3 digits for a token', () => {
    expect(textTokens('the weather in this town '.repeat(40)) / 250).toBeCloseTo(1, 0)
    expect(textTokens('天'.repeat(100)) / 100).toBeCloseTo(1.1, 1)
    expect(textTokens('123'.repeat(100)) / 100).toBeCloseTo(1, 1)
  })

  it('of nothing is nothing', () => {
    expect(textTokens('')).toBe(0)
  })

  it('never falls when text is added', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(text, text, (a, b) => {
        const whole = textTokens(a + b)
        expect(whole).toBeGreaterThanOrEqual(textTokens(a))
        expect(whole).toBeLessThanOrEqual(textTokens(a) + textTokens(b) + 1e-9)
      }),
    )
  })
})

describe('jsonTokens', () => {
  it('counts keys, values and marks', () => {
    const schema = { type: 'object', properties: { city: { type: 'string' } } }
    expect(jsonTokens(schema)).toBeGreaterThan(
      textTokens('type object properties city type string'),
    )
  })

  it('reads JSON that nests deeper than the call stack', () => {
    const deep = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000))
    expect(jsonTokens(deep)).toBeGreaterThan(200_000)
  })

  it('is finite for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(Number.isFinite(jsonTokens(value))).toBe(true)
      }),
    )
  })

  it.each([
    ['combining marks', '\u0301', 1],
    ['control characters', '\u0001', 1],
    ['line ends', '\n', 1 / 16],
    ['variation selectors', '\ufe0f', 1],
    ['ligatures', '\ufdfa', 2],
    ['letters of old scripts', '\u{12000}', 3],
    ['tags', '\u{e0041}', 3],
  ])('lets no %s pass for nothing', (_, character, each) => {
    expect(textTokens(character.repeat(10_000))).toBeGreaterThan(9_000 * each)
  })
})
