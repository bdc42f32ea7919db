import { describe, expect, it } from '@jest/globals'
import { catalogOf as catalogWith, chat, decideOnce } from '../testing/fixtures.ts'

const catalogOf = (models: Parameters<typeof catalogWith>[0]) =>
  catalogWith(models, { frugal: { strategy: 'cheapest' } }, 'frugal')

describe('cheapest', () => {
  it('takes the lowest cost of this request and names the runner-up', () => {
    const catalog = catalogOf({
      'gpt-large': { price: { input: 0, output: 4.1 } },
      'gpt-small': { price: { input: 0, output: 0.12 } },
      'gpt-huge': { price: { input: 0, output: 60 } },
    })
    const { record } = decideOnce(catalog, chat('Hi', { max_tokens: 1_000 }))
    expect(record).toMatchObject({ model: 'gpt-small', fallbacks: ['gpt-large', 'gpt-huge'] })
    expect(record.reason).toBe(
      'cheapest of 3 models that qualify: $0.00012 against $0.0041 for gpt-large',
    )
  })

  it('weighs input against output as the request does', () => {
    const catalog = catalogOf({
      reader: { price: { input: 1, output: 10 } },
      writer: { price: { input: 3, output: 3 } },
    })
    const long = chat('word '.repeat(10_000), { max_tokens: 10 })
    const short = chat('Write a novel', { max_tokens: 10_000 })
    expect(decideOnce(catalog, long).record.model).toBe('reader')
    expect(decideOnce(catalog, short).record.model).toBe('writer')
  })

  it('takes the better of two that cost the same, then the first by name', () => {
    const catalog = catalogOf({
      c: {},
      b: { quality: 0.5 },
      a: { quality: 0.5 },
      d: { quality: 0.2 },
    })
    expect(decideOnce(catalog).route).toEqual({ model: 'a', fallbacks: ['b', 'd'] })
  })

  it('says so when there is no choice', () => {
    expect(decideOnce(catalogOf({ a: {} })).record.reason).toBe('the only model that qualifies')
  })
})
