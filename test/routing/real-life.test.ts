import { describe, expect, it } from '@jest/globals'
import { domains } from '@longhaul/contracts'
import { templatePrompts, typedPrompts, writtenPrompts } from '../../training/everyday/prompts.ts'
import { auc } from '../../training/metrics.ts'
import { catalogOf, decisionsOn, readFurtherPrompts, readRealLifePrompts } from './real-life.ts'

const sets = { 'real life': readRealLifePrompts(), 'further prompts': readFurtherPrompts() }
const trained = [...templatePrompts(), ...typedPrompts(), ...writtenPrompts()].map(({ text }) =>
  wordsOf(text),
)

function wordsOf(text: string): Set<string> {
  return new Set(
    text
      .toLowerCase()
      .replaceAll("'s", ' is')
      .match(/[\p{L}\p{N}]+/gu),
  )
}

function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  return a.intersection(b).size / a.union(b).size
}

const policies = {
  quality: { strategy: 'predictive', prefer: 'quality' },
  economy: { strategy: 'predictive', prefer: 'economy' },
}
const catalogs = {
  'of declared quality': catalogOf(
    {
      smallest: { quality: 0.45, price: { input: 0.05, output: 0.2 } },
      small: { quality: 0.6, price: { input: 0.15, output: 0.6 } },
      medium: { quality: 0.75, price: { input: 0.5, output: 2 } },
      large: { quality: 0.88, price: { input: 2, output: 10 } },
      dearest: { quality: 0.95, price: { input: 8, output: 40 } },
    },
    policies,
  ),
  'of two models': catalogOf(
    {
      smallest: { quality: 0.7, price: { input: 0.1, output: 0.5 } },
      dearest: { quality: 0.9, price: { input: 3, output: 15 } },
    },
    policies,
  ),
}

describe.each(Object.entries(sets))('the prompts of %s', (_, prompts) => {
  it('are at least 200, with all domains and all levels', () => {
    expect(prompts.length).toBeGreaterThanOrEqual(200)
    expect(new Set(prompts.map(({ id }) => id)).size).toBe(prompts.length)
    for (const domain of domains) {
      const levels = prompts.filter(one => one.domain === domain).map(({ level }) => level)
      expect(new Set(levels)).toEqual(new Set([1, 2, 3]))
    }
  })

  it('are none that are trained on, nor nearly so', () => {
    const alike = prompts.filter(({ prompt }) => {
      const own = wordsOf(prompt)
      return trained.some(other => jaccard(own, other) > 0.8)
    })
    expect(alike).toEqual([])
  })
})

it('each prompt of real life has a reason for its level', () => {
  const without = sets['real life'].filter(({ reason = '' }) => reason.length < 5)
  expect(without).toEqual([])
})

const cases = Object.entries(sets).flatMap(([set, prompts]) =>
  Object.entries(catalogs).map(([kind, catalog]) => ({ set, prompts, kind, catalog })),
)

describe.each(cases)('of $set, on a catalogue $kind', ({ prompts, catalog }) => {
  const careful = decisionsOn(catalog, 'quality', prompts)
  const frugal = decisionsOn(catalog, 'economy', prompts)

  it('complexity puts the levels in order', () => {
    const at = (level: number) =>
      careful
        .filter((__, index) => prompts[index]?.level === level)
        .map(({ prompt }) => prompt?.complexity ?? 0)
    expect(auc(at(1), at(3))).toBeGreaterThanOrEqual(0.95)
    const all = (auc(at(1), at(2)) + auc(at(2), at(3)) + auc(at(1), at(3))) / 3
    expect(all).toBeGreaterThanOrEqual(0.85)
  })

  it('three in four domains are right', () => {
    const right = careful.filter(({ prompt }, index) => prompt?.domain === prompts[index]?.domain)
    expect(right.length / prompts.length).toBeGreaterThanOrEqual(0.75)
  })

  it('what is for experts never goes to the smallest model under `quality`', () => {
    const misled = prompts.filter(
      ({ level }, index) => level === 3 && careful[index]?.model === 'smallest',
    )
    expect(misled.map(({ prompt }) => prompt)).toEqual([])
  })

  it('small talk and look-ups never go to the dearest under `economy`', () => {
    const wasted = prompts.filter(
      ({ level }, index) => level === 1 && frugal[index]?.model === 'dearest',
    )
    expect(wasted.map(({ prompt }) => prompt)).toEqual([])
  })
})
