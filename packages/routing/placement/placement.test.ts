import { describe, expect, it } from '@jest/globals'
import { domains } from '@longhaul/contracts'
import { loadPredictor } from '../predictor/load.ts'
import { catalogOf } from '../testing/fixtures.ts'
import { atStrength, placementOf } from './placement.ts'
import { publishedFiguresOf } from './published.ts'
import { qualityOf } from './quality.ts'

const predictor = loadPredictor()
const { bands } = predictor.weights.header
const strengths = bands.map(({ strength }) => strength)

type Fields = Parameters<typeof catalogOf>[0][string]
function placed(name: string, fields: Fields = {}) {
  const model = catalogOf({ [name]: fields }).models[name]
  if (!model) throw new Error('a catalogue without its model')
  return placementOf(name, model, bands)
}

describe('atStrength', () => {
  const shares = [0.2, 0.6]
  it.each([
    ['between two bands', 0.5, 0.4],
    ['at a band', 0.7, 0.6],
    ['above the strongest: fewer failures', 0.85, 0.8],
    ['of a perfect model', 1, 1],
    ['below the weakest: fewer successes', 0.15, 0.1],
  ])('%s', (_, strength, share) => {
    expect(atStrength(strength, [0.3, 0.7], shares)).toBeCloseTo(share)
  })
})

describe('a model is placed by', () => {
  it('its accuracies in the configuration', () => {
    const law = domains.indexOf('law')
    const math = domains.indexOf('math')
    const { peculiarity, basis } = placed('jurist', {
      quality: 0.5,
      domain_quality: { law: 0.9, math: 0.2 },
    })
    expect(basis).toBe('published')
    expect(peculiarity?.[law]).toBeGreaterThan(0.3)
    expect(peculiarity?.[math]).toBeLessThan(-0.1)
  })

  it('the declared quality', () => {
    expect(placed('gpt-next', { quality: 0.8 })).toMatchObject({ strength: 0.8, basis: 'declared' })
  })

  it('what is published of a model of its name, however it is spelt', () => {
    const figures = publishedFiguresOf('meta-llama-3.1-70b-instruct')
    expect(figures?.overall).toBeGreaterThan(0.5)
    expect(publishedFiguresOf('meta-llama/Meta-Llama-3.1-70B-Instruct')).toEqual(figures)
    expect(placed('mixtral-8x7b-instruct-v0.1').basis).toBe('published')
  })

  it('its price, with doubts', () => {
    const cheap = placed('x', { price: { input: 0.1, output: 0.4 } })
    const dear = placed('y', { price: { input: 10, output: 40 } })
    expect(cheap.strength).toBeLessThan(dear.strength)
    expect(cheap.uncertainty).toBeGreaterThan(placed('z', { quality: 0.5 }).uncertainty)
  })
})

describe('the quality of an answer', () => {
  it('rises with strength, and differs most where the prompt is complex', () => {
    const [weak, strong] = [placed('a', { quality: 0.4 }), placed('b', { quality: 0.9 })]
    const gain = (text: string) => {
      const prediction = predictor.predict(text)
      const better = qualityOf(strong, prediction, strengths).value
      return better - qualityOf(weak, prediction, strengths).value
    }
    const easy = gain('hello, how are you?')
    const hard = gain(
      'Derive the optimal bidding strategy and prove uniqueness; discuss risk aversion.',
    )
    expect(easy).toBeGreaterThan(0)
    expect(hard).toBeGreaterThan(easy + 0.1)
  })

  it('is less sure of a model that is placed by its price alone', () => {
    const prediction = predictor.predict('Review this contract for hidden liabilities.')
    const declared = qualityOf(placed('a', { quality: 0.6 }), prediction, strengths)
    const guessed = qualityOf(placed('b'), prediction, strengths)
    expect(guessed.uncertainty).toBeGreaterThan(declared.uncertainty)
  })
})
