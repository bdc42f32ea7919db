import { describe, expect, it } from '@jest/globals'
import { auc, bootstrap, type Choice, routingFigures, seededRandom } from './metrics.ts'

const choice = (weak: number, strong: number, score: number): Choice => ({
  weak,
  strong,
  score,
  group: String(score),
})

describe('the figures of routing', () => {
  it('are best when the prompts that only the strong model solves come first', () => {
    const choices = [choice(0, 1, 4), choice(0, 1, 3), choice(1, 1, 2), choice(1, 1, 1)]
    expect(routingFigures(choices)).toEqual({ apgr: 0.75, cpt50: 0.25, cpt80: 0.4 })
  })

  it('are those of chance when all scores are equal', () => {
    const choices = [choice(0, 1, 0), choice(1, 1, 0), choice(0, 1, 0), choice(1, 1, 0)]
    expect(routingFigures(choices).apgr).toBeCloseTo(0.5)
    expect(routingFigures(choices).cpt50).toBeCloseTo(0.5)
  })

  it('count against a router what the strong model gets wrong', () => {
    const wrong = [choice(1, 0, 3), choice(0, 1, 2), choice(0, 1, 1)]
    expect(routingFigures(wrong).apgr).toBeLessThan(0.5)
  })
})

describe('auc', () => {
  it('is the share of pairs in the right order, ties by half', () => {
    expect(auc([1, 2], [3, 4])).toBe(1)
    expect(auc([1, 2], [2, 3])).toBe(0.875)
  })
})

describe('bootstrap', () => {
  it('gives an interval around the figure, and the same one each time', () => {
    const random = seededRandom(1)
    const items = Array.from({ length: 200 }, (_, index) => ({
      group: String(index),
      value: random(),
    }))
    const mean = (sample: readonly { value: number }[]) =>
      sample.reduce((sum, { value }) => sum + value, 0) / sample.length
    const interval = bootstrap(items, mean)
    expect(interval[0]).toBeLessThan(mean(items))
    expect(interval[1]).toBeGreaterThan(mean(items))
    expect(interval[1] - interval[0]).toBeLessThan(0.12)
    expect(bootstrap(items, mean)).toEqual(interval)
  })
})
