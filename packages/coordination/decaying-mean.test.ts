import { describe, expect, it } from '@jest/globals'
import { DecayingMean, meanOf, togetherOf } from './decaying-mean.ts'

describe('DecayingMean', () => {
  it('is undefined before the first sample', () => {
    expect(new DecayingMean(1_000).value).toBeUndefined()
  })

  it('counts the samples of one moment alike', () => {
    const mean = new DecayingMean(1_000)

    for (const sample of [1, 2, 3, 6]) mean.add(sample, 5_000)

    expect(mean.value).toBeCloseTo(3)
  })

  it('lets a sample count 1/e as much after its memory', () => {
    const mean = new DecayingMean(1_000)
    mean.add(0, 0)

    mean.add(1, 1_000)

    expect(mean.value).toBeCloseTo(1 / (1 + 1 / Math.E))
  })

  it('survives an idle year', () => {
    const mean = new DecayingMean(1_000)
    mean.add(7, 0)

    mean.add(3, 365 * 86_400_000)

    expect(mean.value).toBe(3)
  })

  it('survives a clock that is set back', () => {
    const mean = new DecayingMean(1_000)
    mean.add(1, 1_000_000)

    mean.add(3, 0)

    expect(mean.value).toBeCloseTo(2)
  })
})

describe('means of several processes', () => {
  it('are one mean of all samples', () => {
    const [one, other, all] = [1, 2, 3].map(() => new DecayingMean(1_000))
    const samples = [5, 1, 4, 1, 9, 2].map((sample, index) => ({ sample, at: index * 300 }))
    for (const [index, { sample, at }] of samples.entries()) {
      all?.add(sample, at)
      if (index % 3 === 0) one?.add(sample, at)
      else other?.add(sample, at)
    }
    const shares = [one, other].flatMap(mean => (mean ? [mean.share] : []))

    expect(meanOf(togetherOf(shares, 1_000))).toBeCloseTo(all?.value ?? 0)
  })

  it('are what one of them says when the others know nothing, however long ago', () => {
    const mean = new DecayingMean(1_000)
    mean.add(7, 5)
    const silent = new DecayingMean(1_000)

    expect(meanOf(togetherOf([silent.share, mean.share], 1_000))).toBe(7)
    expect(meanOf(togetherOf([silent.share], 1_000))).toBeUndefined()
  })
})
